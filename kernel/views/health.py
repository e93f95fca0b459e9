"""/healthz, /readyz and /metrics."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.health.metrics import exposition
from kernel.health.readiness import readiness


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process is alive. It asks nobody else, so that a slow database never restarts the web."""
    return JsonResponse({"status": "alive", "version": settings.VERSION})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this instance can serve, else 503, with the reason of each check."""
    checks = readiness()
    is_ready = all(check.is_ready for check in checks)
    body = {
        "status": "ready" if is_ready else "not ready",
        "checks": {
            check.name: {"ready": check.is_ready, "detail": check.detail, "milliseconds": check.milliseconds}
            for check in checks
        },
    }
    return JsonResponse(body, status=200 if is_ready else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' page; without METRICS_TOKEN configured, or with another one given, there is nothing here."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")
