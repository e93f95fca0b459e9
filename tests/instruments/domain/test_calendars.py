"""When a market is open, and when next: by its hours, its holidays and its half days; never guessed beyond them."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.domain import calendars
from instruments.domain.calendars import (
    AlwaysOpen,
    BeyondCalendar,
    Session,
    Standing,
    UnknownCalendar,
    calendar_named,
    is_legitimate,
    is_open,
    is_thin,
    register_calendar,
    session_at,
    sessions,
    standing,
)
from instruments.domain.session_arrays import session_arrays
from kernel.bars import Interval, bar_start

INDIA, NEW_YORK = ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")
MOMENTS = st.datetimes(dt.datetime(2015, 2, 1), dt.datetime(2026, 11, 30), timezones=st.just(dt.UTC))
NSE, NYSE, ALWAYS = calendar_named("XBOM"), calendar_named("XNYS"), calendar_named("always")
LSE, TSE, CME, FOREX = (calendar_named(name) for name in ("XLON", "XTKS", "CMES", "forex"))


def india(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=INDIA)


def tokyo(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tokyo"))


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
        # Diwali evenings, a budget on a Saturday, a trial of the stand-by site in two parts, elections in Mumbai.
        (NSE, india("2024-11-01 12:00"), False, india("2024-11-01 18:00")),
        (NSE, india("2021-11-04 18:30"), True, india("2021-11-04 19:15")),
        (NSE, india("2025-02-01 10:00"), True, india("2025-02-01 15:30")),
        (NSE, india("2024-03-02 10:30"), False, india("2024-03-02 11:30")),
        (NSE, india("2026-01-15 10:00"), False, india("2026-01-16 09:15")),
        # The hours of another time.
        (NSE, india("2009-06-05 09:30"), False, india("2009-06-05 09:55")),
        (NSE, india("2010-06-04 09:05"), True, india("2010-06-04 15:30")),
        # The lunch of Tokyo, and its later close from 5 November 2024 on.
        (TSE, tokyo("2024-11-01 11:45"), False, tokyo("2024-11-01 12:30")),
        (TSE, tokyo("2024-11-01 13:00"), True, tokyo("2024-11-01 15:00")),
        (TSE, tokyo("2024-11-05 13:00"), True, tokyo("2024-11-05 15:30")),
        (TSE, tokyo("2010-11-05 11:15"), False, tokyo("2010-11-05 12:30")),
        (LSE, dt.datetime(2026, 7, 1, 15, 29, tzinfo=dt.UTC), True, dt.datetime(2026, 7, 1, 15, 30, tzinfo=dt.UTC)),
        (FOREX, new_york("2026-11-20 16:59"), True, new_york("2026-11-20 17:00")),
        (FOREX, new_york("2026-11-21 12:00"), False, new_york("2026-11-22 17:00")),
        (FOREX, new_york("2026-11-25 17:00"), True, new_york("2026-11-27 17:00")),
        (CME, new_york("2026-11-18 17:30"), False, new_york("2026-11-18 18:00")),
    ],
    ids=str,
)
def test_open_or_shut_and_until_when(calendar, moment, is_open, until):
    assert standing(calendar, moment) == Standing(is_open, until)


def test_what_never_shuts_has_no_end():
    assert standing(ALWAYS, india("2026-11-22 03:00")) == Standing(is_open=True, until=None)


@pytest.mark.parametrize(
    ("calendar", "year", "days"),
    [(NYSE, 2023, 250), (NYSE, 2024, 252), (NYSE, 2025, 250), (NSE, 2023, 246), (NSE, 2024, 249), (NSE, 2025, 249)],
    ids=str,
)
def test_a_year_has_as_many_days_as_the_exchange_held(calendar, year, days):
    """NSE's with the special sessions of Saturdays and of Diwali."""
    assert sum(1 for _ in sessions(calendar, dt.date(year, 1, 1), dt.date(year, 12, 31))) == days


def test_beyond_what_was_told_nothing_is_guessed():
    with pytest.raises(BeyondCalendar, match="XBOM is known from 1997-01-01 to 2026-12-31; 2027-01-04"):
        standing(NSE, india("2027-01-04 10:00"))
    assert standing(NSE, india("2026-12-31 16:00")) == Standing(is_open=False, until=None)
    assert standing(NSE, india("2026-12-31 10:00")) == Standing(is_open=True, until=india("2026-12-31 15:30"))


def test_unknown_calendar_is_an_error_in_words():
    with pytest.raises(UnknownCalendar, match="There is no calendar 'XPAR'; known are CMES, XBOM, XLON, XNAS, XNSE"):
        calendar_named("XPAR")


def test_moment_without_a_zone_is_on_no_calendar():
    with pytest.raises(ValueError, match="without a time zone"):
        standing(NSE, dt.datetime(2026, 11, 20, 10))


def test_those_who_keep_the_same_sessions_do():
    for name, other in (("XNSE", NSE), ("XNAS", NYSE)):
        calendar = calendar_named(name)
        assert calendar.name == name
        assert calendar.session(dt.date(2024, 11, 29)).closes == other.session(dt.date(2024, 11, 29)).closes


def test_christmas_of_the_currencies_says_nothing():
    assert is_thin(FOREX, dt.date(2024, 12, 25))
    assert not is_thin(FOREX, dt.date(2024, 12, 24))
    assert not is_thin(NYSE, dt.date(2024, 12, 25))


@pytest.mark.parametrize(
    ("calendar", "interval", "start", "expected"),
    [
        (NSE, "1d", "2024-11-01", True),
        (NSE, "1d", "2024-11-02", False),
        (NSE, "1d", "2024-11-04T03:45", False),
        (FOREX, "1d", "2026-11-22", False),
        (FOREX, "1h", "2026-11-22T22:00", True),
        (FOREX, "1h", "2026-11-22T21:00", False),
        (NSE, "1m", "2026-11-20T09:59", True),
        (NSE, "1m", "2026-11-20T10:00", False),
        (NSE, "1h", "2026-11-20T03:45", True),
        # The full hour in which the session begins.
        (NSE, "1h", "2026-11-20T03:00", True),
        (TSE, "15m", "2026-11-20T02:45", False),
        (ALWAYS, "4h", "2026-11-21T08:00", True),
        (ALWAYS, "4h", "2026-11-21T09:00", False),
        (NSE, "1w", "2026-11-16", True),
        (NSE, "1w", "2026-11-17", False),
    ],
    ids=str,
)
def test_bar_is_legitimate_when_the_market_is_open_during_it(calendar, interval, start, expected):
    moment = dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC)
    assert is_legitimate(calendar, Interval(interval), moment) is expected
    [many] = session_arrays(calendar, moment.date(), moment.date()).is_legitimate(
        np.array([int(moment.timestamp())]), Interval(interval)
    )
    assert bool(many) is expected


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([NSE, NYSE, TSE, CME, FOREX]), st.sampled_from(["1m", "1h", "4h", "1d", "1w"]), st.data())
def test_many_bars_are_judged_as_one_is(calendar, interval, data):
    interval = Interval(interval)
    moment = bar_start(data.draw(MOMENTS), interval)
    arrays = session_arrays(calendar, dt.date(2014, 1, 1), dt.date(2026, 12, 31))
    starts = np.array([int(moment.timestamp())])
    assert arrays.is_legitimate(starts, interval).tolist() == [is_legitimate(calendar, interval, moment)]
    assert arrays.is_known(starts).all()
    assert arrays.open_seconds(starts + 60)[0] - arrays.open_seconds(starts)[0] == sum(
        is_open(calendar, moment + dt.timedelta(seconds=second)) for second in range(60)
    )


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
