"""The log-in of another site: the way there, the way back, and what it opens here.

It proves one factor. allauth's stages ask for the second as after a password; no step-up takes it for a proof.
"""

import datetime as dt
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from allauth.account.internal.emailkit import valid_email_or_none
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.internal import flows, statekit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.adapters.openid import NoAnswer, Site, look_up, redeem, way_there
from accounts.domain.guess_limits import neighbourhood
from accounts.domain.openid import Identity, NotBelieved
from accounts.doors import person_page
from accounts.forms.other_site import OtherSiteSignUpForm
from accounts.models import Person
from accounts.other_site import needs_other_site, other_site, provider_of
from accounts.selectors import has_log_in
from accounts.services.guessing import TooManyGuesses, count_guess
from accounts.services.other_site import (
    LastWayIn,
    TakenByAnother,
    about,
    connect_log_in,
    disconnect_log_in,
    may_disconnect,
    person_of_log_in,
)
from accounts.step_up import step_up
from accounts.views.entrance import limited
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.views.errors import too_many

logger = structlog.get_logger(__name__)
EVERY = frozenset({"GET", "HEAD", "POST"})
#: How long the sign-up form of somebody whom the other site named may lie open.
SIGN_UP_WITHIN = dt.timedelta(minutes=30)
_MOST_CODE = 4096


@needs_other_site
@require_POST
@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """Sends a visitor there, to log in or to sign up."""
    if request.user.is_authenticated:
        return redirect("home")
    return _send_there(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))


@needs_other_site
@require_POST
@never_cache
@person_page
@step_up()
def connect(request: HttpRequest) -> HttpResponse:
    """Sends a person there, to have that log-in open this one too."""
    return _send_there(request, AuthProcess.CONNECT, person=str(cast(Person, request.user).pk))


@needs_other_site
@require_GET
@never_cache
def come_back(request: HttpRequest) -> HttpResponse:
    """What the visitor brings from there: a code, or why there is none. Its state works once, in this browser alone."""
    site, now = other_site(), clock.now()
    try:
        count_guess("other-site.address", neighbourhood(visitor_address(request)), now=now)
    except TooManyGuesses as error:
        return too_many(request, retry_after=error.seconds)
    state = _state(request, site)
    if state is None:
        return _refused(request, site, "stale")
    if "error" in request.GET:
        return _told_no(request, site, state)
    code = request.GET.get("code", "")
    if not 0 < len(code) <= _MOST_CODE or not code.isprintable():
        return _refused(request, site, "stale")
    try:
        doors = look_up(site)
        if request.GET.get("iss", doors.issuer) != doors.issuer:
            raise NotBelieved("the way back names another issuer")
        identity = redeem(
            site, doors, code=code, back_to=_back_to(), nonce=state["nonce"], verifier=state["verifier"], now=now
        )
    except NoAnswer as error:
        return _silent(request, site, error)
    except NotBelieved as error:
        logger.warning("other_site.not_believed", server=site.server, reason=str(error))
        return _refused(request, site, "not_believed")
    if state.get("process") == AuthProcess.CONNECT:
        return _connect(request, site, state, identity, now=now)
    return _enter(request, site, state, identity, now=now)


@needs_other_site
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@limited("sign-up")
def sign_up(request: HttpRequest) -> HttpResponse:
    """Name, documents and, where the other site vouches for none, an address: what a new person still has to say."""
    if request.user.is_authenticated:
        return redirect("home")
    site, login = other_site(), flows.signup.get_pending_signup(request)
    if login is None or login.account.provider != site.server or not _is_recent(login, now=clock.now()):
        flows.signup.clear_pending_signup(request)
        messages.warning(request, f"That took too long, or was done already. Go on with {site.name} once more.")
        return redirect("account_login")
    if not flows.login.get_adapter().is_open_for_signup(request, login):
        return render(request, "account/signup_closed.html", status=403)
    form = OtherSiteSignUpForm(request.POST if request.method == "POST" else None, sociallogin=login)
    if request.method == "POST" and form.is_valid():
        return cast(HttpResponse, flows.signup.signup_by_form(request, login, form))
    context = {"form": form, "site": site, "vouched": form.vouched, "named": login.account.extra_data.get("email")}
    return render(request, "accounts/other_site_sign_up.html", context, status=422 if form.errors else 200)


@needs_other_site
@require_http_methods(["GET", "HEAD", "POST"])
@person_page
@step_up(methods=EVERY)
def disconnect(request: HttpRequest, log_in: int) -> HttpResponse:
    person, site = cast(Person, request.user), other_site()
    found = get_object_or_404(SocialAccount, pk=log_in, user=person)
    name = site.name if found.provider == site.server else found.provider
    trouble = ""
    if request.method == "POST":
        try:
            disconnect_log_in(
                person=person,
                log_in=found,
                site=name,
                server=site.server,
                now=clock.now(),
                session_key=request.session.session_key,
            )
        except LastWayIn as error:
            trouble = str(error)
        else:
            messages.success(request, f"{name} does not open your log-in any more. Your other sessions were ended.")
            return redirect("security")
    context = {
        "log_in": found,
        "name": name,
        "trouble": trouble,
        "may_disconnect": may_disconnect(person, found, server=site.server),
    }
    return render(request, "accounts/disconnect_log_in.html", context, status=409 if trouble else 200)


