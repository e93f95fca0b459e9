"""The second step of a log-in, and the log-in by passkey alone."""

from typing import Any, cast

from allauth.account.internal import flows
from allauth.account.internal.decorators import login_stage_required
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.stages import AuthenticateStage
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain.guess_limits import neighbourhood
from accounts.forms.proofs import CodeForm
from accounts.models import Person
from accounts.proofs import record_factor
from accounts.services.alerts import alert
from accounts.services.factors import Proven, WrongCode, check_code, recovered
from accounts.services.guessing import TooManyGuesses, count_guess
from accounts.services.passkeys import (
    BadPasskey,
    begin_proving,
    check_passkey,
    passkeys_of,
    person_of_answer,
)
from accounts.views.challenges import answer_of, ask
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.views.errors import too_many

second_step = login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")


@require_http_methods(["GET", "HEAD", "POST"])
@second_step
def second_factor(request: HttpRequest) -> HttpResponse:
    """The password was right; now a factor. Until then nobody is logged in."""
    stage: Any = request._login_stage  # type: ignore[attr-defined]
    person = cast(Person, stage.login.user)
    form, trouble = CodeForm(request.POST if "code" in request.POST else None), ""
    if request.method == "POST":
        try:
            proven = _prove(request, person, form)
        except BadPasskey as error:
            trouble = str(error)
        except (WrongCode, TooManyGuesses) as error:
            form.add_error("code", str(error))
            if isinstance(error, TooManyGuesses):
                _warn_once(person)
        else:
            if proven is not None:
                record_factor(request, person, factor_id=proven.factor_id, kind=proven.kind, is_passwordless=False)
                response = stage.exit()
                if proven.is_recovery:
                    recovered(person=person, now=clock.now(), session_key=request.session.session_key)
                    messages.warning(
                        request, "A recovery code was used. Other sessions were ended, and a mail tells you so."
                    )
                return cast(HttpResponse, response)
    context = {"form": form, "trouble": trouble, "has_passkey": bool(passkeys_of(person))}
    status = 422 if trouble or form.errors else 200
    return render(request, "accounts/second_factor.html", context, status=status)


@require_POST
@second_step
def second_factor_challenge(request: HttpRequest) -> HttpResponse:
    stage: Any = request._login_stage  # type: ignore[attr-defined]
    return ask(request, begin_proving(person=cast(Person, stage.login.user)))


@require_POST
def passkey_challenge(request: HttpRequest) -> HttpResponse:
    """A question to whatever passkey the browser has for this site."""
    return ask(request, begin_proving(person=None))


@require_POST
def log_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey that was unlocked by its holder is both factors at once."""
    if request.user.is_authenticated:
        return redirect("home")
    now = clock.now()
    try:
        count_guess("passkey.address", neighbourhood(visitor_address(request)), now=now)
        state, answer = answer_of(request)
        person = person_of_answer(answer)
        proven = check_passkey(person=person, state=state, answer=answer, now=now)
    except TooManyGuesses as error:
        return too_many(request, retry_after=error.seconds)
    except BadPasskey as error:
        messages.error(request, str(error))
        return redirect("account_login")
    record_factor(request, person, factor_id=proven.factor_id, kind=proven.kind, is_passwordless=True)
    login = Login(user=person, redirect_url=get_next_redirect_url(request))
    return cast(HttpResponse, flows.login.perform_login(request, login))


def _prove(request: HttpRequest, person: Person, form: CodeForm) -> Proven | None:
    now = clock.now()
    if "credential" in request.POST:
        state, answer = answer_of(request)
        return check_passkey(person=person, state=state, answer=answer, now=now)
    if form.is_valid():
        return check_code(person=person, code=form.cleaned_data["code"], now=now)
    return None


def _warn_once(person: Person) -> None:
    """Whoever guesses codes knows the password; its owner is told, but not with each guess."""
    now = clock.now()
    try:
        count_guess("warning.person", str(person.pk), now=now)
    except TooManyGuesses:
        return
    alert(person, "codes_guessed", {}, now=now)
