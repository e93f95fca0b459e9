"""A calendar for millions of bars at once: its sessions as sorted arrays, every question a search in them.

Moments are whole seconds since 1970 in UTC. What lies outside of the days that the calendar was told of is never
judged: `is_known` says so.
"""

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from instruments.domain.calendars import BeyondCalendar, Calendar, is_thin, sessions
from kernel.bars import Interval

Seconds = NDArray[np.int64]
Flags = NDArray[np.bool_]
DAY = 86_400
_MONDAY = 4 * DAY


def seconds(moments: NDArray[np.datetime64]) -> Seconds:
    return moments.astype("datetime64[s]").astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class SessionArrays:
    """`opens` and `closes` are those of the spans: a lunch pause makes two of one day. `days` are numbers of days."""

    is_always_open: bool
    days: Seconds
    thin_days: Seconds
    opens: Seconds
    closes: Seconds
    #: How long it was open before each span; and how long of that a bar is due, which it is not on thin days.
    open_before: Seconds
    due_before: Seconds
    is_due: Flags
    known_from: int
    known_until: int

    def is_known(self, starts: Seconds) -> Flags:
        return np.asarray((starts >= self.known_from) & (starts < self.known_until))

    def is_legitimate(self, starts: Seconds, interval: Interval) -> Flags:
        """As `calendars.is_legitimate`, for each of `starts`; False where nothing is known."""
        length = length_of(interval)
        if interval.is_session_based:
            origin = _MONDAY if interval.name.endswith("w") else 0
            first = starts // DAY
            on_grid = (starts - origin) % length == 0
            if self.is_always_open:
                return np.asarray(on_grid)
            held = np.searchsorted(self.days, first + length // DAY) > np.searchsorted(self.days, first)
            return np.asarray(on_grid & held)
        if self.is_always_open:
            return np.asarray(starts % length == 0)
        return np.asarray(self.open_seconds(starts + length) > self.open_seconds(starts))

    def open_seconds(self, moments: Seconds) -> Seconds:
        """For how long it was open before each moment, from the beginning of what is known."""
        span, within = self._within(moments)
        return np.asarray(self.open_before[span] + within) if self.opens.size else within

    def due_seconds(self, moments: Seconds) -> Seconds:
        """As `open_seconds`, thin days left out."""
        span, within = self._within(moments)
        return np.asarray(self.due_before[span] + within * self.is_due[span]) if self.opens.size else within

    def _within(self, moments: Seconds) -> tuple[Seconds, Seconds]:
        if self.opens.size == 0:
            return np.zeros_like(moments), moments if self.is_always_open else np.zeros_like(moments)
        span = np.maximum(np.searchsorted(self.opens, moments, side="right") - 1, 0)
        return span, np.clip(moments - self.opens[span], 0, self.closes[span] - self.opens[span])

    def due_days(self) -> Seconds:
        """The days of which a daily bar is due."""
        return np.setdiff1d(self.days, self.thin_days)


def length_of(interval: Interval) -> int:
    return int(interval.length / dt.timedelta(seconds=1))


def session_arrays(calendar: Calendar, since: dt.date, until: dt.date) -> SessionArrays:
    """The calendar's sessions over those years, as far as it knows them. The same years share their answer."""
    # A calendar is itself alone; the protocol does not say so, because nobody else asks.
    return _of_years(cast(Hashable, calendar), since.year, until.year)


@lru_cache(maxsize=64)
def _of_years(known: Hashable, first: int, last: int) -> SessionArrays:
    calendar = cast(Calendar, known)
    nothing = np.empty(0, np.int64)
    if calendar.is_always_open:
        far = np.iinfo(np.int64).max
        return SessionArrays(
            True, nothing, nothing, nothing, nothing, nothing, nothing, np.empty(0, np.bool_), -far, far
        )
    since, until = _known(calendar, dt.date(first, 1, 1), dt.date(last, 12, 31))
    held = [] if since > until else list(sessions(calendar, since, until))
    spans = [span for session in held for span in session.spans()]
    opens = np.array([int(begins.timestamp()) for begins, _ in spans], np.int64)
    closes = np.array([int(ends.timestamp()) for _, ends in spans], np.int64)
    is_due = np.array([not is_thin(calendar, session.day) for session in held for _ in session.spans()], np.bool_)
    return SessionArrays(
        False,
        np.array([_number(session.day) for session in held], np.int64),
        np.array([_number(session.day) for session in held if is_thin(calendar, session.day)], np.int64),
        opens,
        closes,
        _before(closes - opens),
        _before((closes - opens) * is_due),
        is_due,
        _number(since) * DAY,
        (_number(until) + 1) * DAY,
    )


def _before(lengths: Seconds) -> Seconds:
    return np.cumsum(lengths) - lengths


def _number(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days


def _known(calendar: Calendar, since: dt.date, until: dt.date) -> tuple[dt.date, dt.date]:
    """The part of these days that the calendar was told of; what it knows is one stretch."""
    step = dt.timedelta(days=1)
    while since <= until and not _is_told(calendar, since):
        since += step
    while until >= since and not _is_told(calendar, until):
        until -= step
    return since, until


def _is_told(calendar: Calendar, day: dt.date) -> bool:
    try:
        calendar.session(day)
    except BeyondCalendar:
        return False
    return True
