"""What can be traded, and its prices. The platform's rows, so in any scope and in none."""

import datetime as dt
from uuid import UUID

from django.db import connection
from django.db.models import Q

from instruments.domain.books import DepthSeen
from instruments.domain.candles import Candle
from instruments.domain.prices import PriceSeen, age_of
from instruments.models import CandleSeries, LastPrice, Listing, OrderBook
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
    """The last price heard from the venue itself, with its age; None when none was heard yet. What gates read.

    What a vendor tells of a listing is for the eye alone, and is not told here.
    """
    row = LastPrice.objects.filter(pk=listing.pk, source=listing.venue).first()
    if row is None:
        return None
    age = age_of(row.at, row.heard_at, now=now)
    return PriceSeen(row.last, row.bid, row.ask, row.at, row.heard_at, row.source, age)


def book_of(listing: Listing, *, now: dt.datetime) -> DepthSeen | None:
    """The book heard from the venue last, with its age; None when none was heard yet."""
    row = OrderBook.objects.filter(pk=listing.pk).first()
    return None if row is None else DepthSeen.of(row.bids, row.asks, row.at, row.heard_at, row.source, now=now)


def book_row(listing_id: UUID) -> OrderBook | None:
    """The book as pages draw it."""
    return OrderBook.objects.select_related("listing__instrument").filter(pk=listing_id).first()


def price_row(listing_id: UUID) -> LastPrice | None:
    """The last price as pages draw it."""
    return LastPrice.objects.select_related("listing__instrument").filter(pk=listing_id).first()


def venues_listing() -> list[str]:
    """Every venue that lists something now, read from one entry of the index to the next."""
    with connection.cursor() as cursor:
        cursor.execute(_VENUES)
        return [venue for (venue,) in cursor.fetchall()]


def calendars_in_use() -> list[str]:
    """The calendars that some listing goes by."""
    return sorted(Listing.objects.order_by().values_list("calendar", flat=True).distinct())


_VENUES = """
WITH RECURSIVE one AS (
    SELECT min(venue) AS venue FROM instruments_listing WHERE gone_at IS NULL
    UNION ALL
    SELECT (SELECT min(venue) FROM instruments_listing WHERE gone_at IS NULL AND venue > one.venue)
    FROM one WHERE one.venue IS NOT NULL
) SELECT venue FROM one WHERE venue IS NOT NULL
"""


def candles_of(
    listing: Listing | UUID,
    interval: Interval,
    since: dt.datetime,
    until: dt.datetime,
    *,
    as_known_at: dt.datetime | None = None,
) -> list[Candle]:
    """The kept bars that start from `since` on and before `until`, one by one; `instruments.candles` gives arrays.

    With `as_known_at`, as they stood at that moment: bars known by then, by the revision known by then.
    """
    # They bring numpy, which nobody needs who looks up a listing.
    from instruments.stored import read_series  # noqa: PLC0415

    series = CandleSeries.objects.filter(listing=listing, interval=interval.name).first()
    return [] if series is None else read_series(series, since, until, as_known_at=as_known_at).candles()


class NoSuchListing(LookupError):
    """Nothing, or more than one thing, is meant by these words; the message says what to write instead."""


def listing_meant(words: str, *, venue: str = "") -> Listing:
    """The listing that somebody means by an id, an instrument's code or a venue's symbol."""
    rows = Listing.objects.select_related("instrument")
    if venue:
        rows = rows.filter(venue=venue)
    found = list(rows.filter(_meant(words)).order_by("venue", "segment", "symbol", "-last_seen_at")[:100])
    found = [one for one in found if one.gone_at is None] or found[:1]
    where = f" at {venue}" if venue else ""
    if not found:
        raise NoSuchListing(f"The catalogue has nothing by the name {words[:80]!r}{where}.")
    if len(found) > 1:
        named = ", ".join(sorted({f"{one.venue} {one.symbol} ({one.segment})" for one in found})[:8])
        raise NoSuchListing(f"{words[:80]!r} may be any of {named}. Name one by its --venue, or by its id.")
    return found[0]


def _meant(words: str) -> Q:
    try:
        key = UUID(words)
    except ValueError:
        return Q(symbol=words) | Q(instrument__code=words)
    return Q(pk=key) | Q(instrument=key)
