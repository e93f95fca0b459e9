"""Prices in: many at a time, the newest of each listing kept."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from instruments.domain.prices import Price, moment_of, why_not_kept
from instruments.models import Listing
from kernel.tenancy.scope import operator


@dataclass(frozen=True, slots=True)
class PricesWritten:
    """What became of a batch."""

    written: int = 0
    #: Told later than a newer one.
    late: int = 0
    #: Symbols that the catalogue does not know at this venue, or not in which segment.
    unknown: tuple[str, ...] = ()
    #: Each with what is wrong with it.
    refused: tuple[tuple[str, str], ...] = ()


def write_prices(*, venue: str, prices: Sequence[Price], now: dt.datetime) -> PricesWritten:
    """Keeps the newest price of each listing. One price that cannot be kept holds back no other."""
    sound: list[Price] = []
    refused: list[tuple[str, str]] = []
    for price in prices:
        fault = why_not_kept(price, now=now)
        if fault is None:
            sound.append(price)
        else:
            refused.append((price.symbol, fault))
    with operator():
        listings = _listings(venue, {price.symbol for price in sound})
        newest: dict[UUID, Price] = {}
        unknown: set[str] = set()
        late = 0
        for price in sound:
            listing_id = listings.get((price.symbol, price.segment))
            if listing_id is None:
                unknown.add(price.symbol)
                continue
            before = newest.get(listing_id)
            late += before is not None
            if before is None or moment_of(price.at, now) >= moment_of(before.at, now):
                newest[listing_id] = price
        written = _write(venue, newest, now=now) if newest else 0
    return PricesWritten(written, late + len(newest) - written, tuple(sorted(unknown)), tuple(refused))


def _listings(venue: str, symbols: set[str]) -> dict[tuple[str, str | None], UUID]:
    """By symbol and segment, and by symbol alone where it stands in one segment only."""
    found: dict[tuple[str, str | None], UUID] = {}
    ambiguous: set[str] = set()
    rows = Listing.objects.filter(venue=venue, symbol__in=symbols, gone_at=None)
    for key, symbol, segment in rows.values_list("pk", "symbol", "segment").order_by():
        if (symbol, None) in found:
            ambiguous.add(symbol)
        found[symbol, segment] = found[symbol, None] = key
    for symbol in ambiguous:
        del found[symbol, None]
    return found


_WRITE = """
INSERT INTO instruments_lastprice AS kept (listing_id, last, bid, ask, at, heard_at, source)
SELECT listing_id, last, bid, ask, at, %(now)s, %(source)s
FROM unnest(%(listings)s::uuid[], %(last)s::numeric[], %(bid)s::numeric[], %(ask)s::numeric[], %(at)s::timestamptz[])
    AS told (listing_id, last, bid, ask, at)
ON CONFLICT (listing_id) DO UPDATE
SET last = EXCLUDED.last, bid = EXCLUDED.bid, ask = EXCLUDED.ask, at = EXCLUDED.at, heard_at = EXCLUDED.heard_at,
    source = EXCLUDED.source
WHERE (coalesce(EXCLUDED.at, EXCLUDED.heard_at), EXCLUDED.heard_at) >= (coalesce(kept.at, kept.heard_at), kept.heard_at)
"""


def _write(venue: str, newest: dict[UUID, Price], *, now: dt.datetime) -> int:
    # In one order, so that two writers wait for each other and never in a ring.
    told = sorted(newest.items())
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "now": now,
                "source": venue,
                "listings": [key for key, _ in told],
                "last": [price.last for _, price in told],
                "bid": [price.bid for _, price in told],
                "ask": [price.ask for _, price in told],
                "at": [price.at for _, price in told],
            },
        )
        return cursor.rowcount
