"""Candles in: whole batches, closed bars alone, nothing overwritten."""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import connection

from instruments.domain.bars import FIGURES, Bars, Told, closed_bars, moment64, moment_of, told_of
from instruments.domain.candles import Candle
from instruments.domain.keeping import REPAIRED, TOLERANCE, Dispute, judge
from instruments.models import CandleSeries, Disagreement, Listing
from instruments.stored import read_series
from kernel.bars import Interval
from kernel.tenancy.scope import operator

_MONTHS_AHEAD = dt.timedelta(days=92)
_TICK = dt.timedelta(microseconds=1)
#: Of one batch; a vendor that adjusts otherwise disagrees in every bar.
_DISAGREEMENTS_KEPT = 200


@dataclass(frozen=True, slots=True)
class CandlesWritten:
    """What became of a batch."""

    new: int = 0
    #: Closed bars whose figures the same source, or the listing's own venue, tells otherwise than before.
    revised: int = 0
    unchanged: int = 0
    #: Not over yet, so not kept.
    unfinished: int = 0
    #: Bars that another source told otherwise. The first source's stay.
    disagreeing: tuple[dt.datetime, ...] = ()


def write_candles(
    listing: Listing, interval: Interval, candles: Iterable[Candle], *, source: str, now: dt.datetime
) -> CandlesWritten:
    """Keeps the bars that are over; BadCandle names the row that cannot be kept, and then none is."""
    return write_bars(listing, interval, told_of(list(candles)), source=source, now=now)


def write_bars(listing: Listing, interval: Interval, told: Told, *, source: str, now: dt.datetime) -> CandlesWritten:
    """Keeps the bars that are over; BadCandle names the row that cannot be kept, and then none is.

    1. A bar that is there with the same figures stays; so running twice changes nothing.
    2. Other figures of the same source are a further revision, known from `now` on. So are those of the listing's own
       venue, whoever told the bar before; but what an operator put right stays until he takes it back.
    3. Other figures of another source are told back and not kept; far apart, they are a Disagreement.
    """
    closed = closed_bars(told, interval=interval, calendar=listing.sessions, now=now)
    if not len(closed.bars):
        return CandlesWritten(unfinished=closed.unfinished)
    first, last = moment_of(closed.bars.start[0]), moment_of(closed.bars.start[-1])
    with operator():
        series = locked_series(listing, interval)
        kept = read_series(series, first, last + _TICK)
        yields = set(series.sources) - {source, REPAIRED} if source == listing.venue else ()
        judged = judge(kept, closed.bars, source=source, now=moment64(now), yields=yields)
        if len(judged.rows):
            _make_months(judged.rows)
            _copy(series, judged.rows, source)
            _note_change(series, judged.new, first, last, source=source, now=now)
        for dispute in (judged.standing, judged.overruled):
            _note_disagreements(listing, interval, dispute, now=now)
    disagreeing = tuple(moment_of(one) for one in judged.standing.kept.start)
    unchanged = len(closed.bars) - judged.new - judged.revised - len(disagreeing)
    return CandlesWritten(judged.new, judged.revised, unchanged, closed.unfinished, disagreeing)


class BarMoved(Exception):
    """The bar is not what somebody decided about; the message says so to him. Nothing was written."""


def write_revision(
    listing: Listing,
    interval: Interval,
    start: dt.datetime,
    *,
    old: Sequence[float],
    new: Sequence[float],
    source: str,
    now: dt.datetime,
) -> None:
    """Other figures for one bar, by somebody's decision. Known from `now` on: what was decided before stays decided."""
    with operator():
        series = locked_series(listing, interval)
        kept = read_series(series, start, start + _TICK)
        if [float(getattr(kept, name)[0]) for name in FIGURES if len(kept)] != list(old):
            raise BarMoved(
                f"The bar of {start:%Y-%m-%d %H:%M} has other figures by now; look at the series again before anything "
                "is put in its place."
            )
        figures: dict[str, Any] = {
            name: np.array([value], np.float64) for name, value in zip(FIGURES, new, strict=True)
        }
        row = replace(kept, known_at=np.array([moment64(now)]), revision=kept.revision + np.int16(1), **figures)
        _make_months(row)
        _copy(series, row, source)
        _note_change(series, 0, start, start, source=source, now=now)


