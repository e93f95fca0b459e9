"""What an account holds, asked and kept with its age. A question that fails leaves the last answer, and says so."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.services.audit import record
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.credentials import CredentialKind
from exchanges.domain.failures import TokenEnded, VenueFailure
from exchanges.domain.holdings import Balance, Holding
from exchanges.domain.limits import Act
from exchanges.domain.markets import market_of
from exchanges.domain.plain import plain
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import venue_named
from exchanges.lines import NoLine, open_line
from exchanges.models import Account, Connection, Opening, Snapshot
from exchanges.services.catalogues import refresh_catalogue, was_told
from exchanges.services.checks import note_failure
from exchanges.vault import NoCredential, open_credential
from exchanges.venue import Venue
from kernel.live.news import publish
from kernel.tenancy.scope import tenant

Kind = Snapshot.Kind

#: What is asked of each kind, where the venue declares it.
_ASKED: dict[Snapshot.Kind, tuple[Act, Callable[[Venue], Sequence[Any]]]] = {
    Kind.BALANCES: (Act.BALANCES, lambda line: line.balances()),
    Kind.HOLDINGS: (Act.HOLDINGS, lambda line: line.holdings()),
    Kind.POSITIONS: (Act.POSITIONS, lambda line: line.positions()),
    Kind.MARGINS: (Act.MARGINS, lambda line: line.margins()),
    Kind.ORDERS: (Act.OPEN_ORDERS, lambda line: line.open_orders()),
}


def refresh_accounts(workspace_id: UUID, connection_id: UUID, *, now: dt.datetime) -> None:
    """Asks for everything the venue tells of the connection's account, and stores each answer by itself."""
    with tenant(workspace_id):
        connection = Connection.objects.filter(pk=connection_id, closed_at=None).first()
        account = Account.objects.filter(connection_id=connection_id).first()
        if connection is None or account is None:
            return
        try:
            is_open = connection.facts.credentials.kind is CredentialKind.NOTHING
            credentials, version = (None, None) if is_open else open_credential(connection.pk)
        except NoCredential:
            return
        needs_log_in = connection.facts.credentials.needs_log_in
        if needs_log_in and not (credentials and credentials.is_logged_in(now=now)):
            return
    market = market_of(connection.venue, connection.mode)
    if connection.facts.names_assets_apart and not was_told(market):
        refresh_catalogue(connection.venue, connection.mode, now=now)
    try:
        line = open_line(connection, credentials, purpose=Purpose.READ)
    except NoLine:
        # The check of the connection says so where people look.
        return
    heard: dict[Snapshot.Kind, Sequence[Any]] = {}
    for kind, ask in asked_of(connection.facts).items():
        if kind is Kind.HOLDINGS and account.follows and Act.HOLDINGS not in venue_named(account.follows).acts:
            # Where it follows there are coins alone.
            continue
        try:
            heard[kind] = ask(line)
        except TokenEnded as failure:
            with tenant(workspace_id):
                _store_failure(account, kind, str(failure), now=now)
                note_failure(connection_id, failure, version=version, now=now)
            # With a login that is over nothing else is answered either.
            break
        except VenueFailure as failure:
            with tenant(workspace_id):
                _store_failure(account, kind, str(failure), now=now)
            continue
        with tenant(workspace_id):
            _store(account, kind, heard[kind], now=now)
    with tenant(workspace_id):
        _open(account, heard, connection.facts, now=now)


def asked_of(facts: VenueFacts) -> dict[Snapshot.Kind, Callable[[Venue], Sequence[Any]]]:
    return {kind: ask for kind, (act, ask) in _ASKED.items() if act in facts.acts}


def _store(account: Account, kind: Snapshot.Kind, rows: Sequence[Any], *, now: dt.datetime) -> None:
    values = {"rows": [plain(row) for row in rows], "taken_at": now, "failed_at": None, "failure": ""}
    snapshot, _ = Snapshot.objects.update_or_create(
        account=account, kind=kind, workspace_id=account.workspace_id, defaults=values
    )
    publish("snapshot", snapshot.pk)


def _store_failure(account: Account, kind: Snapshot.Kind, words: str, *, now: dt.datetime) -> None:
    values = {"failed_at": now, "failure": words[:400]}
    snapshot, _ = Snapshot.objects.update_or_create(
        account=account, kind=kind, workspace_id=account.workspace_id, defaults=values
    )
    publish("snapshot", snapshot.pk)


def _open(
    account: Account, heard: Mapping[Snapshot.Kind, Sequence[Any]], facts: VenueFacts, *, now: dt.datetime
) -> None:
    """Writes down once what was there before us, when all that makes it up was heard."""
    wanted = {kind for kind in (Kind.BALANCES, Kind.HOLDINGS) if kind in asked_of(facts)}
    if not wanted <= set(heard):
        return
    with transaction.atomic():
        claimed = Account.objects.filter(pk=account.pk, opening_at=None).update(opening_at=now)
        if claimed != 1:
            return
        openings = [*_of_balances(heard.get(Kind.BALANCES, ())), *_of_holdings(heard.get(Kind.HOLDINGS, ()))]
        for opening in openings:
            opening.account, opening.workspace_id = account, account.workspace_id
            opening.source, opening.at = facts.name, now
        Opening.objects.bulk_create(openings)
        record(
            "account.opened",
            now=now,
            target=f"account:{account.pk}",
            facts={"venue": facts.name, "rows": len(openings)},
        )


def _of_balances(rows: Sequence[Balance]) -> list[Opening]:
    return [Opening(asset=row.asset, quantity=row.total) for row in rows if row.total != 0]


def _of_holdings(rows: Sequence[Holding]) -> list[Opening]:
    return [
        Opening(
            asset=row.symbol,
            is_security=True,
            quantity=row.quantity + row.t1_quantity,
            average_price=row.average_price,
        )
        for row in rows
        if row.quantity + row.t1_quantity != 0
    ]
