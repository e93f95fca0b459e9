"""A series into a file, a month at a time."""

import datetime as dt
from pathlib import Path

from instruments.candles import candles, series_of
from instruments.models import Listing
from kernel.bars import Interval

_TICK = dt.timedelta(microseconds=1)


class NothingKept(LookupError):
    """There is no such series, or no bar in the range."""


def export_candles(
    path: Path,
    listing: Listing,
    interval: Interval,
    *,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    is_adjusted: bool = False,
) -> int:
    """How many bars the file has now. It takes its name when it is whole."""
    from instruments.adapters.tables import BarsFile  # noqa: PLC0415 - pyarrow, where a file is written

    series = series_of(listing, interval)
    if series is None or series.first is None or series.last is None:
        raise NothingKept(f"No {interval.name} bars of {listing} are kept.")
    begin = series.first if since is None else max(since, series.first)
    end = series.last + _TICK if until is None else min(until, series.last + _TICK)
    if begin >= end:
        raise NothingKept(
            f"No {interval.name} bars of {listing} are kept in that range; they reach from "
            f"{series.first:%Y-%m-%d %H:%M} to {series.last:%Y-%m-%d %H:%M} UTC."
        )
    written = 0
    with BarsFile(path) as file:
        while begin < end:
            after = min(
                (begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=31)).replace(
                    day=1
                ),
                end,
            )
            bars = candles(listing, interval, begin, after, is_adjusted=is_adjusted)
            if len(bars):
                file.write(bars)
            written += len(bars)
            begin = after
    return written