def _send_there(request: HttpRequest, process: str, *, next_url: str | None = None, person: str = "") -> HttpResponse:
    """A page that goes on by itself: the content policy lets no form of ours be answered by another host."""
    site, now = other_site(), clock.now()
    try:
        count_guess("other-site.address", neighbourhood(visitor_address(request)), now=now)
        doors = look_up(site)
    except TooManyGuesses as error:
        return too_many(request, retry_after=error.seconds)
    except NoAnswer as error:
        return _silent(request, site, error)
    nonce, verifier = get_random_string(32), get_random_string(64)
    state = provider_of(request, site).stash_redirect_state(
        request, process, next_url, nonce=nonce, verifier=verifier, person=person
    )
    there = way_there(site, doors, back_to=_back_to(), state=state, nonce=nonce, verifier=verifier)
    context = {"site": site, "there": there, "host": urlsplit(there).netloc}
    return render(request, "accounts/other_site_away.html", context)


def _back_to() -> str:
    return f"{settings.SITE_ADDRESS}{reverse('other-site-back')}"


def _state(request: HttpRequest, site: Site) -> dict[str, Any] | None:
    """What was kept when this browser set out; it is gone after this."""
    key = request.GET.get("state", "")
    found = statekit.unstash_state(request, provider_id=site.server, state_id=key) if key else None
    return cast("dict[str, Any] | None", found)


def _enter(
    request: HttpRequest, site: Site, state: dict[str, Any], identity: Identity, *, now: dt.datetime
) -> HttpResponse:
    """Logs in whom the log-in is connected to, else leads to the sign-up."""
    if request.user.is_authenticated:
        messages.info(request, "You are logged in already. To log in as somebody else, log out first.")
        return redirect("home")
    known = person_of_log_in(server=site.server, subject=identity.subject)
    if known is None and identity.is_vouched and identity.email and has_log_in(identity.email):
        # An address is no proof of the log-in here: whoever has that connects the two himself.
        return _refused(request, site, "taken", status=409, address=identity.email)
    if known is not None and known.email == settings.DEMO_EMAIL.lower() and not _is_from_here(request):
        return _refused(request, site, "demo", status=403)
    login = _social_login(request, site, identity)
    login.state = {"process": AuthProcess.LOGIN, "next": state.get("next"), "began": now.timestamp()}
    return cast(HttpResponse, flows.login.complete_login(request, login))


def _connect(
    request: HttpRequest, site: Site, state: dict[str, Any], identity: Identity, *, now: dt.datetime
) -> HttpResponse:
    """For the person who set out, who proved himself then."""
    if not request.user.is_authenticated or str(request.user.pk) != state.get("person"):
        return _refused(request, site, "stale")
    try:
        is_new = connect_log_in(person=request.user, site=site.name, server=site.server, identity=identity, now=now)
    except TakenByAnother as error:
        messages.error(request, str(error))
    else:
        words = f"{site.name} opens your log-in now." if is_new else f"{site.name} opens your log-in already."
        messages.success(request, words)
    return redirect("security")


def _social_login(request: HttpRequest, site: Site, identity: Identity) -> SocialLogin:
    address = valid_email_or_none(identity.email) or ""
    person = Person(email=address, name=identity.name)
    person.set_unusable_password()
    is_known = bool(address) and identity.is_vouched
    return SocialLogin(
        user=person,
        account=SocialAccount(provider=site.server, uid=identity.subject, extra_data=about(identity)),
        email_addresses=[EmailAddress(email=address, verified=True, primary=True)] if is_known else [],
        provider=provider_of(request, site),
    )


def _told_no(request: HttpRequest, site: Site, state: dict[str, Any]) -> HttpResponse:
    """The site sent the visitor back without a code."""
    if request.GET["error"] != "access_denied":
        logger.warning("other_site.error", server=site.server, reason=request.GET["error"][:100])
        return _refused(request, site, "silent", status=502)
    messages.info(request, f"You broke off at {site.name}. Nothing was changed.")
    return redirect("security" if state.get("process") == AuthProcess.CONNECT else "account_login")


def _silent(request: HttpRequest, site: Site, error: NoAnswer) -> HttpResponse:
    logger.warning("other_site.no_answer", server=site.server, reason=str(error))
    return _refused(request, site, "silent", status=502)


def _refused(request: HttpRequest, site: Site, why: str, *, status: int = 400, **facts: str) -> HttpResponse:
    return render(request, "accounts/other_site_refused.html", {"site": site, "why": why, **facts}, status=status)


def _is_recent(login: SocialLogin, *, now: dt.datetime) -> bool:
    began = login.state.get("began")
    return isinstance(began, (int, float)) and 0 <= now.timestamp() - began <= SIGN_UP_WITHIN.total_seconds()


def _is_from_here(request: HttpRequest) -> bool:
    return ip_address(visitor_address(request)).is_loopback
