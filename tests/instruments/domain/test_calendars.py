"""When a market is open, and when next: by its hours, its holidays and its half days; never guessed beyond them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.domain import calendars
from instruments.domain.calendars import (
    AlwaysOpen,
    BeyondCalendar,
    Session,
    Standing,
    UnknownCalendar,
    calendar_named,
    is_open,
    register_calendar,
    session_at,
    sessions,
    standing,
)

INDIA, NEW_YORK = ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")
NSE, NYSE, ALWAYS = calendar_named("XBOM"), calendar_named("XNYS"), calendar_named("always")


def india(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=INDIA)


def new_york(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("calendar", "moment", "is_open", "until"),
    [
        (NSE, india("2026-11-20 09:14:59"), False, india("2026-11-20 09:15")),
        (NSE, india("2026-11-20 09:15"), True, india("2026-11-20 15:30")),
        (NSE, india("2026-11-20 15:29:59"), True, india("2026-11-20 15:30")),
        (NSE, india("2026-11-20 15:30"), False, india("2026-11-23 09:15")),
        # Tuesday the 24th is a holiday: Guru Nanak Jayanti.
        (NSE, india("2026-11-23 16:00"), False, india("2026-11-25 09:15")),
        (NSE, india("2026-11-24 10:00"), False, india("2026-11-25 09:15")),
        (NYSE, new_york("2026-11-25 16:00"), False, new_york("2026-11-27 09:30")),
        # The day after Thanksgiving ends at one.
        (NYSE, new_york("2026-11-27 12:59"), True, new_york("2026-11-27 13:00")),
        (NYSE, new_york("2026-11-27 13:00"), False, new_york("2026-11-30 09:30")),
        # The clocks of New York go forward on Sunday, 8 March 2026.
        (NYSE, new_york("2026-03-06 17:00"), False, dt.datetime(2026, 3, 9, 13, 30, tzinfo=dt.UTC)),
        (NYSE, new_york("2026-03-05 17:00"), False, dt.datetime(2026, 3, 6, 14, 30, tzinfo=dt.UTC)),
    ],
    ids=str,
)
def test_open_or_shut_and_until_when(calendar, moment, is_open, until):
    assert standing(calendar, moment) == Standing(is_open, until)


def test_what_never_shuts_has_no_end():
    assert standing(ALWAYS, india("2026-11-22 03:00")) == Standing(is_open=True, until=None)


@pytest.mark.parametrize(
    ("calendar", "year", "days"),
    [(NYSE, 2023, 250), (NYSE, 2024, 252), (NYSE, 2025, 250), (NSE, 2023, 245), (NSE, 2025, 247)],
    ids=str,
)
def test_a_year_has_as_many_days_as_the_exchange_held(calendar, year, days):
    """NSE's without the special sessions of Saturdays and Diwali evenings, which come with the kept library."""
    assert sum(1 for _ in sessions(calendar, dt.date(year, 1, 1), dt.date(year, 12, 31))) == days


def test_beyond_what_was_told_nothing_is_guessed():
    with pytest.raises(BeyondCalendar, match="XBOM is known from 2015-01-01 to 2026-12-31; 2027-01-04"):
        standing(NSE, india("2027-01-04 10:00"))
    assert standing(NSE, india("2026-12-31 16:00")) == Standing(is_open=False, until=None)
    assert standing(NSE, india("2026-12-31 10:00")) == Standing(is_open=True, until=india("2026-12-31 15:30"))


def test_unknown_calendar_is_an_error_in_words():
    with pytest.raises(UnknownCalendar, match="There is no calendar 'XLON'; known are XBOM, XNYS, always"):
        calendar_named("XLON")


def test_moment_without_a_zone_is_on_no_calendar():
    with pytest.raises(ValueError, match="without a time zone"):
        standing(NSE, dt.datetime(2026, 11, 20, 10))


class Futures:
    """Sunday to Friday from six in the evening before, with an hour's pause at noon: what a library might bring."""

    name, zone, is_always_open = "FUTURES", NEW_YORK, False

    def session(self, day):
        if day.weekday() > 4:
            return None

        def at(date, hour):
            return dt.datetime.combine(date, dt.time(hour), tzinfo=NEW_YORK).astimezone(dt.UTC)

        return Session(day, at(day - dt.timedelta(days=1), 18), at(day, 18), ((at(day, 12), at(day, 13)),))


def test_another_calendar_is_taken_by_its_name(monkeypatch):
    monkeypatch.setattr(calendars, "_calendars", dict(calendars._calendars))
    register_calendar(Futures())
    assert isinstance(calendar_named("FUTURES"), Futures)


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [
        ("2026-11-15 17:59", False, "2026-11-15 18:00"),
        # Monday evening runs into Tuesday's session without a gap.
        ("2026-11-16 17:00", True, "2026-11-17 12:00"),
        ("2026-11-17 12:30", False, "2026-11-17 13:00"),
        ("2026-11-20 17:59", True, "2026-11-20 18:00"),
        ("2026-11-20 18:00", False, "2026-11-22 18:00"),
    ],
)
def test_sessions_may_begin_the_evening_before_and_pause(moment, is_open, until):
    assert standing(Futures(), new_york(moment)) == Standing(is_open, new_york(until))


def test_evening_belongs_to_the_next_days_session():
    assert session_at(Futures(), new_york("2026-11-16 19:00")).day == dt.date(2026, 11, 17)
    assert session_at(NSE, india("2026-11-20 10:00")).day == dt.date(2026, 11, 20)
    assert session_at(NSE, india("2026-11-20 15:30")) is None
    assert session_at(AlwaysOpen(), dt.datetime(2026, 11, 20, tzinfo=dt.UTC)).day == dt.date(2026, 11, 20)


MOMENTS = st.datetimes(dt.datetime(2015, 2, 1), dt.datetime(2026, 11, 30), timezones=st.just(dt.UTC))


@given(st.sampled_from([NSE, NYSE, Futures()]), MOMENTS)
def test_until_is_the_first_moment_at_which_the_answer_differs(calendar, moment):
    now = standing(calendar, moment)
    assert now.until > moment
    assert is_open(calendar, now.until) is not now.is_open
    assert is_open(calendar, now.until - dt.timedelta(microseconds=1)) is now.is_open
    between = moment + (now.until - moment) / 3
    assert standing(calendar, between) == now


@given(MOMENTS)
def test_open_is_to_be_within_a_session(moment):
    for calendar in (NSE, NYSE, AlwaysOpen()):
        session = session_at(calendar, moment)
        assert is_open(calendar, moment) is (session is not None)
        assert session is None or session.opens <= moment < session.closes
