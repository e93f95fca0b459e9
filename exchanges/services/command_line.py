"""An operator's question from the command line, in the name of a connection: told in its workspace's own trail."""

import datetime as dt
from uuid import UUID

from accounts.services.audit import record
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.purposes import Purpose
from exchanges.lines import open_line
from exchanges.models import Connection
from exchanges.vault import NoCredential, open_credential
from exchanges.venue import Venue
from kernel.tenancy.scope import operator, tenant


class NoConnection(LookupError):
    """There is no open connection of this id at this venue."""


def line_of_connection(connection_id: UUID, facts: VenueFacts, *, question: str, now: dt.datetime) -> Venue:
    with operator():
        found = Connection.objects.filter(pk=connection_id, venue=facts.name, closed_at=None).first()
    if found is None:
        raise NoConnection(f"No open connection to {facts.title} has the id {connection_id}.")
    with tenant(found.workspace_id):
        try:
            credentials, _ = open_credential(found.pk)
        except NoCredential as error:
            raise NoConnection(str(error)) from error
        record(
            "connection.asked_from_command_line",
            now=now,
            target=f"connection:{found.pk}",
            facts={"venue": facts.name, "question": question},
        )
    return open_line(found, credentials, purpose=Purpose.READ)
