"""When quiet hours hold, and when they end."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.quiet_hours import quiet_until


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


TABLE = [
    # zone, quiet from, until, now (UTC), end (UTC) or None
    ("UTC", "22:00", "07:00", "2026-11-20 21:59", None),
    ("UTC", "22:00", "07:00", "2026-11-20 22:00", "2026-11-21 07:00"),
    ("UTC", "22:00", "07:00", "2026-11-21 06:59", "2026-11-21 07:00"),
    ("UTC", "22:00", "07:00", "2026-11-21 07:00", None),
    ("UTC", "13:00", "14:30", "2026-11-20 12:59", None),
    ("UTC", "13:00", "14:30", "2026-11-20 13:00", "2026-11-20 14:30"),
    ("UTC", "13:00", "14:30", "2026-11-20 14:30", None),
    ("UTC", "08:00", "08:00", "2026-11-20 08:00", None),
    ("UTC", "00:00", "06:00", "2026-11-20 00:00", "2026-11-20 06:00"),
    ("UTC", "18:00", "00:00", "2026-11-20 23:59", "2026-11-21 00:00"),
    ("UTC", "22:00", "07:00", "2026-12-31 23:00", "2027-01-01 07:00"),
    ("Asia/Kolkata", "22:00", "07:00", "2026-11-20 16:29", None),
    ("Asia/Kolkata", "22:00", "07:00", "2026-11-20 16:30", "2026-11-21 01:30"),
    ("America/New_York", "22:00", "07:00", "2026-07-01 02:00", "2026-07-01 11:00"),
    ("America/New_York", "22:00", "07:00", "2026-12-01 03:00", "2026-12-01 12:00"),
    # The night the clock jumps from 2 to 3: an hour less of quiet.
    ("Europe/Berlin", "22:00", "07:00", "2026-03-28 21:00", "2026-03-29 05:00"),
    # The night it falls back from 3 to 2: an hour more.
    ("Europe/Berlin", "22:00", "07:00", "2026-10-24 20:00", "2026-10-25 06:00"),
    # An end that does not exist that night (2:30): the quiet ends half an hour past the jump.
    ("Europe/Berlin", "22:00", "02:30", "2026-03-28 23:00", "2026-03-29 01:30"),
    # An end that exists twice (2:30): in its first round the first one, in its second the second.
    ("Europe/Berlin", "22:00", "02:30", "2026-10-25 00:10", "2026-10-25 00:30"),
    ("Europe/Berlin", "22:00", "02:30", "2026-10-25 01:10", "2026-10-25 01:30"),
    ("Europe/Berlin", "22:00", "02:30", "2026-10-25 00:40", None),
]


@pytest.mark.parametrize(("zone", "starts", "ends", "now", "end"), TABLE)
def test_quiet_hours_end_when_the_clock_on_the_wall_says(zone, starts, ends, now, end):
    found = quiet_until(
        utc(now), starts=dt.time.fromisoformat(starts), ends=dt.time.fromisoformat(ends), zone=ZoneInfo(zone)
    )
    assert found == (utc(end) if end else None)


@given(
    st.integers(0, 525_600).map(lambda minutes: utc("2026-01-01 00:00") + dt.timedelta(minutes=minutes)),
    st.times(),
    st.times(),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_end_lies_ahead_and_within_a_long_day(now, starts, ends, zone):
    end = quiet_until(now, starts=starts, ends=ends, zone=ZoneInfo(zone))
    assert end is None or now < end <= now + dt.timedelta(hours=25)
