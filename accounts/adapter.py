"""What allauth asks of us."""

from ipaddress import ip_address
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from kernel.api.addresses import visitor_address


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Sign-up opens with the accounts issue; until then people are made by commands."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """The demo's log-in is printed on a screen: it opens nothing to a visitor from elsewhere."""
        super().pre_authenticate(request, **credentials)
        given = str(credentials.get("email", "")).strip().lower()
        if given == settings.DEMO_EMAIL.lower() and not ip_address(visitor_address(request)).is_loopback:
            raise ValidationError("The demo's log-in works on the machine that runs it alone.")
