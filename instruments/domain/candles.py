"""Bars as they come in and go out, and the moment from which each may be read."""

import datetime as dt
from typing import NamedTuple

from instruments.domain.calendars import BeyondCalendar, Calendar, session_at
from kernel.bars import Interval, known_at

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
