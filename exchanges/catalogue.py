"""A venue's listings as the catalogue in the database has them, read when an adapter asks for them and not before."""

from collections.abc import Collection, Iterator
from functools import cached_property

from exchanges.domain.market import Listing
from exchanges.domain.orders import OrderType
from instruments.models import Listing as Row

#: What a list told is no word of the venue's: nothing is asked of a venue by it.
_ROWS = Row.objects.select_related("instrument").filter(origin=Row.Origin.VENUE)


class KnownCatalogue:
    """What was told of this venue's listings when they were last read. Symbols that are gone are not in it."""

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def listing(self, symbol: str) -> Listing | None:
        row = _ROWS.filter(venue=self._venue, symbol=symbol, gone_at=None).order_by("segment").first()
        return None if row is None else _listing_of(row)

    def listings(self) -> Iterator[Listing]:
        return iter(self._all)

    def named(self, symbols: Collection[str]) -> list[Listing]:
        """Those of these symbols that are listed now."""
        rows = _ROWS.filter(venue=self._venue, symbol__in=list(symbols), gone_at=None)
        return [_listing_of(row) for row in rows.order_by("symbol", "segment")]

    @cached_property
    def _all(self) -> list[Listing]:
        return [_listing_of(row) for row in _ROWS.filter(venue=self._venue, gone_at=None).order_by("symbol")]


def _listing_of(row: Row) -> Listing:
    """The listing in its venue's own words, which stand among its facts; else in everybody's."""
    facts, instrument = dict(row.facts), row.instrument
    base, quote = facts.pop("base", instrument.base), facts.pop("quote", instrument.quote)
    name = facts.pop("name", instrument.name)
    types = None if row.order_types is None else frozenset(OrderType(one) for one in row.order_types)
    return Listing(row.symbol, base, quote, row.segment, row.is_tradable, row.rules, types, name, facts)
