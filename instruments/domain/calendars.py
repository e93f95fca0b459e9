"""When a market is open. A calendar answers one question, the session of a day; the rest is reckoned from that.

A session is told in UTC, may begin the evening before and may pause. Beyond the days that a calendar was told of it
raises: holidays are not guessed.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol
from zoneinfo import ZoneInfo

from instruments.domain.hours import Hours, Told, laid_over, read_told
from kernel.bars import Interval, bar_start

ALWAYS = "always"
_DAY = dt.timedelta(days=1)
_SATURDAY = 5
#: No market known stays shut for longer.
_LOOK_AHEAD_DAYS = 30

Span = tuple[dt.datetime, dt.datetime]


class UnknownCalendar(LookupError):
    """Nobody declared a calendar of this name."""


class BeyondCalendar(LookupError):
    """The day is outside what the calendar was told of; whether it trades then is not known."""


@dataclass(frozen=True, slots=True)
class Session:
    """One day's trading, named by its date. Open from `opens` on, shut from `closes` on; UTC."""

    day: dt.date
    opens: dt.datetime
    closes: dt.datetime
    pauses: tuple[Span, ...] = ()

    def spans(self) -> Iterator[Span]:
        begins = self.opens
        for stops, resumes in self.pauses:
            yield begins, stops
            begins = resumes
        yield begins, self.closes


class Calendar(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def zone(self) -> dt.tzinfo:
        """Whose midnight ends a day."""

    @property
    def is_always_open(self) -> bool: ...

    def session(self, day: dt.date) -> Session | None:
        """That day's session, None when there is none, BeyondCalendar when nobody told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Open or shut, and until when. None: nothing is known that ends it."""

    is_open: bool
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AlwaysOpen:
    """Day and night, each day a session of its own."""

    name: str = ALWAYS
    zone: dt.tzinfo = dt.UTC
    is_always_open: bool = True

    def session(self, day: dt.date) -> Session:
        opens = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        return Session(day, opens, opens + _DAY)


@dataclass(frozen=True, eq=False)
class WeeklyCalendar:
    """The usual hours of its time on each weekday, but for the days that are named: other hours, or none."""

    name: str
    told: Told
    is_always_open: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.told.zone)

    def session(self, day: dt.date) -> Session | None:
        told = self.told
        if not told.first <= day <= told.last:
            raise BeyondCalendar(
                f"The calendar {self.name} is known from {told.first} to {told.last}; {day} is outside of that."
            )
        hours = told.days.get(day, self._usual(day))
        if hours is None:
            return None
        eve = day - _DAY if hours.begins_on_the_eve else day
        pauses = tuple((self._utc(day, stops), self._utc(day, resumes)) for stops, resumes in hours.pauses)
        return Session(day, self._utc(eve, hours.opens), self._utc(day, hours.closes), pauses)

    def is_thin(self, day: dt.date) -> bool:
        return (day.month, day.day) in self.told.thin

    def _usual(self, day: dt.date) -> Hours | None:
        if day.weekday() >= _SATURDAY:
            return None
        return next((hours for since, hours in reversed(self.told.usual) if since <= day), None)

    def _utc(self, day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, tzinfo=self.zone).astimezone(dt.UTC)


def session_at(calendar: Calendar, moment: dt.datetime) -> Session | None:
    """The session that holds `moment`, its pauses included."""
    return next((one for one in _near(calendar, moment) if one.opens <= moment < one.closes), None)


def standing(calendar: Calendar, moment: dt.datetime) -> Standing:
    """Whether the market is open at `moment`, and until when it stays so."""
    if calendar.is_always_open:
        return Standing(is_open=True, until=None)
    open_until: dt.datetime | None = None
    for begins, ends in _spans_around(calendar, moment):
        if open_until is not None:
            if begins > open_until:
                break
            open_until = ends
        elif begins <= moment < ends:
            open_until = ends
        elif begins > moment:
            return Standing(is_open=False, until=begins)
    return Standing(is_open=open_until is not None, until=open_until)


