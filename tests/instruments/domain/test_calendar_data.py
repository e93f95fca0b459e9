"""What is kept of each exchange says day by day what the library says, and ours lies over it as vendors' bars do."""

import datetime as dt
from importlib.resources import files

import numpy as np
import pytest

from instruments.adapters.kept_calendars import ASKED, library_version, told_by_library
from instruments.domain.calendars import WeeklyCalendar, calendar_named
from instruments.domain.hours import Hours, laid_over, read_hours, read_told, written
from tests.shared_data import shared

FOLDER = files("instruments.domain.calendar_data")
OURS = {
    asked.name: FOLDER.joinpath(f"{asked.name}.ours.txt").read_text("utf-8")
    for asked in ASKED
    if FOLDER.joinpath(f"{asked.name}.ours.txt").is_file()
}


def kept(name):
    return read_told(FOLDER.joinpath(f"{name}.txt").read_text("utf-8"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the library's own, against the newest pandas
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_kept_sessions_are_the_librarys_day_by_day(asked):
    calendars = pytest.importorskip("exchange_calendars")
    told = kept(asked.name)
    ours = WeeklyCalendar(asked.name, told)
    library = calendars.get_calendar(asked.name, start=str(told.first), end=str(told.last))
    theirs = {}
    for row in library.schedule.itertuples():
        # What is not a time is not itself.
        has_pause = row.break_start == row.break_start
        pause = (row.break_start.to_pydatetime(), row.break_end.to_pydatetime()) if has_pause else None
        theirs[row.Index.date()] = (row.open.to_pydatetime(), row.close.to_pydatetime(), pause)
    assert len(theirs) > 6_000
    day = told.first
    while day <= told.last:
        session = ours.session(day)
        mine = session and (session.opens, session.closes, next(iter(session.pauses), None))
        assert mine == theirs.get(day), day
        day += dt.timedelta(days=1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the library's own, against the newest pandas
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_the_file_is_what_the_command_writes(asked):
    pytest.importorskip("exchange_calendars")
    text = FOLDER.joinpath(f"{asked.name}.txt").read_text("utf-8")
    assert f"exchange_calendars {library_version()}" in text
    assert text.endswith(written(told_by_library(asked, last=read_told(text).last)))


@pytest.mark.parametrize("name", OURS)
def test_ours_says_only_what_the_library_does_not(name):
    told = kept(name)
    both = laid_over(told, OURS[name])
    alone = laid_over(read_told("zone UTC\nknown 1990-01-01 2027-12-31"), OURS[name])
    assert alone.days or alone.usual
    for day, hours in alone.days.items():
        assert both.days[day] == hours
        usual = next((one for since, one in reversed(both.usual) if since <= day), None)
        before = told.days.get(day, usual if day.weekday() < 5 else None)
        # A holiday that a later version of the library may know.
        assert before != hours or hours is None


@pytest.mark.parametrize("vendor", ["1d_upstox", "1d"])
def test_special_sessions_are_those_on_which_shares_were_traded(vendor):
    parquet = pytest.importorskip("pyarrow.parquet")
    calendar = calendar_named("XNSE")
    seen = {}
    for file in shared(f"market/india/{vendor}").glob("*.parquet"):
        table = parquet.read_table(file, columns=["timestamp", "volume"])
        days = table["timestamp"].to_numpy().astype("datetime64[D]")
        for day in days[table["volume"].to_numpy() > 0].astype(object):
            seen[day] = seen.get(day, 0) + 1
    assert len(seen) > 700
    assert [day for day in seen if calendar.session(day) is None] == []
    if vendor == "1d_upstox":
        days = np.arange(min(seen), max(seen) + dt.timedelta(days=1), dtype="datetime64[D]").astype(object)
        assert [day for day in days if calendar.session(day) is not None and day not in seen] == []


@pytest.mark.parametrize(
    "day",
    [
        *("2020-11-14", "2021-11-04", "2022-10-24", "2023-11-12", "2024-11-01"),
        *("2024-01-20", "2024-03-02", "2024-05-18", "2025-02-01"),
    ],
)
def test_sessions_that_the_library_lacks_are_held(day):
    day = dt.date.fromisoformat(day)
    assert kept("XBOM").days.get(day) is None
    session = calendar_named("XBOM").session(day)
    assert session.day == day
    is_diwali = day.month in {10, 11}
    assert (session.closes - session.opens == dt.timedelta(hours=1)) is is_diwali


@pytest.mark.parametrize("text", ["09:15-15:30", "09:00-11:30 12:30-15:30", "<17:00-16:00"])
def test_hours_read_as_they_are_written(text):
    assert str(read_hours(text)) == text


def test_hours_may_pause_and_begin_on_the_eve():
    assert read_hours("<17:00-11:00 12:00-16:00") == Hours(
        dt.time(17), dt.time(16), ((dt.time(11), dt.time(12)),), begins_on_the_eve=True
    )


def test_unknown_word_is_an_error():
    with pytest.raises(ValueError, match="begins with a known word, got 'closed'"):
        read_told("closed 2026 01-01")
