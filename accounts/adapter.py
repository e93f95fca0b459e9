"""What allauth asks of us."""

from ipaddress import ip_address
from typing import Any, NoReturn, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.domain.guess_limits import neighbourhood
from accounts.other_site import other_site, provider_of
from accounts.selectors import has_signed_in_from
from accounts.services.guessing import TooManyGuesses, count_guess, forget_guesses, give_back
from accounts.services.invitations import Ended, find_invitation
from accounts.services.mail import post_mail
from kernel import clock
from kernel.api.addresses import visitor_address

MOST_PASSWORD = 1000


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP == "open" or (settings.SIGN_UP == "invited" and _is_invited(request))

    def get_client_ip(self, request: HttpRequest) -> str:
        return visitor_address(request)

    def clean_password(self, password: str, user: AbstractBaseUser | None = None) -> str:
        if len(password) > MOST_PASSWORD:
            raise ValidationError(f"A password has at most {MOST_PASSWORD} characters.")
        return cast(str, super().clean_password(password, user=user))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts the guess before the password is looked at, for known and unknown addresses alike."""
        email = str(credentials.get("email", "")).strip().lower()
        address = visitor_address(request)
        if email == settings.DEMO_EMAIL.lower() and not ip_address(address).is_loopback:
            raise ValidationError("The demo's log-in works on the machine that runs it alone.")
        now = clock.now()
        by_account = (
            ("password.known", f"{email} {address}")
            if has_signed_in_from(email, address, now=now)
            else ("password.account", email)
        )
        self._counted = [by_account, ("password.address", neighbourhood(address))]
        try:
            for kind, subject in self._counted:
                count_guess(kind, subject, now=now)
        except TooManyGuesses as error:
            raise ValidationError(str(error)) from error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        person = super().authenticate(request, **credentials)
        if person is not None:
            for kind, subject in self._counted:
                give_back(kind, subject)
        return cast("AbstractBaseUser | None", person)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Kept first, sent after the commit: no page waits for a mail server, and none fails with it."""
        now, request = clock.now(), current.request
        about = {
            "site": settings.SITE_ADDRESS,
            "email": email,
            "now": now,
            "address": visitor_address(request) if request else "",
            "browser": request.headers.get("User-Agent", "")[:200] if request else "",
            **context,
        }
        post_mail(
            to=email,
            subject=render_to_string(f"{template_prefix}_subject.txt", about),
            text=render_to_string(f"{template_prefix}_message.txt", about).strip() + "\n",
            now=now,
        )

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Called by allauth when the owner of an address has set a new password."""
        forget_guesses("password.account", str(credentials.get("email", "")).strip().lower())

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Never by allauth: `accounts.step_up` guards each of its views that is open (accounts/urls.py)."""
        return False

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, str]]:
        return [{"id": "confirm", "description": "Confirm that it is you", "url": reverse("confirm")}]


class OtherSiteAdapter(DefaultSocialAccountAdapter):
    """The one site that the operator named in the settings; no row of the database adds another."""

    def get_provider(
        self, request: HttpRequest | None, provider: str, client_id: str | None = None
    ) -> OpenIDConnectProvider:
        return provider_of(request, other_site())

    def list_apps(self, request: HttpRequest | None, provider: Any = None, client_id: Any = None) -> list[Any]:
        return []

    def get_requests_session(self) -> NoReturn:
        raise RuntimeError("allauth asks nobody: accounts.adapters.openid speaks with the other site")


class FactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        raise RuntimeError("allauth must keep no secret: accounts.services.factors seals them")


def _is_invited(request: HttpRequest) -> bool:
    """True while the invitation whose link was opened in this session is open."""
    try:
        find_invitation(bytes.fromhex(str(request.session.get("invitation", ""))), now=clock.now())
    except (Ended, ValueError):
        return False
    return True