def is_open(calendar: Calendar, moment: dt.datetime) -> bool:
    return standing(calendar, moment).is_open


def sessions(calendar: Calendar, since: dt.date, until: dt.date) -> Iterator[Session]:
    """Every session from the day `since` to the day `until`, both included."""
    for number in range((until - since).days + 1):
        session = calendar.session(since + _DAY * number)
        if session is not None:
            yield session


def _local_day(calendar: Calendar, moment: dt.datetime) -> dt.date:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is on no calendar")
    return moment.astimezone(calendar.zone).date()


def _near(calendar: Calendar, moment: dt.datetime) -> Iterator[Session]:
    """The sessions that could hold `moment`. Its own day must be known; its neighbours need not be."""
    today = _local_day(calendar, moment)
    for day in (today, today - _DAY, today + _DAY):
        try:
            session = calendar.session(day)
        except BeyondCalendar:
            if day == today:
                raise
            continue
        if session is not None:
            yield session


def _spans_around(calendar: Calendar, moment: dt.datetime) -> Iterator[Span]:
    """When it is open, from the day before on. Ends with what is known."""
    today = _local_day(calendar, moment)
    for number in range(-1, _LOOK_AHEAD_DAYS):
        day = today + _DAY * number
        try:
            session = calendar.session(day)
        except BeyondCalendar:
            if number == 0:
                raise
            if number > 0:
                return
            continue
        if session is not None:
            yield from session.spans()


def is_thin(calendar: Calendar, day: dt.date) -> bool:
    """A day on which some of the market trade and some do not: neither a bar nor its absence says anything."""
    return isinstance(calendar, WeeklyCalendar) and calendar.is_thin(day)


def is_legitimate(calendar: Calendar, interval: Interval, start: dt.datetime) -> bool:
    """Whether a bar of this name may be: it is on the grid, and the market is open during some of it.

    Bars of an hour may be counted from the opening or from the full hour; both hold some of the session. For many
    bars at once there is `session_arrays`.
    """
    if interval.is_session_based:
        days = [start.date() + _DAY * number for number in range(interval.length // _DAY)]
        return bar_start(start, interval) == start and any(calendar.session(day) is not None for day in days)
    if calendar.is_always_open:
        return bar_start(start, interval) == start
    end = start + interval.length
    moments = (start, end - dt.timedelta(microseconds=1))
    around = {session.day: session for moment in moments for session in _near(calendar, moment)}
    return any(begins < end and start < ends for session in around.values() for begins, ends in session.spans())


_FOLDER = "instruments.domain.calendar_data"
#: Who keeps another's sessions.
_SAME_AS = {"XNSE": "XBOM", "XNAS": "XNYS"}
_FILES = ("CMES", "XBOM", "XLON", "XNYS", "XTKS", "forex")
_calendars: dict[str, Calendar] = {ALWAYS: AlwaysOpen()}


def register_calendar(calendar: Calendar) -> None:
    """Takes the place of what is known by this name so far."""
    _calendars[calendar.name] = calendar


def known_calendars() -> list[str]:
    return sorted({*_calendars, *_FILES, *_SAME_AS})


def calendar_named(name: str) -> Calendar:
    if name in _calendars:
        return _calendars[name]
    if name in _SAME_AS or name in _FILES:
        return _of_file(name)
    raise UnknownCalendar(f"There is no calendar {name[:40]!r}; known are {', '.join(known_calendars())}.")


@cache
def _of_file(name: str) -> WeeklyCalendar:
    """What the library told, and what we know better laid over it."""
    file = _SAME_AS.get(name, name)
    folder = files(_FOLDER)
    told = read_told(folder.joinpath(f"{file}.txt").read_text("utf-8"))
    ours = folder.joinpath(f"{file}.ours.txt")
    return WeeklyCalendar(name, laid_over(told, ours.read_text("utf-8")) if ours.is_file() else told)
