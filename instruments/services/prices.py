"""Prices in: many at a time, the newest of each listing kept."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from instruments.domain.prices import Price, moment_of, why_not_kept
from instruments.models import Listing
from kernel.live.news import publish_all
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
        changed = _write(_OWN, venue, newest, now=now) if newest else []
        publish_all("last_price", changed)
    written = len(changed)
    return PricesWritten(written, late + len(newest) - written, tuple(sorted(unknown)), tuple(refused))


def write_vendor_prices(*, source: str, prices: Mapping[UUID, Price], now: dt.datetime) -> PricesWritten:
    """Keeps a vendor's prices of listings whose venue tells none, by their keys, in the vendor's own name.

    They are to be looked at: what a venue told stays, and no gate reads a price that is not the venue's own.
    """
    sound: dict[UUID, Price] = {}
    refused: list[tuple[str, str]] = []
    for key, price in prices.items():
        fault = why_not_kept(price, now=now)
        if fault is None:
            sound[key] = price
        else:
            refused.append((price.symbol, fault))
    with operator():
        # Of a list alone: no venue that is asked here knows of these.
        told = Listing.objects.filter(pk__in=sound, origin=Listing.Origin.LIST, gone_at=None).exclude(venue=source)
        newest = {key: sound[key] for key in told.order_by().values_list("pk", flat=True)}
        changed = _write(_VENDORS, source, newest, now=now) if newest else []
        publish_all("last_price", changed)
    unknown = tuple(sorted(price.symbol for key, price in sound.items() if key not in newest))
    return PricesWritten(len(changed), len(newest) - len(changed), unknown, tuple(refused))


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
WHERE {when}
RETURNING listing_id
"""
_NEWER = (
    "(coalesce(EXCLUDED.at, EXCLUDED.heard_at), EXCLUDED.heard_at) >= (coalesce(kept.at, kept.heard_at), kept.heard_at)"
)
#: The venue's own word takes the place of any vendor's, and no vendor's that of the venue.
_OWN = _WRITE.format(when=f"kept.source <> EXCLUDED.source OR {_NEWER}")
_NOT_THE_VENUES = "kept.source <> (SELECT venue FROM instruments_listing WHERE id = kept.listing_id)"
_VENDORS = _WRITE.format(when=f"{_NEWER} AND {_NOT_THE_VENUES}")


def _write(statement: str, source: str, newest: dict[UUID, Price], *, now: dt.datetime) -> list[UUID]:
    """The listings whose price was written."""
    # In one order, so that two writers wait for each other and never in a ring.
    told = sorted(newest.items())
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "now": now,
                "source": source,
                "listings": [key for key, _ in told],
                "last": [price.last for _, price in told],
                "bid": [price.bid for _, price in told],
                "ask": [price.ask for _, price in told],
                "at": [price.at for _, price in told],
            },
        )
        return [key for (key,) in cursor.fetchall()]
