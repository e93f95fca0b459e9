"""What django-otp asks of a request: by which factor the visitor is verified, if by any."""

from typing import Any

from django.http import HttpRequest
from django_otp.middleware import OTPMiddleware

from accounts.proofs import factor_proof


class Factors(OTPMiddleware):
    """`is_verified()` is true from what allauth wrote into the session, while that factor is still the person's."""

    async_capable = False

    def _verify_user_sync(self, request: HttpRequest, user: Any) -> Any:
        self._init_user_fields(user)
        if user.is_authenticated:
            proof = factor_proof(request, user)
            user.otp_device = proof.factor if proof else None
        return user
