"""What a session has proven, and when. allauth writes the record into the session; nothing else is believed."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from django.http import HttpRequest

from accounts.models import Factor, Person

#: How old a proof may be for an act that asks again.
FRESH = dt.timedelta(minutes=5)
#: More are of no use, and a session is read with each page.
MOST_RECORDS = 6
_METHODS = {"password": "password", "socialaccount": "another site's log-in", "password_reset": "password reset"}


@dataclass(frozen=True, slots=True)
class Proof:
    at: dt.datetime
    factor: Factor | None = None

    def is_fresh(self, now: dt.datetime) -> bool:
        return dt.timedelta(0) <= now - self.at <= FRESH


def factor_proof(request: HttpRequest, person: Person) -> Proof | None:
    """The newest factor that this session has proven and that the person still has."""
    for record in reversed(get_authentication_records(request, person)):
        if record["method"] == "mfa":
            factor = Factor.objects.filter(pk=record["id"], user=person).first()
            return Proof(_moment(record), factor) if factor else None
    return None


def password_proof(request: HttpRequest, person: Person) -> Proof | None:
    """When this session last proved the password. Another site's log-in proves nothing here: it may be days old."""
    for record in reversed(get_authentication_records(request, person)):
        if record["method"] == "password":
            return Proof(_moment(record))
    return None


def record_factor(request: HttpRequest, person: Person, *, factor_id: int, kind: str, is_passwordless: bool) -> None:
    """Writes down that the factor was proven now."""
    about: dict[str, Any] = {"id": factor_id, "type": kind, "reauthenticated": True}
    record_authentication(request, person, "mfa", **about, **({"passwordless": True} if is_passwordless else {}))
    _keep_newest(request)


def record_password(request: HttpRequest, person: Person) -> None:
    record_authentication(request, person, "password", reauthenticated=True)
    _keep_newest(request)


def way_of(request: HttpRequest, person: Person) -> str:
    """How this session was opened, in words: password, password and authenticator, passkey."""
    words = {"totp": "authenticator", "recovery_codes": "recovery code", "webauthn": "passkey"}
    ways = [
        words[record["type"]] if record["method"] == "mfa" else _METHODS.get(record["method"], record["method"])
        for record in get_authentication_records(request, person)
    ]
    return " and ".join(dict.fromkeys(ways)) or "unknown"


def _keep_newest(request: HttpRequest) -> None:
    records = request.session[AUTHENTICATION_METHODS_SESSION_KEY]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records[-MOST_RECORDS:]


def _moment(record: dict[str, Any]) -> dt.datetime:
    return dt.datetime.fromtimestamp(record["at"], dt.UTC)
