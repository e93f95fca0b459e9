"""Bars as the rules see them: as given, and those of them that can be reckoned with, in their order."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from instruments.domain.calendars import Calendar
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.scales import robust_scale
from instruments.domain.session_arrays import Flags, Seconds, SessionArrays, length_of, session_arrays
from kernel.bars import Interval

#: Where fewer bars than this have a range, only closes are told.
_CLOSES_ALONE = 0.1
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bars:
    """A series in the order in which it was given. Starts are whole seconds since 1970; no volume is NaN throughout."""

    starts: Seconds
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    interval: Interval
    calendar: Calendar

    @property
    def prices(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.open, self.high, self.low, self.close

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def sessions(self) -> SessionArrays:
        if not len(self):
            return session_arrays(self.calendar, dt.date(2000, 1, 1), dt.date(2000, 1, 1))
        first, last = int(self.starts.min()), int(self.starts.max())
        week = dt.timedelta(days=8)
        return session_arrays(self.calendar, moment(first).date() - week, moment(last).date() + week)

    @cached_property
    def length(self) -> int:
        return length_of(self.interval)

    @cached_property
    def is_whole(self) -> Flags:
        """All four prices are numbers above nought."""
        return np.asarray(np.logical_and.reduce([np.isfinite(one) & (one > 0) for one in self.prices]))

    @cached_property
    def sound(self) -> "Sound":
        """Whole bars by time, the first of those that share a start."""
        rows = np.flatnonzero(self.is_whole)
        order = rows[np.argsort(self.starts[rows], kind="stable")]
        starts = self.starts[order]
        rows = order[np.concatenate([np.ones(min(1, len(starts)), np.bool_), np.diff(starts) > 0])]
        return Sound(self, rows)

    def finding(
        self, kind: Kind, severity: Severity, rows: Iterable[int] | Rows, detail: str, at: tuple[int, int] | None = None
    ) -> Finding:
        """`at` names the moments of what has no row."""
        told = np.unique(np.fromiter((int(one) for one in rows), np.int64))
        first, last = at if at is not None else (int(self.starts[told].min()), int(self.starts[told].max()))
        return Finding(kind, severity, moment(first), moment(last), tuple(told.tolist()), detail)


@dataclass(frozen=True, eq=False)
class Sound:
    bars: Bars
    #: Where each stands in the bars as they were given.
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def starts(self) -> Seconds:
        return np.asarray(self.bars.starts[self.rows])

    @cached_property
    def open(self) -> Floats:
        return np.asarray(self.bars.open[self.rows])

    @cached_property
    def high(self) -> Floats:
        return np.asarray(self.bars.high[self.rows])

    @cached_property
    def low(self) -> Floats:
        return np.asarray(self.bars.low[self.rows])

    @cached_property
    def close(self) -> Floats:
        return np.asarray(self.bars.close[self.rows])

    @cached_property
    def volume(self) -> Floats:
        return np.asarray(self.bars.volume[self.rows])

    @cached_property
    def is_legitimate(self) -> Flags:
        return self.bars.sessions.is_legitimate(self.starts, self.bars.interval)

    @cached_property
    def is_outside(self) -> Flags:
        return np.asarray(~self.is_legitimate & self.bars.sessions.is_known(self.starts))

    @cached_property
    def has_ranges(self) -> bool:
        """False of a series of closes alone."""
        return bool((self.high > self.low).mean() > _CLOSES_ALONE) if len(self) else False

    @cached_property
    def gaps(self) -> Floats:
        """From each close to the next open, in logarithms; the first is nought."""
        return _first_nought(np.log(self.open[1:] / self.close[:-1]), len(self))

    @cached_property
    def bodies(self) -> Floats:
        return np.asarray(np.log(self.close / self.open))

    @cached_property
    def returns(self) -> Floats:
        return _first_nought(np.diff(np.log(self.close)), len(self))

    @cached_property
    def scale(self) -> Floats:
        """How far the close usually moves from bar to bar hereabouts: a robust standard deviation."""
        return robust_scale(self.returns)

    def finding(self, kind: Kind, severity: Severity, positions: Iterable[int] | Rows, detail: str) -> Finding:
        return self.bars.finding(kind, severity, self.rows[np.asarray(list(positions), np.int64)], detail)


def _first_nought(values: Floats, length: int) -> Floats:
    return np.concatenate([np.zeros(min(1, length)), values])


def moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def runs(flags: Flags) -> Iterator[tuple[int, int]]:
    """Where it holds without a break: each from, and before which."""
    padded = np.concatenate([[False], flags, [False]]).astype(np.int8)
    steps = np.diff(padded)
    yield from zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True)


def said(seconds: int, bars: Bars) -> str:
    """A bar's name in a sentence."""
    form = "%Y-%m-%d" if bars.interval.is_session_based else "%Y-%m-%d %H:%M"
    return moment(seconds).strftime(form)


def counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
