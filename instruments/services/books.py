"""Books in: the newest of each listing kept, whole."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from instruments.domain.books import Depth, why_not_kept, words_of
from instruments.models import Listing, OrderBook
from kernel.live.news import publish_all
from kernel.tenancy.scope import operator


@dataclass(frozen=True, slots=True)
class BooksWritten:
    written: int = 0
    #: Symbols that the catalogue does not know at this venue, or not in which segment.
    unknown: tuple[str, ...] = ()
    #: Each with what is wrong with it.
    refused: tuple[tuple[str, str], ...] = ()


def write_books(*, venue: str, books: Sequence[Depth], now: dt.datetime) -> BooksWritten:
    """Keeps each book in place of the one before. One that cannot be kept holds back no other."""
    sound: dict[tuple[str, str | None], Depth] = {}
    refused: list[tuple[str, str]] = []
    for depth in books:
        fault = why_not_kept(depth, now=now)
        if fault is None:
            sound[depth.symbol, depth.segment] = depth
        else:
            refused.append((depth.symbol, fault))
    with operator():
        found = _listings(venue, sound)
        rows = [
            OrderBook(
                listing_id=key,
                bids=words_of(sound[named].bids),
                asks=words_of(sound[named].asks),
                at=sound[named].at,
                heard_at=now,
                source=sound[named].source or venue,
            )
            # In one order, so that two writers wait for each other and never in a ring.
            for named, key in sorted(found.items(), key=lambda one: one[1])
        ]
        OrderBook.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["listing"],
            update_fields=["bids", "asks", "at", "heard_at", "source"],
        )
        publish_all("book", [row.listing_id for row in rows])
    unknown = tuple(sorted(named[0] for named in sound.keys() - found.keys()))
    return BooksWritten(len(rows), unknown, tuple(refused))


def _listings(venue: str, named: dict[tuple[str, str | None], Depth]) -> dict[tuple[str, str | None], UUID]:
    """A symbol that stands in two segments is nobody's until one of them is named."""
    symbols = {symbol for symbol, _ in named}
    rows: dict[str, dict[str | None, UUID]] = {}
    told = Listing.objects.filter(venue=venue, symbol__in=symbols, gone_at=None)
    for key, symbol, segment in told.values_list("pk", "symbol", "segment").order_by():
        rows.setdefault(symbol, {})[segment] = key
    found: dict[tuple[str, str | None], UUID] = {}
    for one in named:
        keys = rows.get(one[0], {})
        if one[1] is None and len(keys) == 1:
            (found[one],) = keys.values()
        elif one[1] in keys:
            found[one] = keys[one[1]]
    return found
