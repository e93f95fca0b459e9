"""Bars by the thousand: an array for each figure. Moments are datetime64[us] in UTC."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from instruments.domain.calendars import BeyondCalendar, Calendar
from instruments.domain.candles import BadCandle, Candle, Closes
from kernel.bars import Interval, bar_start

Moments = npt.NDArray[np.datetime64]
Figures = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]

MOMENT = np.dtype("M8[us]")
FIGURES = ("open", "high", "low", "close", "volume")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)


class BrokenFile(Exception):
    """A file of bars is not what was written: what was kept cannot be read. Put it back from the backup."""


class MissingFile(BrokenFile):
    """There is no such file."""


def moment64(moment: dt.datetime) -> np.datetime64:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return np.datetime64(moment.astimezone(dt.UTC).replace(tzinfo=None), "us")


def moment_of(value: np.datetime64) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=int(value.astype(MOMENT).astype(np.int64)))


@dataclass(frozen=True, slots=True)
class Bars:
    """Closed bars, oldest first. `sources[source_codes[i]]` gave the bar i."""

    start: Moments
    known_at: Moments
    open: Figures
    high: Figures
    low: Figures
    close: Figures
    volume: Figures
    revision: Numbers
    source_codes: Numbers
    sources: tuple[str, ...] = ()

    @classmethod
    def of(cls, arrays: Mapping[str, Any], sources: tuple[str, ...] = ()) -> "Bars":
        return cls(**arrays, sources=sources)

    def __len__(self) -> int:
        return len(self.start)

    @property
    def source(self) -> npt.NDArray[np.str_]:
        """Who gave each bar."""
        return np.array(self.sources or ("",), dtype=np.str_)[self.source_codes]

    def at(self, chosen: Any) -> "Bars":
        """Those of a slice, a mask or numbers."""
        return Bars.of({name: getattr(self, name)[chosen] for name in ARRAYS}, self.sources)

    def between(self, since: np.datetime64 | None, until: np.datetime64 | None) -> "Bars":
        """Those that start from `since` on and before `until`."""
        first = 0 if since is None else int(np.searchsorted(self.start, since))
        last = len(self) if until is None else int(np.searchsorted(self.start, until))
        return self if (first, last) == (0, len(self)) else self.at(slice(first, last))

    def candles(self) -> list[Candle]:
        starts = (_EPOCH + dt.timedelta(microseconds=one) for one in self.start.astype(np.int64).tolist())
        figures = (getattr(self, name).tolist() for name in FIGURES)
        return [Candle(*row) for row in zip(starts, *figures, strict=True)]


ARRAYS = tuple(one.name for one in fields(Bars) if one.name != "sources")
_TYPES = {"start": MOMENT, "known_at": MOMENT, "revision": np.dtype(np.int16), "source_codes": np.dtype(np.int16)}


def no_bars() -> Bars:
    return Bars.of({name: np.empty(0, _TYPES.get(name, np.dtype(np.float64))) for name in ARRAYS})


def joined(parts: Iterable[Bars]) -> Bars:
    """All of them, in the order of the parts; each keeps its sources."""
    found = [one for one in parts if len(one)]
    if not found:
        return no_bars()
    if len(found) == 1:
        return found[0]
    names = tuple(dict.fromkeys(name for one in found for name in one.sources))
    if any(one.sources != names for one in found):
        found = [_renamed(one, names) for one in found]
    return Bars.of({name: np.concatenate([getattr(one, name) for one in found]) for name in ARRAYS}, names)


def _renamed(bars: Bars, names: tuple[str, ...]) -> Bars:
    numbers = np.array([names.index(name) for name in bars.sources], dtype=np.int16)
    return replace(bars, source_codes=numbers[bars.source_codes], sources=names)


def each_once(bars: Bars) -> Bars:
    """In the order of start and revision, and what is there twice once."""
    if len(bars) < 2:
        return bars
    start, revision = bars.start, bars.revision
    steps = np.diff(start).astype(np.int64)
    if (steps > 0).all():
        return bars
    if (steps < 0).any() or (np.diff(revision)[steps == 0] <= 0).any():
        bars = bars.at(np.lexsort((revision, start)))
        start, revision = bars.start, bars.revision
    is_new = np.ones(len(bars), dtype=np.bool_)
    is_new[1:] = (start[1:] != start[:-1]) | (revision[1:] != revision[:-1])
    return bars if is_new.all() else bars.at(is_new)


def last_revisions(bars: Bars, *, known_at: np.datetime64 | None = None) -> Bars:
    """Each bar by its last revision; with `known_at`, as it stood then. Takes what `each_once` gave."""
    if known_at is not None:
        is_known = bars.known_at <= known_at
        bars = bars if is_known.all() else bars.at(is_known)
    if len(bars) < 2:
        return bars
    is_last = np.ones(len(bars), dtype=np.bool_)
    is_last[:-1] = bars.start[1:] != bars.start[:-1]
    return bars if is_last.all() else bars.at(is_last)


@dataclass(frozen=True, slots=True)
class Told:
    """Bars as somebody told them, in his order, not judged yet."""

    start: Moments
    figures: tuple[Figures, Figures, Figures, Figures, Figures]
    #: What the first of them is called in a message: a file's second batch does not begin with row 1.
    first_row: int = 1
    #: The start as it was told, for messages.
    named: Callable[[int], object] | None = None

    def __len__(self) -> int:
        return len(self.start)

    def row(self, at: int) -> str:
        return f"Row {self.first_row + at}"

    def name(self, at: int) -> object:
        return self.named(at) if self.named is not None else moment_of(self.start[at])

    def figures_of(self, at: int) -> tuple[float, ...]:
        return tuple(float(one[at]) for one in self.figures)


def told_of(candles: Sequence[Candle]) -> Told:
    """What a source told in Candles; BadCandle for a start without a zone."""
    for number, one in enumerate(candles, start=1):
        if one.start.tzinfo is None:
            raise BadCandle(f"Row {number}: the bar's start {one.start} has no time zone.")
    micro = dt.timedelta(microseconds=1)
    starts = np.fromiter(((one.start - _EPOCH) // micro for one in candles), np.int64, len(candles)).view(MOMENT)
    table = np.array([one[1:] for one in candles], dtype=np.float64).reshape(len(candles), 5)
    columns = tuple(np.ascontiguousarray(table[:, number]) for number in range(5))
    return Told(starts, columns, named=lambda at: candles[at].start)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Closed:
    """Of what was told: the bars that are over, oldest first, each once; revision and source are not known yet."""

    bars: Bars
    unfinished: int


def closed_bars(told: Told, *, interval: Interval, calendar: Calendar, now: dt.datetime) -> Closed:
    """The bars that are over by `now`. BadCandle names the first row that could not be told apart from another, or
    from nothing; whether a price is likely is for the quality rules to say.
    """
    if not len(told):
        return Closed(no_bars(), 0)
    is_finite = np.isfinite(told.figures[0])
    for one in told.figures[1:]:
        is_finite &= np.isfinite(one)
    if not is_finite.all():
        at = int(np.argmin(is_finite))
        raise BadCandle(
            f"{told.row(at)}: the bar of {told.name(at)} has a figure that is no number: {told.figures_of(at)}."
        )
    _check_grid(told, interval, calendar)
    known = closes_of(told.start, interval=interval, calendar=calendar)
    is_over = known <= moment64(now)
    order = np.flatnonzero(is_over)
    starts = told.start[order]
    if (np.diff(starts).astype(np.int64) <= 0).any():
        order = order[np.argsort(starts, kind="stable")]
        order = _without_repeats(told, order)
    number = len(order)
    is_all = number == len(told) and _is_plain(order)
    figures = {name: one if is_all else one[order] for name, one in zip(FIGURES, told.figures, strict=True)}
    named = {"start": told.start[order], "known_at": known[order], **figures}
    bars = Bars.of({**named, "revision": np.ones(number, np.int16), "source_codes": np.zeros(number, np.int16)})
    return Closed(bars, len(told) - int(is_over.sum()))


def _is_plain(order: npt.NDArray[np.intp]) -> bool:
    return bool(order[0] == 0 and (np.diff(order) == 1).all()) if len(order) else True


def _check_grid(told: Told, interval: Interval, calendar: Calendar) -> None:
    if not (interval.is_session_based or calendar.is_always_open):
        return
    length = np.timedelta64(interval.length // dt.timedelta(microseconds=1), "us").astype(np.int64)
    origin = moment64(bar_start(_EPOCH + dt.timedelta(days=14), interval)).astype(np.int64)
    off = (told.start.astype(np.int64) - origin) % length
    if off.any():
        at = int(np.argmax(off != 0))
        holder = bar_start(moment_of(told.start[at]), interval)
        raise BadCandle(
            f"{told.row(at)}: no bar of {interval.name} begins at {told.name(at)}; "
            f"the one that holds it is named {holder}."
        )


def _without_repeats(told: Told, order: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    starts = told.start[order]
    is_repeat = np.zeros(len(order), dtype=np.bool_)
    is_repeat[1:] = starts[1:] == starts[:-1]
    differs = np.zeros(len(order), dtype=np.bool_)
    for one in told.figures:
        figures = one[order]
        differs[1:] |= figures[1:] != figures[:-1]
    differs &= is_repeat
    if differs.any():
        at = int(order[int(np.argmax(differs))])
        raise BadCandle(
            f"{told.row(at)}: the bar of {moment_of(told.start[at]):%Y-%m-%d %H:%M} UTC is told twice, "
            "with other figures."
        )
    return order[~is_repeat]


def closes_of(starts: Moments, *, interval: Interval, calendar: Calendar) -> Moments:
    """When each bar closes. Where no session is known, the end of the day there: late, and never early."""
    length = np.timedelta64(interval.length // dt.timedelta(microseconds=1), "us")
    if calendar.is_always_open:
        return starts + length
    if interval.is_session_based:
        closes = Closes(interval, calendar)
        days, where = np.unique(starts, return_inverse=True)
        return np.array([moment64(closes.of(moment_of(one))) for one in days], dtype=MOMENT)[where]
    opens, ends = _sessions_around(starts, calendar)
    known = starts + length
    if len(opens):
        at = np.searchsorted(opens, starts, side="right") - 1
        is_inside = (at >= 0) & (starts < ends[at])
        known = np.where(is_inside, np.minimum(known, ends[at]), known)
    return known


def _sessions_around(starts: Moments, calendar: Calendar) -> tuple[Moments, Moments]:
    """Opens and closes of the sessions that could hold these moments, in order."""
    days = {
        one + number for one in np.unique(starts.astype("M8[D]")).astype(np.int64).tolist() for number in (-1, 0, 1)
    }
    found = []
    for number in sorted(days):
        try:
            session = calendar.session(_EPOCH.date() + _DAY * number)
        except BeyondCalendar:
            continue
        if session is not None:
            found.append((moment64(session.opens), moment64(session.closes)))
    return np.array([one for one, _ in found], dtype=MOMENT), np.array([one for _, one in found], dtype=MOMENT)
