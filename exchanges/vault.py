"""Where a connection's secret is put away, opened and destroyed. Opened by the process that talks to the venue."""

import datetime as dt
import json
from uuid import UUID

from exchanges.models import Connection, Credential, VenueLogin
from exchanges.venue import Credentials
from kernel.encryption.secret import Secret


class NoCredential(LookupError):
    """The connection was closed or refused: what opened it is gone."""


def put_away(connection: Connection, fields: dict[str, str], *, now: dt.datetime) -> Credential:
    """Seals the fields, in place of those before. Whoever began with an older version does not send."""
    sealed = Secret(json.dumps(fields))
    held = Credential.objects.select_for_update().filter(connection=connection).first()
    if held is None:
        first: Credential = Credential.objects.create(
            connection=connection,
            workspace_id=connection.workspace_id,
            venue=connection.venue,
            sealed=sealed,
            changed_at=now,
        )
        return first
    held.version, held.sealed, held.token, held.changed_at = held.version + 1, sealed, None, now
    held.save(update_fields=["version", "sealed", "token", "changed_at"])
    return held


def put_token(connection: Connection, token: Secret, *, now: dt.datetime) -> Credential:
    """Seals the token of a new login beside the fields, under a new version of both."""
    held = _held(connection.pk)
    fields = held.sealed.open()
    held.version, held.sealed, held.token, held.changed_at = held.version + 1, fields, token, now
    held.save(update_fields=["version", "sealed", "token", "changed_at"])
    return held


def open_credential(connection_id: UUID) -> tuple[Credentials, int]:
    """What opens the venue, and its version. In the tenant's scope."""
    held = Credential.objects.filter(connection_id=connection_id).select_related("connection").first()
    if held is None:
        raise NoCredential(f"nothing opens {connection_id} any more")
    fields = {name: Secret(value) for name, value in json.loads(held.sealed.open().reveal()).items()}
    token = held.token.open() if held.token is not None else None
    return Credentials(fields, token, held.connection.token_ends_at), held.version


def shred(connection: Connection) -> bool:
    """What opened the venue is gone, and what log-ins brought, the data keys with it; False when it was so already."""
    VenueLogin.objects.filter(connection=connection).delete()
    gone, _ = Credential.objects.filter(connection=connection).delete()
    return gone > 0


def _held(connection_id: UUID) -> Credential:
    held: Credential | None = Credential.objects.select_for_update().filter(connection_id=connection_id).first()
    if held is None:
        raise NoCredential(f"nothing opens {connection_id} any more")
    return held
