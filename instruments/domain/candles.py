"""Bars as they come in and go out, and the moment from which each may be read."""

import datetime as dt
from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

from instruments.domain.calendars import BeyondCalendar, Calendar, session_at
from kernel.bars import Interval, bar_start, known_at

_DAY = dt.timedelta(days=1)


class BadCandle(ValueError):
    """A bar that cannot be kept as it is; the message names its row. Nothing of the batch is kept."""


class Candle(NamedTuple):
    """Floats, named by its start in UTC; a daily bar by its session's date at midnight."""

    start: dt.datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


class ClosedCandle(NamedTuple):
    start: dt.datetime
    known_at: dt.datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


def closed_candles(
    candles: Iterable[Candle], *, interval: Interval, calendar: Calendar, now: dt.datetime
) -> tuple[list[ClosedCandle], int]:
    """The bars that are over by `now`, oldest first, each once; and how many are not.

    Whether a price is likely is for the quality rules to say; here a bar is refused that could not be told apart from
    another, or from nothing.
    """
    closed: dict[dt.datetime, ClosedCandle] = {}
    unfinished = 0
    closes = Closes(interval, calendar)
    has_grid = interval.is_session_based or calendar.is_always_open
    for row, candle in enumerate(candles, start=1):
        start, *figures = candle
        # Finite figures may have a sum that is not; whatever looks odd is looked at closely.
        if start.tzinfo is None or not isfinite(sum(figures)):
            _check(candle, row)
        if has_grid and (named := bar_start(start, interval)) != start:
            raise BadCandle(
                f"Row {row}: no bar of {interval.name} begins at {start}; the one that holds it is named {named}."
            )
        if start.tzinfo is not dt.UTC:
            start = start.astimezone(dt.UTC)
        known = closes.of(start)
        if known > now:
            unfinished += 1
            continue
        told = ClosedCandle(start, known, *figures)
        if closed.setdefault(start, told) != told:
            raise BadCandle(f"Row {row}: the bar of {start:%Y-%m-%d %H:%M} UTC is told twice, with other figures.")
    return [closed[start] for start in sorted(closed)], unfinished


def _check(candle: Candle, row: int) -> None:
    start, *figures = candle
    if start.tzinfo is None:
        raise BadCandle(f"Row {row}: the bar's start {start} has no time zone.")
    if not all(map(isfinite, figures)):
        raise BadCandle(f"Row {row}: the bar of {start} has a figure that is no number: {tuple(figures)}.")


class Closes:
    """When the bars of one interval close. Bars of one session share their answer."""

    def __init__(self, interval: Interval, calendar: Calendar) -> None:
        self._interval, self._calendar = interval, calendar
        self._of_day: dict[dt.date, dt.datetime] = {}

    def of(self, start: dt.datetime) -> dt.datetime:
        """The close of the bar. Where no session is known, the end of the day there: late, and never early."""
        if self._calendar.is_always_open:
            return known_at(start, self._interval)
        if not self._interval.is_session_based:
            return self._within_session(start)
        days = [start.date() + _DAY * number for number in range(self._interval.length // _DAY)]
        return known_at(start, self._interval, self._after(days))

    def _after(self, days: list[dt.date]) -> dt.datetime:
        if days[0] not in self._of_day:
            try:
                closes = [session.closes for day in days if (session := self._calendar.session(day)) is not None]
            except BeyondCalendar:
                closes = []
            midnight = dt.datetime.combine(days[-1] + _DAY, dt.time(), tzinfo=self._calendar.zone)
            self._of_day[days[0]] = max(closes, default=midnight.astimezone(dt.UTC))
        return self._of_day[days[0]]

    def _within_session(self, start: dt.datetime) -> dt.datetime:
        end = known_at(start, self._interval)
        try:
            session = session_at(self._calendar, start)
        except BeyondCalendar:
            session = None
        return end if session is None else min(end, session.closes)
