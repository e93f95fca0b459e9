"""Reads of connections and of what they hold, in a tenant's scope."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from exchanges.domain.standing import Standing
from exchanges.models import Account, Connection, Snapshot

REFUSED_SHOWN = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection and how it stands at this moment."""

    connection: Connection
    standing: Standing


def open_connections() -> QuerySet[Connection]:
    found: QuerySet[Connection] = Connection.objects.filter(closed_at=None)
    return found.order_by("added_at", "pk")


def listed_connections(*, now: dt.datetime) -> QuerySet[Connection]:
    """The open ones, and those that were refused in the last week: who added one looks for what became of it."""
    is_told = Q(met=Connection.Met.REFUSED, closed_at__gt=now - REFUSED_SHOWN)
    found: QuerySet[Connection] = Connection.objects.filter(Q(closed_at=None) | is_told)
    return found.order_by("added_at", "pk")


def shown(connection: Connection, *, now: dt.datetime) -> Shown:
    return Shown(connection, connection.standing(now=now))


def connection_row(connection_id: UUID) -> Connection | None:
    return Connection.objects.filter(pk=connection_id).first()


def snapshots_of(account: Account) -> dict[str, Snapshot]:
    return {one.kind: one for one in Snapshot.objects.filter(account=account)}


def accounts_with_snapshots() -> list[Account]:
    """Every open account with the last answers about it."""
    return list(
        Account.objects.filter(connection__closed_at=None)
        .select_related("connection")
        .prefetch_related("snapshots")
        .order_by("opened_at", "pk")
    )


def snapshot_row(snapshot_id: UUID) -> Snapshot | None:
    return Snapshot.objects.select_related("account").filter(pk=snapshot_id).first()
