"""When a market is open. A calendar answers one question, the session of a day; the rest is reckoned from that.

A session is told in UTC, may begin the evening before and may pause. Beyond the days that a calendar was told of it
raises: holidays are not guessed.
"""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol
from zoneinfo import ZoneInfo

ALWAYS = "always"
_DAY = dt.timedelta(days=1)
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


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when, by the clock on the wall there."""

    opens: dt.time
    closes: dt.time


@dataclass(frozen=True, slots=True)
class WeeklyCalendar:
    """The same hours on each weekday, but for the days that are named: other hours, or none."""

    name: str
    zone: ZoneInfo
    hours: Hours
    first: dt.date
    last: dt.date
    exceptions: Mapping[dt.date, Hours | None]
    weekdays: frozenset[int] = frozenset(range(5))
    is_always_open: bool = False

    def session(self, day: dt.date) -> Session | None:
        if not self.first <= day <= self.last:
            raise BeyondCalendar(
                f"The calendar {self.name} is known from {self.first} to {self.last}; {day} is outside of that."
            )
        usual = self.hours if day.weekday() in self.weekdays else None
        hours = self.exceptions.get(day, usual)
        return None if hours is None else Session(day, self._utc(day, hours.opens), self._utc(day, hours.closes))

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


#: What the exchanges publish: the zone and the usual hours of the continuous session.
_USUAL = {
    "XBOM": ("Asia/Kolkata", Hours(dt.time(9, 15), dt.time(15, 30))),
    "XNYS": ("America/New_York", Hours(dt.time(9, 30), dt.time(16))),
}
_calendars: dict[str, Calendar] = {ALWAYS: AlwaysOpen()}


def register_calendar(calendar: Calendar) -> None:
    """Takes the place of what is known by this name so far."""
    _calendars[calendar.name] = calendar


def calendar_named(name: str) -> Calendar:
    if name in _calendars:
        return _calendars[name]
    if name in _USUAL:
        return _of_file(name)
    known = ", ".join(sorted({*_calendars, *_USUAL}))
    raise UnknownCalendar(f"There is no calendar {name[:40]!r}; known are {known}.")


@cache
def _of_file(name: str) -> WeeklyCalendar:
    zone, hours = _USUAL[name]
    told = files("instruments.domain.calendar_data").joinpath("exceptions.csv").read_text("utf-8").splitlines()
    every = csv.DictReader(line for line in told if not line.startswith("#"))
    rows = [row for row in every if row["calendar"] == name]
    exceptions = {
        dt.date.fromisoformat(row["date"]): (
            Hours(dt.time.fromisoformat(row["opens"]), dt.time.fromisoformat(row["closes"])) if row["opens"] else None
        )
        for row in rows
    }
    first, last = min(exceptions).replace(month=1, day=1), max(exceptions).replace(month=12, day=31)
    return WeeklyCalendar(name, ZoneInfo(zone), hours, first, last, exceptions)
