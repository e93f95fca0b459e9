"""How a person protects himself: his factors, his password, where he is signed in."""

from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import person_page
from accounts.models import Person
from accounts.selectors import sessions_of
from accounts.services.factors import Kind, factors_of, live_venue_opens_at, recovery_codes_left
from accounts.services.other_site import connected_log_ins
from kernel import clock


@require_safe
@person_page
def security(request: HttpRequest) -> HttpResponse:
    person, now = cast(Person, request.user), clock.now()
    factors, site = factors_of(person), settings.OIDC_SERVER
    log_ins = [(one, one.provider == site) for one in connected_log_ins(person)] if site else []
    opens_at = live_venue_opens_at(person.pk)
    context = {
        "authenticators": [factor for factor in factors if factor.type == Kind.TOTP],
        "passkeys": [factor for factor in factors if factor.type == Kind.WEBAUTHN],
        "has_factor": bool(factors),
        "codes_left": recovery_codes_left(person),
        "venue_opens_at": opens_at if opens_at and opens_at > now else None,
        "log_ins": log_ins,
        "opened_by_site": any(is_asked for _, is_asked in log_ins),
        "session_count": len(sessions_of(person, now=now)),
    }
    return render(request, "accounts/security.html", context)
