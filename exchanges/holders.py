"""Who holds what is listed somewhere, by the venues' last answers; for news of what is delisted."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal
from uuid import UUID

from exchanges.domain.markets import market_of
from exchanges.models import Snapshot
from instruments.models import Listing
from kernel.tenancy.scope import operator

Kind = Snapshot.Kind
#: How many are held, in the words of each kind.
_COUNTS = {
    Kind.BALANCES: ("asset", ("free", "held")),
    Kind.HOLDINGS: ("symbol", ("quantity", "t1_quantity", "pledged_quantity")),
    Kind.POSITIONS: ("symbol", ("quantity",)),
}


def holders_of(listings: Collection[Listing]) -> set[tuple[UUID, UUID]]:
    """Workspace and listing: of a security by its symbol at that venue, of a coin by its name."""
    wanted: defaultdict[tuple[str, str], set[UUID]] = defaultdict(set)
    for one in listings:
        wanted[one.venue, one.symbol].add(one.pk)
        wanted[one.venue, str(one.facts.get("base", one.instrument.base))].add(one.pk)
    venues = {venue for venue, _ in wanted}
    with operator():
        rows = Snapshot.objects.filter(kind__in=list(_COUNTS), account__connection__closed_at=None)
        return {
            (row.workspace_id, key)
            for row in rows.select_related("account__connection").iterator(chunk_size=500)
            if (market := _market(row)) in venues
            for name in _held(row)
            for key in wanted.get((market, name), ())
        }


def _market(row: Snapshot) -> str:
    account = row.account
    return account.follows or market_of(account.connection.venue, account.connection.mode)


def _held(row: Snapshot) -> Iterator[str]:
    name, counts = _COUNTS[Kind(row.kind)]
    for one in row.rows:
        if any(_amount(one.get(count)) for count in counts):
            yield one[name]


def _amount(told: object) -> bool:
    """A quantity stands alone, or beside its unit; none told is none held."""
    value = told.get("value") if isinstance(told, dict) else told
    return value is not None and Decimal(str(value)) != 0
