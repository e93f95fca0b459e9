"""Proves again who is there: the page that a step-up leads to."""

from typing import cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from accounts.doors import person_page
from accounts.forms.proofs import CodeForm, PasswordForm
from accounts.models import Person
from accounts.proofs import record_factor, record_password
from accounts.services.factors import WrongCode, check_code, recovered
from accounts.services.guessing import TooManyGuesses
from accounts.services.passkeys import BadPasskey, begin_proving, check_passkey, passkeys_of
from accounts.step_up import has_factor
from accounts.suspended import resume
from accounts.views.challenges import answer_of, ask
from kernel import clock


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def confirm(request: HttpRequest) -> HttpResponse:
    """Takes a factor; from who has none, the password. Then goes on with what was begun."""
    person = cast(Person, request.user)
    asks_factor = has_factor(person)
    form = (CodeForm if asks_factor else PasswordForm)(request.POST if _is_typed(request) else None)
    trouble = ""
    if request.method == "POST":
        try:
            is_proven = _prove_factor(request, person, form) if asks_factor else _prove_password(request, person, form)
        except BadPasskey as error:
            is_proven, trouble = False, str(error)
        except (WrongCode, TooManyGuesses) as error:
            is_proven = False
            form.add_error("code", str(error))
        if is_proven:
            return resume(request, person, now=clock.now()) or redirect(_way_back(request))
    context = {
        "form": form,
        "trouble": trouble,
        "asks_factor": asks_factor,
        "lacks_password": not asks_factor and not person.has_usable_password(),
        "has_passkey": bool(passkeys_of(person)),
        "next": _way_back(request),
    }
    return render(request, "accounts/confirm.html", context, status=422 if trouble or form.errors else 200)


@require_POST
@person_page
def confirm_challenge(request: HttpRequest) -> HttpResponse:
    return ask(request, begin_proving(person=cast(Person, request.user)))


def _is_typed(request: HttpRequest) -> bool:
    return request.method == "POST" and "credential" not in request.POST


def _prove_factor(request: HttpRequest, person: Person, form: CodeForm | PasswordForm) -> bool:
    now = clock.now()
    if "credential" in request.POST:
        state, answer = answer_of(request)
        proven = check_passkey(person=person, state=state, answer=answer, now=now)
    elif form.is_valid():
        proven = check_code(person=person, code=form.cleaned_data["code"], now=now)
    else:
        return False
    record_factor(request, person, factor_id=proven.factor_id, kind=proven.kind, is_passwordless=False)
    if proven.is_recovery:
        recovered(person=person, now=now, session_key=request.session.session_key)
        messages.warning(request, "A recovery code was used. Other sessions were ended, and a mail tells you so.")
    return True


def _prove_password(request: HttpRequest, person: Person, form: CodeForm | PasswordForm) -> bool:
    if not form.is_valid():
        return False
    if get_adapter(request).reauthenticate(person, form.cleaned_data["password"]):
        record_password(request, person)
        return True
    form.add_error("password", "This is not your password.")
    return False


def _way_back(request: HttpRequest) -> str:
    """The page of this site that was asked for; never another site's."""
    given = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = given.startswith("/") and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if is_ours else reverse("security")
