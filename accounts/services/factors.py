"""Second factors: added, proven, removed. Every state that stops a guess or a replay is a row in the database."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from accounts.domain.recovery_text import HOW_MANY, as_typed, digest_of, looks_like_one, new_code
from accounts.domain.totp import step_of_code
from accounts.models import Person, RecoveryCode, TotpSecret
from accounts.services.alerts import alert
from accounts.services.guessing import count_guess, give_back
from accounts.services.person_trail import record_of_person
from accounts.services.sessions import end_other_sessions
from kernel.encryption.secret import Secret

Kind = Authenticator.Type


class WrongCode(ValueError):
    """The code proves nothing. The words are for the person."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Which factor was proven."""

    factor_id: int
    kind: Authenticator.Type

    @property
    def is_recovery(self) -> bool:
        return self.kind is Kind.RECOVERY_CODES


def factors_of(person: Person) -> list[Authenticator]:
    """The person's authenticator and passkeys, oldest first; recovery codes are no factor by themselves."""
    return list(
        Authenticator.objects.filter(user=person).exclude(type=Kind.RECOVERY_CODES).order_by("created_at", "pk")
    )


def recovery_codes_left(person: Person) -> int:
    return RecoveryCode.objects.filter(authenticator__user=person, used_at=None).count()


def add_totp(*, person: Person, secret: Secret, code: str, now: dt.datetime, session_key: str | None) -> Authenticator:
    """The authenticator, once its first code proves that the app has the secret. A present one is replaced."""
    count_guess("factor.person", str(person.pk), now=now)
    step = step_of_code(secret.reveal(), code, int(now.timestamp()))
    if step is None:
        raise WrongCode("This is not the code that the app shows now. Check the clock of your phone, then try again.")
    give_back("factor.person", str(person.pk))
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        is_first = not factors_of(person)
        replaced, _ = Authenticator.objects.filter(user=person, type=Kind.TOTP).delete()
        authenticator = Authenticator.objects.create(user=person, type=Kind.TOTP, data={}, created_at=now)
        TotpSecret.objects.create(
            authenticator=authenticator,
            secret=secret,  # type: ignore[misc] # an EncryptedField takes a Secret
            last_step=step,
        )
        _record_added(person, authenticator, now=now)
        if replaced:
            _factors_changed(person, "replaced", now=now, session_key=session_key)
        elif not is_first:
            alert(person, "factor_added", {"what": "An authenticator app"}, now=now)
    return authenticator


def record_passkey_added(*, person: Person, passkey: Authenticator, now: dt.datetime) -> None:
    """Called by accounts.services.passkeys inside its transaction."""
    _record_added(person, passkey, now=now)
    if len(factors_of(person)) > 1:
        alert(person, "factor_added", {"what": f"The passkey “{passkey.data['name']}”"}, now=now)


def check_code(*, person: Person, code: str, now: dt.datetime) -> Proven:
    """The factor that this code proves: an authenticator's code of now, or a recovery code, each taken once."""
    counted = ("factor.person", "factor.day")
    for kind in counted:
        count_guess(kind, str(person.pk), now=now)
    proven = _by_recovery_code(person, code, now) if looks_like_one(code) else _by_totp(person, code, now)
    for kind in counted:
        give_back(kind, str(person.pk))
    Authenticator.objects.filter(pk=proven.factor_id).update(last_used_at=now)
    return proven


def _by_totp(person: Person, code: str, now: dt.datetime) -> Proven:
    known = TotpSecret.objects.filter(authenticator__user=person).first()
    step = step_of_code(known.secret.open().reveal(), code, int(now.timestamp())) if known else None
    if known is None or step is None:
        raise WrongCode("This is not the right code. Type the one that your app shows now, or a recovery code.")
    # Who moves the step forward used the code; a second one, at whatever moment, finds it moved.
    claimed = TotpSecret.objects.filter(pk=known.pk, last_step__lt=step).update(last_step=step)
    if claimed != 1:
        raise WrongCode("This code was used already. Wait until your app shows the next one.")
    return Proven(known.authenticator_id, Kind.TOTP)


def _by_recovery_code(person: Person, code: str, now: dt.datetime) -> Proven:
    authenticator = Authenticator.objects.filter(user=person, type=Kind.RECOVERY_CODES).first()
    if authenticator is not None:
        digest = digest_of(as_typed(code), authenticator_id=authenticator.pk)
        unused = RecoveryCode.objects.filter(authenticator=authenticator, digest=digest, used_at=None)
        if unused.update(used_at=now) == 1:
            return Proven(authenticator.pk, Kind.RECOVERY_CODES)
    raise WrongCode("This recovery code is not known, or was used. Each one works once.")


def recovered(*, person: Person, now: dt.datetime, session_key: str | None) -> None:
    """What follows when a recovery code opened the door: whoever else is inside is put out, and a mail says so."""
    with transaction.atomic():
        _factors_changed(person, "recovered", now=now, session_key=session_key)


def remove_factor(*, person: Person, authenticator: Authenticator, now: dt.datetime, session_key: str | None) -> None:
    """The factor is gone. With the last one the recovery codes go too."""
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        Authenticator.objects.filter(pk=authenticator.pk, user=person).delete()
        if not factors_of(person):
            Authenticator.objects.filter(user=person).delete()
        record_of_person(
            person, "factor.removed", now=now, target=f"factor:{authenticator.pk}", facts={"kind": authenticator.type}
        )
        _factors_changed(person, "removed", now=now, session_key=session_key)


def make_recovery_codes(*, person: Person, now: dt.datetime) -> list[Secret]:
    """A new set of ten, and the only time that it can be read; the old set opens nothing any more."""
    codes = [new_code() for _ in range(HOW_MANY)]
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        was_there, _ = Authenticator.objects.filter(user=person, type=Kind.RECOVERY_CODES).delete()
        authenticator = Authenticator.objects.create(user=person, type=Kind.RECOVERY_CODES, data={}, created_at=now)
        RecoveryCode.objects.bulk_create(
            RecoveryCode(authenticator=authenticator, digest=digest_of(code, authenticator_id=authenticator.pk))
            for code in codes
        )
        record_of_person(person, "recovery_codes.made", now=now, target=f"factor:{authenticator.pk}")
        if was_there:
            alert(person, "recovery_codes_made", {}, now=now)
    return [Secret(code) for code in codes]


def live_venue_opens_at(person_id: UUID) -> dt.datetime | None:
    """Until when no live venue may be added, because factors were replaced, removed or recovered; None when never."""
    changed_at = Person.objects.values_list("factors_changed_at", flat=True).get(pk=person_id)
    return changed_at and changed_at + dt.timedelta(hours=settings.FACTOR_COOLING_HOURS)


def _record_added(person: Person, authenticator: Authenticator, *, now: dt.datetime) -> None:
    record_of_person(
        person, "factor.added", now=now, target=f"factor:{authenticator.pk}", facts={"kind": authenticator.type}
    )


def _factors_changed(person: Person, how: str, *, now: dt.datetime, session_key: str | None) -> None:
    """Other sessions end, a mail goes out, and adding a live venue waits."""
    Person.objects.filter(pk=person.pk).update(factors_changed_at=now)
    end_other_sessions(person=person, keep=session_key, now=now)
    record_of_person(person, f"factors.{how}", now=now)
    alert(person, f"factors_{how}", {"hours": settings.FACTOR_COOLING_HOURS}, now=now)
