"""Which bars a calendar expects, which of them are missing, and longer bars made of whole shorter ones."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from instruments.domain.bars import MOMENT, Bars, Moments, closes_of, moment64, moment_of, no_bars
from instruments.domain.calendars import BeyondCalendar, Calendar, Session
from kernel.bars import Interval

#: Who gave a longer bar whose parts several gave.
MIXED = "mixed"
_DAY = dt.timedelta(days=1)
_MONDAY = np.datetime64("1970-01-05", "us").astype(np.int64)
_MICRO = dt.timedelta(microseconds=1)

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of expected bars that are not there: the first, the last, and how many."""

    first: dt.datetime
    last: dt.datetime
    bars: int


def expected_starts(
    calendar: Calendar,
    interval: Interval,
    since: dt.datetime,
    until: dt.datetime,
    *,
    now: dt.datetime,
    is_by_the_clock: bool = False,
) -> Moments:
    """The bars that begin from `since` on and before `until` and are over by `now`.

    Within a session they are counted from its opening, or with `is_by_the_clock` from the full hour. Days that the
    calendar was not told of expect nothing.
    """
    length = _micros(interval)
    low, high = _whole(since), _whole(until)
    if calendar.is_always_open:
        origin = _MONDAY if interval.name.endswith("w") else 0
        first = origin + -(-(low - origin) // length) * length
        starts = np.arange(first, high, length, dtype=np.int64)
    elif interval.is_session_based:
        days = [
            moment64(dt.datetime.combine(one.day, dt.time(), tzinfo=dt.UTC))
            for one in _sessions(calendar, since, until)
        ]
        starts = np.array(days, dtype=MOMENT).astype(np.int64)
        if interval.length > _DAY:
            origin = _MONDAY if interval.name.endswith("w") else 0
            starts = np.unique(starts - (starts - origin) % length)
    else:
        parts = [
            _within(session, length, is_by_the_clock=is_by_the_clock) for session in _sessions(calendar, since, until)
        ]
        starts = np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)
    found: Moments = starts[(starts >= low) & (starts < high)].view(MOMENT)
    if not len(found):
        return found
    return found[closes_of(found, interval=interval, calendar=calendar) <= moment64(now)]


def is_by_the_clock(starts: Moments, calendar: Calendar, interval: Interval) -> bool:
    """Whether most of these bars are counted from the full hour, where that is not the session's opening."""
    if calendar.is_always_open or interval.is_session_based or not len(starts):
        return False
    length = _micros(interval)
    by_the_clock = starts.astype(np.int64) % length == 0
    if not by_the_clock.any():
        return False
    sample = starts[-1000:]
    sessions = _sessions(calendar, moment_of(sample[0]) - _DAY, moment_of(sample[-1]) + _DAY)
    opens = {_whole(one.opens) % length for one in sessions}
    by_session = np.isin(sample.astype(np.int64) % length, list(opens))
    return bool(by_the_clock[-1000:].sum() > by_session.sum())


def gaps_between(expected: Moments, there: Moments) -> list[Gap]:
    """The runs of expected bars that are not there, oldest first."""
    is_missing = ~np.isin(expected, there, assume_unique=True)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_missing.astype(np.int8), [0]))))
    return [
        Gap(moment_of(expected[begin]), moment_of(expected[end - 1]), int(end - begin))
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    ]


def aggregated(bars: Bars, part: Interval, whole: Interval, calendar: Calendar) -> Bars:
    """Longer bars of those whose every part is there, by the calendar. One part missing, and there is no bar."""
    if not len(bars):
        return no_bars()
    by_clock = is_by_the_clock(bars.start, calendar, part)
    margin = max(whole.length, _DAY)
    since, until = moment_of(bars.start[0]) - margin, moment_of(bars.start[-1]) + margin
    # Whether a part is over is not asked here: those that are there are.
    expected = expected_starts(calendar, part, since, until, now=until + margin * 10, is_by_the_clock=by_clock)
    bars = bars.at(np.isin(bars.start, expected, assume_unique=True))
    if not len(bars):
        return no_bars()
    sessions = [] if calendar.is_always_open else list(_sessions(calendar, since, until))
    names = _names_of(bars.start, whole, sessions, calendar)
    wanted, numbers = np.unique(_names_of(expected, whole, sessions, calendar), return_counts=True)
    begins = np.flatnonzero(np.concatenate(([True], names[1:] != names[:-1])))
    counts = np.diff(np.append(begins, len(names)))
    is_whole = numbers[np.searchsorted(wanted, names[begins])] == counts
    ends = begins + counts - 1
    several = np.minimum.reduceat(bars.source_codes, begins) != np.maximum.reduceat(bars.source_codes, begins)
    codes = np.where(several, len(bars.sources), bars.source_codes[begins]).astype(np.int16)
    return Bars(
        names[begins].view(MOMENT),
        np.maximum.reduceat(bars.known_at, begins),
        bars.open[begins],
        np.maximum.reduceat(bars.high, begins),
        np.minimum.reduceat(bars.low, begins),
        bars.close[ends],
        np.add.reduceat(bars.volume, begins),
        np.ones(len(begins), np.int16),
        codes,
        (*bars.sources, MIXED),
    ).at(is_whole)


def _names_of(starts: Moments, whole: Interval, sessions: list[Session], calendar: Calendar) -> Whole:
    """The longer bar that each part belongs to, by its start."""
    length, values = _micros(whole), starts.astype(np.int64)
    origin = _MONDAY if whole.name.endswith("w") else 0
    if calendar.is_always_open:
        return values - (values - origin) % length
    opens = np.array([_whole(one.opens) for one in sessions], dtype=np.int64)
    days = np.array(
        [_whole(dt.datetime.combine(one.day, dt.time(), tzinfo=dt.UTC)) for one in sessions], dtype=np.int64
    )
    at = np.maximum(np.searchsorted(opens, values, side="right") - 1, 0)
    if whole.is_session_based:
        is_day = not (values % _micros(Interval("1d"))).any()
        day = values if is_day else days[at]
        return day - (day - origin) % length
    if not ((values - opens[at]) % min(length, _HOUR)).any() or (opens % length).any():
        return opens[at] + (values - opens[at]) // length * length
    return values - values % length


_HOUR = 3_600_000_000


def _within(session: Session, length: int, *, is_by_the_clock: bool) -> Whole:
    """The starts of the session's bars; none begins in a pause."""
    parts = []
    opens = _whole(session.opens)
    base = opens - opens % length if is_by_the_clock else opens
    for begins, ends in session.spans():
        low, high = _whole(begins), _whole(ends)
        starts = base + np.arange(0, (high - base + length - 1) // length, dtype=np.int64) * length
        keeps = starts + length > low if is_by_the_clock else starts >= low
        parts.append(starts[keeps & (starts < high)])
    return np.concatenate(parts)


def _sessions(calendar: Calendar, since: dt.datetime, until: dt.datetime) -> Iterator[Session]:
    day, last = (since - _DAY).date(), (until + _DAY).date()
    while day <= last:
        try:
            session = calendar.session(day)
        except BeyondCalendar:
            session = None
        if session is not None:
            yield session
        day += _DAY


def _micros(interval: Interval) -> int:
    return interval.length // _MICRO


def _whole(moment: dt.datetime) -> int:
    return int(moment64(moment).astype(np.int64))
