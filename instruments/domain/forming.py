"""The bar that is not over yet: when it began, and when it will be known."""

import datetime as dt
from dataclasses import dataclass

from instruments.domain.calendars import BeyondCalendar, Calendar, session_at
from kernel.bars import Interval, bar_start

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Forming:
    #: Its name, as bars are named.
    start: dt.datetime
    ends: dt.datetime


def forming_bar(calendar: Calendar, interval: Interval, now: dt.datetime, *, is_by_the_clock: bool) -> Forming | None:
    """None while the market is shut, and where nobody told when it is open.

    Within a session bars are counted from its opening, or with `is_by_the_clock` from the full hour.
    """
    if calendar.is_always_open:
        start = bar_start(now, interval)
        return Forming(start, start + interval.length)
    try:
        session = session_at(calendar, now)
    except BeyondCalendar:
        return None
    if session is None:
        return None
    if interval.is_session_based:
        day = dt.datetime.combine(session.day, dt.time(), tzinfo=dt.UTC)
        if interval.length == _DAY:
            return Forming(day, session.closes)
        start = bar_start(day, interval)
        return Forming(start, start + interval.length)
    start = bar_start(now, interval) if is_by_the_clock else now - (now - session.opens) % interval.length
    return Forming(start, min(start + interval.length, session.closes))
