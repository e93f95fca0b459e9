"""What an account's stream reads and writes. Each function is called in a thread, in the account's own workspace."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from exchanges.domain.orders import OrderRef
from exchanges.events import orders_told
from exchanges.models import Account, Connection, Credential, Listening, Snapshot
from exchanges.services.connections import ask_for_check
from exchanges.services.watch import ASKED_AGAIN
from exchanges.streaming.told import Batch
from kernel.jobs.enqueue import enqueue
from kernel.live.news import publish
from kernel.tenancy.scope import tenant


@dataclass(frozen=True, slots=True)
class Stand:
    """How listening stands; the columns of its row."""

    connected_at: dt.datetime | None
    heard_at: dt.datetime | None
    gap_from: dt.datetime | None
    filled_at: dt.datetime | None
    reconnects: int
    trouble: str
    trouble_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Left:
    """What the last process left: since when something may be missing, and which orders stood open."""

    gap_from: dt.datetime | None
    orders: Mapping[str, OrderRef]


def left_of(workspace_id: UUID, connection_id: UUID, *, now: dt.datetime) -> Left:
    with tenant(workspace_id):
        row = Listening.objects.filter(connection_id=connection_id).first()
        rows = Snapshot.objects.filter(account__connection_id=connection_id, kind=Snapshot.Kind.ORDERS)
        told = [one for snapshot in rows for one in snapshot.rows]
    orders = {
        one["venue_id"]: OrderRef(one["mark"], one["symbol"], _moment(one["placed_at"]) or now, (one["venue_id"],))
        for one in told
    }
    return Left((row.gap_from or row.heard_at) if row else None, orders)


def write_stand(workspace_id: UUID, connection_id: UUID, stand: Stand, *, is_news: bool) -> int | None:
    """Writes it down; gives the version of what opens the account now, None when nothing does any more."""
    values = {**asdict(stand), "trouble": stand.trouble[:400], "workspace_id": workspace_id}
    with tenant(workspace_id):
        if not Connection.objects.filter(pk=connection_id, closed_at=None).exists():
            return None
        Listening.objects.update_or_create(connection_id=connection_id, defaults=values)
        if is_news:
            publish("connection", connection_id)
        version: int | None = (
            Credential.objects.filter(connection_id=connection_id).values_list("version", flat=True).first()
        )
        return version


def tell(workspace_id: UUID, connection_id: UUID, batch: Batch, *, now: dt.datetime) -> None:
    with tenant(workspace_id):
        account = Account.objects.filter(connection_id=connection_id).first()
        if account is not None:
            orders_told.send(Account, account_id=account.pk, orders=batch.orders, fills=batch.fills, now=now)


def refresh(workspace_id: UUID, connection_id: UUID) -> None:
    """Has a worker look at what the account holds."""
    with tenant(workspace_id):
        enqueue("exchanges.refresh_accounts", workspace_id, connection_id)


def ask_for_new_check(workspace_id: UUID, connection_id: UUID, now: dt.datetime) -> None:
    """The venue does not take the key: the check finds out why, and tells people once."""
    with tenant(workspace_id):
        connection = Connection.objects.filter(pk=connection_id, closed_at=None).first()
        if connection is None or (connection.asked_at is not None and connection.asked_at + ASKED_AGAIN > now):
            return
        ask_for_check(connection, now=now)


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
