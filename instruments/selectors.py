"""What can be traded, and its prices. The platform's rows, so in any scope and in none."""

import datetime as dt
from uuid import UUID

from django.db import connection

from instruments.domain.candles import Candle
from instruments.domain.prices import PriceSeen, age_of
from instruments.models import LastPrice, Listing
from kernel.bars import Interval


class UnknownListing(LookupError):
    """The catalogue has nothing by this name at that venue; a symbol is looked up, never guessed from its letters."""


class AmbiguousSymbol(LookupError):
    """The venue uses the symbol in several segments; say which."""


def listing_of(venue: str, symbol: str, segment: str | None = None) -> Listing:
    """What the venue calls by this symbol: the present meaning, or else the last that it had."""
    rows = Listing.objects.select_related("instrument").filter(venue=venue, symbol=symbol)
    if segment is not None:
        rows = rows.filter(segment=segment)
    # Booleans sort False first: what is listed now stands before what is gone, and then the newest.
    found = sorted(rows, key=lambda one: (one.gone_at is not None, -one.last_seen_at.timestamp()))
    if not found:
        raise UnknownListing(f"{venue} lists nothing by the name {symbol[:80]!r}, as far as its last catalogue says.")
    first, *others = found
    rivals = {one.segment for one in others if (one.gone_at is None) == (first.gone_at is None)} - {first.segment}
    if rivals:
        named = ", ".join(sorted({first.segment, *rivals}))
        raise AmbiguousSymbol(f"{venue} uses {symbol!r} in the segments {named}; one of them must be named.")
    return first


def last_price(listing: Listing, *, now: dt.datetime) -> PriceSeen | None:
    """The last price heard from the venue, with its age; None when none was heard yet."""
    row = LastPrice.objects.filter(pk=listing.pk).first()
    if row is None:
        return None
    age = age_of(row.at, row.heard_at, now=now)
    return PriceSeen(row.last, row.bid, row.ask, row.at, row.heard_at, row.source, age)


_CANDLES = """
SELECT DISTINCT ON (start) start, open, high, low, close, volume FROM instruments_candle
WHERE listing_id = %(listing)s AND "interval" = %(interval)s AND start >= %(since)s AND start < %(until)s {known}
ORDER BY start, revision DESC
"""


def candles_of(
    listing: Listing | UUID,
    interval: Interval,
    since: dt.datetime,
    until: dt.datetime,
    *,
    as_known_at: dt.datetime | None = None,
) -> list[Candle]:
    """The bars that start from `since` on and before `until`, oldest first, each by its last revision.

    With `as_known_at`, as they stood at that moment: bars known by then, by the revision known by then.
    """
    values: dict[str, UUID | str | dt.datetime | None] = {
        "listing": listing.pk if isinstance(listing, Listing) else listing,
        "interval": interval.name,
        "since": since,
        "until": until,
        "moment": as_known_at,
    }
    known = "" if as_known_at is None else "AND known_at <= %(moment)s"
    with connection.cursor() as cursor:
        cursor.execute(_CANDLES.format(known=known), values)
        return [Candle._make(row) for row in cursor.fetchall()]
