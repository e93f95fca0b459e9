"""Asks a venue what a connection may do. The question is asked outside any transaction; its answer is stored in one."""

import datetime as dt
from uuid import UUID

from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.credentials import CredentialKind
from exchanges.domain.failures import (
    ClockOff,
    Contradiction,
    KeyRefused,
    NotNow,
    Refused,
    TokenEnded,
    TooMany,
    VenueFailure,
)
from exchanges.domain.limits import Act
from exchanges.domain.purposes import Purpose
from exchanges.domain.rights import KeyRights, RightsQuery
from exchanges.domain.standing import Hindrance
from exchanges.lines import NoLine, open_line
from exchanges.models import Connection
from exchanges.services.clocks import look_at_clock
from exchanges.services.connections import store_hindrance, store_rights
from exchanges.vault import NoCredential, open_credential
from exchanges.venue import Venue
from kernel.durations import in_words
from kernel.tenancy.scope import tenant

_HINDRANCES: dict[type[VenueFailure], Hindrance] = {
    NotNow: Hindrance.NO_ANSWER,
    TooMany: Hindrance.TOO_MANY,
    KeyRefused: Hindrance.KEY,
    TokenEnded: Hindrance.TOKEN,
    ClockOff: Hindrance.CLOCK,
    Refused: Hindrance.NO_ANSWER,
    Contradiction: Hindrance.NO_ANSWER,
}


def check_connection(workspace_id: UUID, connection_id: UUID, *, now: dt.datetime) -> None:
    """What the venue says of the key is stored; running twice asks twice and stores the same."""
    with tenant(workspace_id):
        connection = Connection.objects.filter(pk=connection_id, closed_at=None).first()
        if connection is None:
            return
        if connection.facts.credentials.kind is CredentialKind.NOTHING:
            store_rights(connection_id, None, version=None, now=now)
            return
        try:
            credentials, version = open_credential(connection.pk)
        except NoCredential:
            return
        if connection.facts.credentials.needs_log_in and not credentials.is_logged_in(now=now):
            store_hindrance(connection_id, Hindrance.TOKEN, "", version=version, now=now)
            return
    try:
        line = open_line(connection, credentials, purpose=Purpose.READ)
        rights = _ask(line, connection.facts)
    except NoLine as error:
        with tenant(workspace_id):
            store_hindrance(
                connection_id, Hindrance.NO_ANSWER, f"It cannot be asked: {error}.", version=version, now=now
            )
        return
    except VenueFailure as failure:
        words = _said(failure)
        if isinstance(failure, ClockOff):
            words += _clock_in_words(connection)
        with tenant(workspace_id):
            note_failure(connection_id, failure, words, version=version, now=now)
        return
    with tenant(workspace_id):
        store_rights(connection_id, rights, version=version, now=now)


def note_failure(
    connection_id: UUID, failure: VenueFailure, words: str = "", *, version: int | None, now: dt.datetime
) -> None:
    """How the connection stands after a read that failed, in the tenant's scope. People are told once."""
    said = words or _said(failure)
    store_hindrance(connection_id, _HINDRANCES[type(failure)], said, version=version, now=now)


def _ask(line: Venue, facts: VenueFacts) -> KeyRights | None:
    """The key's rights, where the venue tells them; else whether it opens anything, by a look at the balances."""
    if facts.rights is RightsQuery.ANSWERS:
        return line.rights()
    line.balances()
    return None


def _clock_in_words(connection: Connection) -> str:
    seen = look_at_clock(connection.venue, connection.mode) if Act.CLOCK in connection.facts.acts else None
    if seen is None:
        return " This server's clock and the venue's disagree: the operator sets this server's by NTP."
    apart = in_words(abs(seen.ahead))
    side = "behind" if seen.ahead > 0 else "ahead of"
    return f" This server's clock is {apart} {side} the venue's: the operator sets it by NTP."


def _said(failure: VenueFailure) -> str:
    reply = failure.reply
    if reply is None:
        return str(failure)
    said = f"{reply.code} {reply.message}".strip()
    return f"It answered {reply.status}{f': {said}' if said else ''}." if reply.status else str(failure)
