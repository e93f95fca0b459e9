"""Bars of a file into a series: looked through to its end first, then written, so that no fault leaves half of it."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from instruments.domain.bars import Moments, Told, closed_bars
from instruments.domain.candles import BadCandle
from instruments.domain.figures import INTERVALS
from instruments.models import CandleSeries, Listing
from instruments.services.candles import write_bars
from instruments.services.filing import file_month, months_due
from kernel.bars import Interval
from kernel.jobs.enqueue import enqueue

#: Written in one transaction.
_AT_ONCE = 100_000
#: More odd rows than this share, and the columns are swapped; fewer are for the quality rules to judge.
_SWAPPED = 0.1

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    rows: int
    new: int
    revised: int
    unchanged: int
    unfinished: int
    disagreeing: int
    #: Rows whose prices contradict each other; kept as they are.
    odd: int


class FileChanged(RuntimeError):
    """The file is another one than when it was looked through. Nothing more of it is written; begin again."""


def import_candles(
    path: Path,
    listing: Listing,
    interval: Interval,
    *,
    source: str,
    now: dt.datetime,
    zone: ZoneInfo | None = None,
    progress: Progress = lambda what, rows: None,
) -> Imported:
    """BadCandle or NoTable when the file cannot be kept whole; then none of it is.

    1. The whole file is looked through.
    2. It is written in batches, each a transaction. Killed in between, the same command goes on: what is there stays.
    3. Months that are long over go into files.
    """
    from instruments.adapters.tables import Layout, read_told  # noqa: PLC0415 - pyarrow, where a file is read

    layout = Layout(interval, zone)
    known_by = _known_by(path)
    check = _Check()
    for told in read_told(path, layout):
        check.take(told)
        closed_bars(told, interval=interval, calendar=listing.sessions, now=now)
        progress("looked through", check.rows)
    check.end()
    counts = dict.fromkeys(("new", "revised", "unchanged", "unfinished", "disagreeing"), 0)
    done = 0
    for told in _batches(read_told(path, layout)):
        if _known_by(path) != known_by:
            raise FileChanged(f"{path.name} was changed while it was read. Import it again.")
        written = write_bars(listing, interval, told, source=source, now=now)
        for name in ("new", "revised", "unchanged", "unfinished"):
            counts[name] += getattr(written, name)
        counts["disagreeing"] += len(written.disagreeing)
        done += len(told)
        progress("written", done)
    series = CandleSeries.objects.filter(listing=listing, interval=interval.name).first()
    if series is not None:
        for number, due in enumerate(months_due(now=now, only=series), start=1):
            file_month(due.series, due.month, now=now)
            progress("months filed", number)
    if counts["new"] or counts["revised"]:
        enqueue("instruments.check_series", listing.pk, interval.name, "whole")
        if interval.name in INTERVALS:
            enqueue("instruments.reckon_figures_of", listing.pk)
    return Imported(rows=check.rows, odd=check.odd, **counts)


def _known_by(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _batches(parts: Iterator[Told]) -> Iterator[Told]:
    held: list[Told] = []
    for part in parts:
        held.append(part)
        if sum(map(len, held)) >= _AT_ONCE:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(parts: list[Told]) -> Told:
    figures = tuple(np.concatenate([one.figures[number] for one in parts]) for number in range(5))
    return Told(np.concatenate([one.start for one in parts]), figures, parts[0].first_row)  # type: ignore[arg-type]


@dataclass
class _Check:
    """What can only be seen over the whole file: its order, and columns that are swapped."""

    rows: int = 0
    odd: int = 0
    _first_odd: str = ""
    _direction: int = 0
    _last: Told | None = field(default=None)

    def take(self, told: Told) -> None:
        if not len(told):
            return
        self._check_order(told)
        self._count_odd(told)
        self.rows += len(told)
        self._last = told

    def end(self) -> None:
        if not self.rows:
            raise BadCandle("The file has no row of bars.")
        if self.odd > 1 and self.odd > self.rows * _SWAPPED:
            raise BadCandle(
                f"{self._first_odd} So it is in {self.odd:,} of {self.rows:,} rows: the columns are probably swapped."
            )

    def _check_order(self, told: Told) -> None:
        starts: Moments = told.start
        figures = told.figures
        before = self._last
        if before is not None:
            starts = np.concatenate((before.start[-1:], starts))
            figures = tuple(np.concatenate((a[-1:], b)) for a, b in zip(before.figures, figures, strict=True))  # type: ignore[assignment]
        shift = 0 if before is None else 1
        steps = np.sign(np.diff(starts).astype(np.int64))
        turns = steps[steps != 0]
        if self._direction == 0 and len(turns):
            self._direction = int(turns[0])
        wrong = steps == -self._direction if self._direction else np.zeros(len(steps), dtype=np.bool_)
        if wrong.any():
            at = int(np.argmax(wrong)) + 1 - shift
            order = "before" if self._direction > 0 else "after"
            raise BadCandle(
                f"{told.row(at)}: its time {told.name(at)} comes {order} that of the row above it. "
                "Sort the file by time."
            )
        same = steps == 0
        if same.any():
            differs = np.zeros(len(steps), dtype=np.bool_)
            for one in figures:
                differs |= one[1:] != one[:-1]
            if (same & differs).any():
                at = int(np.argmax(same & differs)) + 1 - shift
                raise BadCandle(f"{told.row(at)}: the bar of {told.name(at)} is told twice, with other figures.")

    def _count_odd(self, told: Told) -> None:
        opened, high, low, close, _ = told.figures
        is_odd = (high < low) | (high < np.maximum(opened, close)) | (low > np.minimum(opened, close))
        found = int(is_odd.sum())
        if found and not self._first_odd:
            at = int(np.argmax(is_odd))
            self._first_odd = (
                f"{told.row(at)}: open {opened[at]:g}, high {high[at]:g}, low {low[at]:g} and close {close[at]:g} "
                "contradict each other."
            )
        self.odd += found
