"""Where a broker calls us about an order. It learns nothing from the answer, whoever it is."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from exchanges.models import Connection
from exchanges.services.postbacks import LONGEST, receive_postback
from kernel import clock
from kernel.views.errors import answer


@never_cache
@csrf_exempt
@require_POST
def kite(request: HttpRequest, connection: UUID) -> HttpResponse:
    if len(request.body) > LONGEST:
        return answer(request, 413, "BODY_TOO_LARGE", f"A call about an order has at most {LONGEST:,} bytes.")
    receive_postback(connection, request.body, now=clock.now())
    return HttpResponse(status=204)


def postback_address(connection: Connection) -> str:
    """What a person registers at the broker, for this connection alone."""
    return f"{settings.SITE_ADDRESS}{reverse('kite-postback', args=[connection.pk])}"
