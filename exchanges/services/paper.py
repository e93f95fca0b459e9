"""Paper accounts: opened with pretended money, and met with prices as these move."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts.models import Person
from exchanges.domain.failures import NotNow
from exchanges.domain.followed import followed_venues
from exchanges.domain.venues.paper import PAPER
from exchanges.lines import ask_price
from exchanges.models import Account, Connection, Opening, PaperBalance, PaperBook
from exchanges.paper_store import NoBook, paper_line
from exchanges.services.connections import NotAllowed, add_connection
from kernel.jobs.enqueue import enqueue
from kernel.logs.setup import get_logger
from kernel.tenancy.access import Access
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

log = get_logger(__name__)

LEAST, MOST, USUAL = Decimal(1), Decimal(10_000_000), Decimal(10_000)
DEFAULT_VENUE = "binance"
_AT_ONCE, _FIRST = 500, UUID(int=0)


def add_paper(
    *, access: Access, person: Person, name: str, follows: str, amount: Decimal, now: dt.datetime
) -> Connection:
    """A paper account that follows a venue and begins with an amount of that venue's usual currency."""
    followed = followed_venues().get(follows)
    if followed is None:
        raise NotAllowed("FOLLOWS_NOTHING", "Paper follows the prices of a venue. Choose one that is listed.")
    if not LEAST <= amount <= MOST:
        raise NotAllowed("AMOUNT_OUT_OF_RANGE", f"A paper account begins with {LEAST:,} to {MOST:,}.")
    with transaction.atomic():
        connection = add_connection(
            access=access,
            person=person,
            facts=PAPER,
            mode=Connection.Mode.PAPER,
            name=name,
            fields={},
            attested=False,
            now=now,
        )
        account = Account.objects.get(connection=connection)
        account.follows, account.opening_at = follows, now
        account.save(update_fields=["follows", "opening_at"])
        whose = {"workspace_id": account.workspace_id, "account": account}
        PaperBook.objects.create(**whose)
        PaperBalance.objects.create(**whose, asset=followed.currency, total=amount)
        Opening.objects.create(**whose, asset=followed.currency, quantity=amount, source=PAPER.name, at=now)
        enqueue("exchanges.refresh_accounts", account.workspace_id, connection.pk)
        # Whoever is the first to follow a venue waits for no sweep until its listings are known.
        enqueue("exchanges.look_for_old_catalogues")
    return connection


def advance_papers() -> int:
    """Meets every standing paper order with the prices that are known now; how many accounts something became of.

    Running twice does nothing the second time: an order that met a price is changed by it once.
    """
    return sum(_advance(workspace_id, connection_id) for workspace_id, connection_id in _standing())


def _standing() -> Iterator[tuple[UUID, UUID]]:
    """Workspace and connection of each account with a standing order, some at a time."""
    after = _FIRST
    while found := locate("locate_paper_with_orders", after, _AT_ONCE):
        yield from ((workspace_id, connection_id) for workspace_id, connection_id in found)
        after = found[-1][1]


def _advance(workspace_id: UUID, connection_id: UUID) -> bool:
    with tenant(workspace_id):
        connection = Connection.objects.filter(pk=connection_id, closed_at=None).first()
    if connection is None:
        return False
    try:
        return paper_line(connection, ask=ask_price).advance()
    except (NotNow, NoBook) as error:
        log.warning("paper.not_advanced", connection=str(connection_id), error=str(error))
    except Exception:
        # Whatever is wrong with one account, the others go on; this one is met again in a moment.
        log.exception("paper.not_advanced", connection=str(connection_id))
    return False
