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
from exchanges.domain.purposes import Purpose
from exchanges.domain.rights import KeyRights, RightsQuery
from exchanges.domain.standing import Hindrance
from exchanges.lines import NoLine, open_line
from exchanges.models import Connection
from exchanges.services.connections import store_hindrance, store_rights
from exchanges.vault import NoCredential, open_credential
from exchanges.venue import Venue
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
        with tenant(workspace_id):
            store_hindrance(connection_id, _HINDRANCES[type(failure)], _in_words(failure), version=version, now=now)
        return
    with tenant(workspace_id):
        store_rights(connection_id, rights, version=version, now=now)


def _ask(line: Venue, facts: VenueFacts) -> KeyRights | None:
    """The key's rights, where the venue tells them; else whether it opens anything, by a look at the balances."""
    if facts.rights is RightsQuery.ANSWERS:
        return line.rights()
    line.balances()
    return None


def _in_words(failure: VenueFailure) -> str:
    reply = failure.reply
    if reply is None:
        return str(failure)
    said = f"{reply.code} {reply.message}".strip()
    return f"It answered {reply.status}{f': {said}' if said else ''}." if reply.status else str(failure)
