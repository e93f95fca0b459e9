"""Candles in: whole batches, closed bars alone, nothing overwritten."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from instruments.domain.candles import Candle, ClosedCandle, closed_candles
from instruments.models import Listing
from kernel.bars import Interval
from kernel.tenancy.scope import operator

_MONTHS_AHEAD = dt.timedelta(days=92)


@dataclass(frozen=True, slots=True)
class CandlesWritten:
    """What became of a batch."""

    new: int = 0
    #: Closed bars whose figures the same source tells otherwise than before.
    revised: int = 0
    unchanged: int = 0
    #: Not over yet, so not kept.
    unfinished: int = 0
    #: Bars that another source told otherwise. The first source's stay.
    disagreeing: tuple[dt.datetime, ...] = ()


def write_candles(
    listing: Listing, interval: Interval, candles: Iterable[Candle], *, source: str, now: dt.datetime
) -> CandlesWritten:
    """Keeps the bars that are over; BadCandle names the row that cannot be kept, and then none is.

    1. A bar that is there with the same figures stays; so running twice changes nothing.
    2. Other figures of the same source are a further revision, known from `now` on.
    3. Other figures of another source are told back and not kept.
    """
    closed, unfinished = closed_candles(candles, interval=interval, calendar=listing.sessions, now=now)
    if not closed:
        return CandlesWritten(unfinished=unfinished)
    with operator():
        # One writer at a time for each listing, so that two cannot both make the same revision.
        Listing.objects.select_for_update(no_key=True).get(pk=listing.pk)
        _make_months({one.start.date().replace(day=1) for one in closed})
        new, revised, disagreeing = _write(listing.pk, interval, closed, source=source, now=now)
    unchanged = len(closed) - new - revised - len(disagreeing)
    return CandlesWritten(new, revised, unchanged, unfinished, tuple(disagreeing))


def make_candle_months(*, now: dt.datetime) -> int:
    """The table's parts for this month and those ahead; how many were not there yet."""
    with operator(), connection.cursor() as cursor:
        cursor.execute("SELECT instruments_make_candle_months(%s, %s)", [now.date(), (now + _MONTHS_AHEAD).date()])
        return int((cursor.fetchone() or (0,))[0])


def _make_months(months: Iterable[dt.date]) -> None:
    """What came late or from far back finds its month; one that is there costs a look at the database's catalogue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT instruments_make_candle_months(month, month) FROM unnest(%s::date[]) AS month", [sorted(months)]
        )


# Kept as long as the connection is, and empty between transactions: making one each time would bloat the catalogue.
_HEARD = """
CREATE TEMPORARY TABLE IF NOT EXISTS heard_candles (
    start timestamptz, known_at timestamptz, open float8, high float8, low float8, close float8, volume float8
) ON COMMIT DELETE ROWS
"""
_COPY = "COPY heard_candles FROM STDIN (FORMAT binary)"
_TYPES = ["timestamptz", "timestamptz", "float8", "float8", "float8", "float8", "float8"]
_WRITE = """
WITH kept AS (
    SELECT DISTINCT ON (start) start, revision, open, high, low, close, volume, source
    FROM instruments_candle
    WHERE listing_id = %(listing)s AND "interval" = %(interval)s AND start BETWEEN %(first)s AND %(last)s
    ORDER BY start, revision DESC
), other AS (
    SELECT h.*, k.revision, k.source FROM heard_candles h LEFT JOIN kept k USING (start)
    WHERE k.revision IS NULL
        OR (k.open, k.high, k.low, k.close, k.volume) IS DISTINCT FROM (h.open, h.high, h.low, h.close, h.volume)
), written AS (
    INSERT INTO instruments_candle
        (listing_id, "interval", start, known_at, open, high, low, close, volume, revision, source)
    SELECT %(listing)s, %(interval)s, start, CASE WHEN revision IS NULL THEN known_at ELSE %(now)s END,
        open, high, low, close, volume, coalesce(revision, 0) + 1, %(source)s
    FROM other WHERE revision IS NULL OR source = %(source)s
    RETURNING revision
)
SELECT count(*) FILTER (WHERE revision = 1), count(*) FILTER (WHERE revision > 1),
    (SELECT array_agg(start ORDER BY start) FROM other WHERE revision IS NOT NULL AND source <> %(source)s)
FROM written
"""


def _write(
    listing_id: UUID, interval: Interval, closed: Sequence[ClosedCandle], *, source: str, now: dt.datetime
) -> tuple[int, int, list[dt.datetime]]:
    """How many were new, how many revised, and which ones another source told otherwise."""
    values: dict[str, UUID | str | dt.datetime] = {
        "listing": listing_id,
        "interval": interval.name,
        "source": source,
        "now": now,
        "first": closed[0].start,
        "last": closed[-1].start,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HEARD)
        cursor.execute("DELETE FROM heard_candles")
        with cursor.copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for one in closed:
                copy.write_row(one)
        # The planner knows nothing of a table filled just now, and would compare each bar with each.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_WRITE, values)
        new, revised, disagreeing = cursor.fetchone() or (0, 0, None)
        cursor.execute("SET LOCAL enable_nestloop = on")
    return new, revised, disagreeing or []
