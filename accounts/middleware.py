"""What each request of a person passes: his proven factor, and whether the session is still in his hands."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django_otp.middleware import OTPMiddleware

from accounts.proofs import factor_proof
from accounts.services.alerts import alert
from accounts.services.sessions import note_seen
from kernel import clock
from kernel.api.addresses import visitor_address


class Factors(OTPMiddleware):
    """`is_verified()` is true from what allauth wrote into the session, while that factor is still the person's."""

    async_capable = False

    def _verify_user_sync(self, request: HttpRequest, user: Any) -> Any:
        self._init_user_fields(user)
        if user.is_authenticated:
            proof = factor_proof(request, user)
            user.otp_device = proof.factor if proof else None
        return user


class SessionWatch:
    """Keeps when and from where a session was last seen; ends one that goes on in another browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            now = clock.now()
            is_same = note_seen(
                session_key=request.session.session_key,
                address=visitor_address(request),
                user_agent=request.headers.get("User-Agent", ""),
                now=now,
            )
            if not is_same:
                person = request.user
                logout(request)
                messages.warning(request, "This session began in another browser, so it was ended. Log in again.")
                alert(person, "session_carried_away", {}, now=now)
        return self.get_response(request)
