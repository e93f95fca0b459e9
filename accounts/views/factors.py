"""Adding and removing second factors."""

from contextlib import suppress
from typing import cast

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain.square_code import square_code
from accounts.domain.totp import new_secret, provisioning_address
from accounts.doors import person_page
from accounts.forms.factors import FirstCodeForm, PasskeyForm
from accounts.models import Person
from accounts.proofs import record_factor
from accounts.services.factors import (
    Kind,
    WrongCode,
    add_totp,
    factors_of,
    make_recovery_codes,
    recovery_codes_left,
    remove_factor,
)
from accounts.services.guessing import TooManyGuesses
from accounts.services.passkeys import BadPasskey, add_passkey, begin_adding, rename_passkey
from accounts.step_up import step_up
from accounts.views.challenges import answer_of, ask
from kernel import clock
from kernel.encryption.envelope import Envelope, seal, unseal
from kernel.encryption.keyring import UnknownKey, WrongKey, key_ring
from kernel.encryption.secret import Secret

_SECRET = "totp_secret"  # noqa: S105 - the session's name for it
EVERY = frozenset({"GET", "HEAD", "POST"})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_page
@step_up(methods=EVERY)
def add_authenticator(request: HttpRequest) -> HttpResponse:
    """Shows the secret as a square code; the first code from the app turns it on."""
    person = cast(Person, request.user)
    form = FirstCodeForm(request.POST or None)
    secret = _pending_secret(request, person, is_new=request.method != "POST")
    if request.method == "POST" and form.is_valid():
        try:
            authenticator = add_totp(
                person=person,
                secret=secret,
                code=form.cleaned_data["code"],
                now=clock.now(),
                session_key=request.session.session_key,
            )
        except (WrongCode, TooManyGuesses) as error:
            form.add_error("code", str(error))
        else:
            request.session.pop(_SECRET, None)
            return _added(request, person, authenticator, "The authenticator app is on.")
    address = provisioning_address(secret.reveal(), account=person.email, issuer="Plumbline")
    context = {"form": form, "square": square_code(address), "secret": _in_groups(secret.reveal())}
    return render(request, "accounts/add_authenticator.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
@step_up(methods=EVERY)
def add_passkey_page(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    form, trouble = PasskeyForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            state, answer = answer_of(request)
            passkey = add_passkey(
                person=person, name=form.cleaned_data["name"], state=state, answer=answer, now=clock.now()
            )
        except BadPasskey as error:
            trouble = str(error)
        else:
            return _added(request, person, passkey, f"The passkey “{passkey.data['name']}” is on.")
    context = {"form": form, "trouble": trouble}
    return render(request, "accounts/add_passkey.html", context, status=422 if trouble or form.errors else 200)


@require_POST
@person_page
@step_up()
def add_passkey_challenge(request: HttpRequest) -> HttpResponse:
    return ask(request, begin_adding(person=cast(Person, request.user)))


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def rename_factor(request: HttpRequest, factor: int) -> HttpResponse:
    person = cast(Person, request.user)
    passkey = get_object_or_404(Authenticator, pk=factor, user=person, type=Kind.WEBAUTHN)
    form = PasskeyForm(request.POST or None, initial={"name": passkey.data["name"]})
    if request.method == "POST" and form.is_valid():
        rename_passkey(person=person, passkey=passkey, name=form.cleaned_data["name"], now=clock.now())
        return redirect("security")
    context = {"form": form, "passkey": passkey}
    return render(request, "accounts/rename_passkey.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
@step_up(methods=EVERY)
def remove_factor_page(request: HttpRequest, factor: int) -> HttpResponse:
    person = cast(Person, request.user)
    removable = Authenticator.objects.filter(user=person).exclude(type=Kind.RECOVERY_CODES)
    authenticator = get_object_or_404(removable, pk=factor)
    if request.method == "POST":
        remove_factor(
            person=person, authenticator=authenticator, now=clock.now(), session_key=request.session.session_key
        )
        messages.success(request, "The factor is removed. Your other sessions were ended.")
        return redirect("security")
    context = {"authenticator": authenticator, "is_last": len(factors_of(person)) == 1}
    return render(request, "accounts/remove_factor.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_page
@step_up(needs_factor=True, methods=EVERY)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Says how many are left; makes new ones, which are shown on that answer alone."""
    person = cast(Person, request.user)
    codes = make_recovery_codes(person=person, now=clock.now()) if request.method == "POST" else []
    context = {"codes": [code.reveal() for code in codes], "left": recovery_codes_left(person)}
    return render(request, "accounts/recovery_codes.html", context)


def _added(request: HttpRequest, person: Person, authenticator: Authenticator, words: str) -> HttpResponse:
    """The factor was proven by adding it. With the first one come recovery codes, shown here and never again."""
    record_factor(request, person, factor_id=authenticator.pk, kind=Kind(authenticator.type), is_passwordless=False)
    messages.success(request, words)
    if recovery_codes_left(person):
        return redirect("security")
    codes = make_recovery_codes(person=person, now=clock.now())
    context = {"codes": [code.reveal() for code in codes], "left": len(codes)}
    return render(request, "accounts/recovery_codes.html", context)


def _pending_secret(request: HttpRequest, person: Person, *, is_new: bool) -> Secret:
    """The secret that is being shown; sealed, because sessions lie in the database."""
    owner = ("plumbline", "pending authenticator", str(person.pk))
    sealed = None if is_new else request.session.get(_SECRET)
    if sealed:
        # A secret whose key has left the ring since is shown no more: a new one takes its place.
        with suppress(UnknownKey, WrongKey):
            return unseal(Envelope.parse(sealed), key_ring(), owner)
    secret = Secret(new_secret())
    request.session[_SECRET] = str(seal(secret, key_ring(), owner))
    return secret


def _in_groups(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