def locked_series(listing: Listing, interval: Interval) -> CandleSeries:
    """The series' row, which one writer holds at a time: two must not both make the same revision."""
    rows = CandleSeries.objects.select_for_update(no_key=True)
    found = rows.filter(listing=listing, interval=interval.name).first()
    if found is not None:
        return found
    CandleSeries.objects.bulk_create([CandleSeries(listing=listing, interval=interval.name)], ignore_conflicts=True)
    return rows.get(listing=listing, interval=interval.name)


def make_candle_months(*, now: dt.datetime) -> int:
    """The table's parts for this month and those ahead; how many were not there yet."""
    with operator(), connection.cursor() as cursor:
        cursor.execute("SELECT instruments_make_candle_months(%s, %s)", [now.date(), (now + _MONTHS_AHEAD).date()])
        return int((cursor.fetchone() or (0,))[0])


def _make_months(rows: Bars) -> None:
    """What came late or from far back finds its month; one that is there costs a look at the database's catalogue."""
    months = [one.item() for one in np.unique(rows.start.astype("M8[M]")).astype("M8[D]")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT instruments_make_candle_months(month, month) FROM unnest(%s::date[]) AS month", [months])


_COPY = """
COPY instruments_candle (listing_id, "interval", source, start, known_at, open, high, low, close, volume, revision)
FROM STDIN (FORMAT binary)
"""
_HEAD, _TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_POSTGRES_EPOCH = np.datetime64("2000-01-01", "us").astype(np.int64)


def _copy(series: CandleSeries, rows: Bars, source: str) -> None:
    """Every row has the same length in PostgreSQL's binary form, so the whole is one array of numpy's."""
    texts = [series.listing_id.bytes, series.interval.encode(), source.encode()]
    begin = struct.pack(">h", 11) + b"".join(struct.pack(">i", len(one)) + one for one in texts)
    wide = [(name, ">i8") for name in ("start", "known_at")] + [(name, ">f8") for name in FIGURES]
    layout = [("begin", f"V{len(begin)}")]
    for name, kind in [*wide, ("revision", ">i2")]:
        layout += [(f"{name} length", ">i4"), (name, kind)]
    table = np.empty(len(rows), dtype=layout)
    table["begin"] = np.void(begin)
    for name, kind in [*wide, ("revision", ">i2")]:
        table[f"{name} length"] = int(kind[2:])
        values = getattr(rows, name)
        table[name] = values.astype(np.int64) - _POSTGRES_EPOCH if kind == ">i8" else values
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(_HEAD + table.tobytes() + _TAIL)


def _note_change(
    series: CandleSeries, new: int, first: dt.datetime, last: dt.datetime, *, source: str, now: dt.datetime
) -> None:
    series.first = first if series.first is None else min(series.first, first)
    series.last = last if series.last is None else max(series.last, last)
    series.count += new
    series.changes += 1
    series.written_at = now
    if source not in series.sources:
        series.sources = [*series.sources, source]
    series.save(update_fields=["first", "last", "count", "changes", "written_at", "sources"])


def _note_disagreements(listing: Listing, interval: Interval, dispute: Dispute, *, now: dt.datetime) -> None:
    apart = dispute.apart()
    far = np.flatnonzero(apart > TOLERANCE)[:_DISAGREEMENTS_KEPT]
    if not len(far):
        return
    kept, other = dispute.kept.at(far), dispute.other.at(far)
    told = zip(kept.candles(), kept.source, other.candles(), other.source, apart[far], strict=True)
    Disagreement.objects.bulk_create(
        [
            Disagreement(
                listing=listing,
                interval=interval.name,
                start=mine.start,
                kept_source=str(my_source),
                kept=list(mine[1:]),
                other_source=str(their_source),
                other=list(theirs[1:]),
                apart=float(share),
                seen_at=now,
            )
            for mine, my_source, theirs, their_source, share in told
        ],
        ignore_conflicts=True,
    )
