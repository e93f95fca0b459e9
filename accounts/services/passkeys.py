"""Passkeys and security keys (WebAuthn): added and proven, for this site's own origin alone."""

import datetime as dt
import struct
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.models import Authenticator
from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from django.db import transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.models import Person
from accounts.services.factors import Kind, Proven, record_passkey_added
from accounts.services.guessing import TooManyGuesses, count_guess
from accounts.services.person_trail import record_of_person

MOST_PASSKEYS = 20
MOST_NAME = 60
#: What a forged answer makes the parser raise.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, struct.error, UnsupportedAlgorithm)

State = dict[str, Any]


class BadPasskey(ValueError):
    """The answer of the browser proves nothing. The words are for the person."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the browser is asked, and what must be remembered until it answers."""

    options: dict[str, Any]
    state: State


def passkeys_of(person: Person) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=person, type=Kind.WEBAUTHN).order_by("created_at", "pk"))


def begin_adding(*, person: Person) -> Challenge:
    options, state = _server().register_begin(
        PublicKeyCredentialUserEntity(name=person.email, id=person.pk.bytes, display_name=person.name or person.email),
        credentials=[_credential(passkey) for passkey in passkeys_of(person)],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return Challenge(dict(options), state)


def add_passkey(*, person: Person, name: str, state: State, answer: Any, now: dt.datetime) -> Authenticator:
    """The new passkey, once the browser has proven that it holds it."""
    if len(passkeys_of(person)) >= MOST_PASSKEYS:
        raise BadPasskey(f"You have {MOST_PASSKEYS} passkeys; remove one first.")
    _use_once(state, now)
    try:
        made = _server().register_complete(state, RegistrationResponse.from_dict(answer))
    except _UNREADABLE as error:
        raise BadPasskey(
            "The passkey could not be added: the browser's answer is not for this site and moment."
        ) from error
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        passkey = Authenticator.objects.create(
            user=person,
            type=Kind.WEBAUTHN,
            data={
                "name": name.strip()[:MOST_NAME] or f"Passkey {len(passkeys_of(person)) + 1}",
                "credential": answer,
                "sign_count": made.counter,
            },
            created_at=now,
        )
        record_passkey_added(person=person, passkey=passkey, now=now)
    return passkey


def rename_passkey(*, person: Person, passkey: Authenticator, name: str, now: dt.datetime) -> None:
    passkey.data["name"] = name.strip()[:MOST_NAME] or passkey.data["name"]
    with transaction.atomic():
        passkey.save(update_fields=["data"])
        record_of_person(person, "factor.renamed", now=now, target=f"factor:{passkey.pk}")


def begin_proving(*, person: Person | None) -> Challenge:
    """Asks for one of the person's passkeys; of nobody in particular when it is to be the whole log-in."""
    options, state = _server().authenticate_begin(
        credentials=[_credential(passkey) for passkey in passkeys_of(person)] if person else None,
        # As the whole log-in it must be two factors: the device, and who holds it.
        user_verification=UserVerificationRequirement.PREFERRED if person else UserVerificationRequirement.REQUIRED,
    )
    return Challenge(dict(options), state)


def check_passkey(*, person: Person, state: State, answer: Any, now: dt.datetime) -> Proven:
    """Which of the person's passkeys the answer proves."""
    _use_once(state, now)
    try:
        given = AuthenticationResponse.from_dict(answer)
        known = {bytes(_credential(passkey).credential_id): passkey for passkey in passkeys_of(person)}
        _server().authenticate_complete(state, [_credential(passkey) for passkey in known.values()], given)
        passkey, count = known[given.raw_id], given.response.authenticator_data.counter
    except _UNREADABLE as error:
        raise BadPasskey(
            "This passkey did not open the door: it is not yours here, or it answered too late."
        ) from error
    last_count = passkey.data.get("sign_count", 0)
    if (count or last_count) and count <= last_count:
        record_of_person(person, "passkey.copied", now=now, target=f"factor:{passkey.pk}")
        raise BadPasskey("This passkey counts backwards, as a copy would. Use another factor, then remove it.")
    passkey.data["sign_count"] = count
    passkey.last_used_at = now
    passkey.save(update_fields=["data", "last_used_at"])
    return Proven(passkey.pk, Kind.WEBAUTHN)


def person_of_answer(answer: Any) -> Person:
    """Whom the answer claims to be; `check_passkey` then proves it."""
    try:
        handle = AuthenticationResponse.from_dict(answer).response.user_handle
        person = Person.objects.filter(pk=UUID(bytes=handle), is_active=True).first() if handle else None
    except _UNREADABLE as error:
        raise BadPasskey("The browser's answer could not be read. Try again.") from error
    if person is None:
        raise BadPasskey("This passkey is not known here. Log in with your password.")
    return person


def _use_once(state: State, now: dt.datetime) -> None:
    """A challenge is answered once, however often the answer is sent at the same moment."""
    try:
        count_guess("passkey.challenge", str(state["challenge"]), now=now)
    except TooManyGuesses as error:
        raise BadPasskey("This answer was used already. Try again.") from error


def _credential(passkey: Authenticator) -> AttestedCredentialData:
    return cast(AttestedCredentialData, passkey.wrap().authenticator_data.credential_data)


def _server() -> Fido2Server:
    """Speaks for the address that people type, and takes answers made on that very origin."""
    origin = settings.SITE_ADDRESS
    site = PublicKeyCredentialRpEntity(id=urlsplit(origin).hostname, name="Plumbline")
    return Fido2Server(site, verify_origin=lambda given: given == origin)
