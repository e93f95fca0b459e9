"""Which bars a calendar expects, where they lack, and longer bars of whole ones."""

import datetime as dt

import numpy as np
import pytest

from instruments.domain.bars import MOMENT, Bars, moment64, moment_of
from instruments.domain.calendars import AlwaysOpen, Session, calendar_named
from instruments.domain.grid import Gap, aggregated, expected_starts, gaps_between, is_by_the_clock
from kernel.bars import Interval

UTC = dt.UTC
NEVER_OVER = dt.datetime(2100, 1, 1, tzinfo=UTC)
ALWAYS, BOMBAY, NEW_YORK = AlwaysOpen(), calendar_named("XBOM"), calendar_named("XNYS")


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def expected(calendar, interval, since, until, **options):
    found = expected_starts(
        calendar, Interval(interval), at(since), at(until), now=options.pop("now", NEVER_OVER), **options
    )
    return [f"{moment_of(one):%d %H:%M}" for one in found]


def test_always_open_expects_every_bar_on_the_grid():
    assert expected(ALWAYS, "4h", "2026-11-20T01:00", "2026-11-20T12:00") == ["20 04:00", "20 08:00"]
    assert expected(ALWAYS, "1w", "2026-11-01", "2026-11-20") == ["02 00:00", "09 00:00", "16 00:00"]


def test_bar_is_expected_once_it_is_over():
    assert expected(ALWAYS, "1h", "2026-11-20T08:00", "2026-11-20T12:00", now=at("2026-11-20T10:00")) == [
        "20 08:00",
        "20 09:00",
    ]
    assert expected(BOMBAY, "1d", "2026-11-20", "2026-11-21", now=at("2026-11-20T09:59")) == []
    assert expected(BOMBAY, "1d", "2026-11-20", "2026-11-21", now=at("2026-11-20T10:00")) == ["20 00:00"]


def test_days_of_a_market_are_its_sessions():
    """Saturday and the holiday of the tenth have none; Sunday the eighth is the evening of lights, and has one."""
    assert expected(BOMBAY, "1d", "2026-11-06", "2026-11-12") == ["06 00:00", "08 00:00", "09 00:00", "11 00:00"]


def test_hours_of_a_session_are_counted_from_its_opening_or_from_the_full_hour():
    day = ("2026-11-19T00:00", "2026-11-20T00:00")
    by_session = ["19 03:45", "19 04:45", "19 05:45", "19 06:45", "19 07:45", "19 08:45", "19 09:45"]
    assert expected(BOMBAY, "1h", *day) == by_session
    by_clock = [f"19 {hour:02}:00" for hour in range(3, 10)]
    assert expected(BOMBAY, "1h", *day, is_by_the_clock=True) == by_clock
    for names, answer in ((by_session, False), (by_clock, True)):
        starts = np.array([moment64(at(f"2026-11-19T{name[3:]}")) for name in names], dtype=MOMENT)
        assert is_by_the_clock(starts, BOMBAY, Interval("1h")) is answer


def test_clock_change_of_a_market_moves_its_hours():
    assert expected(NEW_YORK, "1h", "2026-03-06", "2026-03-07")[0] == "06 14:30"
    assert expected(NEW_YORK, "1h", "2026-03-09", "2026-03-10")[0] == "09 13:30"


class _Lunch:
    """Nine to three, with an hour's pause at noon."""

    name, zone, is_always_open = "lunch", UTC, False

    def session(self, day):
        moments = [dt.datetime.combine(day, dt.time(hour), tzinfo=UTC) for hour in (9, 15, 12, 13)]
        return Session(day, moments[0], moments[1], ((moments[2], moments[3]),))


def test_nothing_is_expected_in_a_pause():
    assert expected(_Lunch(), "1h", "2026-11-20T00:00", "2026-11-21T00:00") == [
        f"20 {hour:02}:00" for hour in (9, 10, 11, 13, 14)
    ]


def test_days_that_the_calendar_was_not_told_of_expect_nothing():
    assert expected(BOMBAY, "1d", "1990-01-01", "1990-02-01") == []


@pytest.mark.parametrize(
    ("there", "gaps"),
    [
        ("0123456", []),
        ("", [(0, 6, 7)]),
        ("126", [(0, 0, 1), (3, 5, 3)]),
        ("0123", [(4, 6, 3)]),
    ],
)
def test_gap_is_a_run_of_what_is_not_there(there, gaps):
    every = expected_starts(ALWAYS, Interval("1h"), at("2026-11-20T00:00"), at("2026-11-20T07:00"), now=NEVER_OVER)
    hour = [at(f"2026-11-20T0{number}:00") for number in range(7)]
    found = gaps_between(every, every[[int(one) for one in there]])
    assert found == [Gap(hour[first], hour[last], bars) for first, last, bars in gaps]


def bars(starts, *, sources=("a",), codes=None):
    count = len(starts)
    number = np.arange(count, dtype=np.float64)
    figures = {"open": number, "high": number + 10, "low": number - 10, "close": number + 1, "volume": number * 0 + 2}
    known = starts + np.timedelta64(60, "s")
    rest = {
        "revision": np.ones(count, np.int16),
        "source_codes": codes if codes is not None else np.zeros(count, np.int16),
    }
    return Bars.of({"start": starts, "known_at": known, **figures, **rest}, sources)


def minutes(calendar, since, until):
    return expected_starts(calendar, Interval("1m"), at(since), at(until), now=NEVER_OVER)


def made(told, whole, calendar, part="1m"):
    return aggregated(told, Interval(part), Interval(whole), calendar)


def test_longer_bar_takes_the_first_open_the_extremes_the_last_close_and_the_sum():
    told = bars(minutes(ALWAYS, "2026-11-20T00:00", "2026-11-20T00:10"))
    found = made(told, "5m", ALWAYS)
    assert [f"{moment_of(one):%H:%M}" for one in found.start] == ["00:00", "00:05"]
    assert (found.open.tolist(), found.close.tolist()) == ([0, 5], [5, 10])
    assert (found.high.tolist(), found.low.tolist(), found.volume.tolist()) == ([14, 19], [-10, -5], [10, 10])
    assert found.known_at.tolist() == (found.start + np.timedelta64(300, "s")).tolist()


@pytest.mark.parametrize("missing", [0, 3, 4])
def test_one_part_missing_and_there_is_no_bar(missing):
    starts = minutes(ALWAYS, "2026-11-20T00:00", "2026-11-20T00:10")
    found = made(bars(np.delete(starts, missing)), "5m", ALWAYS)
    assert [f"{moment_of(one):%H:%M}" for one in found.start] == ["00:05"]


def test_day_of_a_market_is_made_of_its_session_and_named_by_its_date():
    starts = minutes(NEW_YORK, "2026-11-18T00:00", "2026-11-21T00:00")
    assert len(starts) == 3 * 390
    found = made(bars(starts), "1d", NEW_YORK)
    assert [moment_of(one) for one in found.start] == [at("2026-11-18"), at("2026-11-19"), at("2026-11-20")]
    assert found.volume.tolist() == [780, 780, 780]
    assert len(made(bars(np.delete(starts, 500)), "1d", NEW_YORK)) == 2


def test_last_hour_of_a_session_may_be_short_and_is_whole_all_the_same():
    found = made(bars(minutes(BOMBAY, "2026-11-19T00:00", "2026-11-20T00:00")), "1h", BOMBAY)
    assert [f"{moment_of(one):%H:%M}" for one in found.start] == [f"{hour:02}:45" for hour in range(3, 10)]
    assert found.volume.tolist() == [120] * 6 + [30]
    assert moment_of(found.known_at[-1]) == at("2026-11-19T10:00")


def test_half_an_hour_over_lunch_is_made_of_what_is_traded():
    found = made(bars(minutes(_Lunch(), "2026-11-20T00:00", "2026-11-21T00:00")), "4h", _Lunch())
    assert [(f"{moment_of(one):%H:%M}", volume) for one, volume in zip(found.start, found.volume, strict=True)] == [
        ("09:00", 360.0),
        ("13:00", 240.0),
    ]


def test_bars_outside_of_the_session_make_no_part_of_one():
    starts = minutes(BOMBAY, "2026-11-19T00:00", "2026-11-20T00:00")
    stray = np.array([moment64(at("2026-11-19T20:00"))], dtype=MOMENT)
    assert len(made(bars(np.concatenate((starts, stray))), "1d", BOMBAY)) == 1


def test_week_is_made_of_its_days():
    days = expected_starts(BOMBAY, Interval("1d"), at("2026-11-02"), at("2026-11-21"), now=NEVER_OVER)
    found = made(bars(days), "1w", BOMBAY, part="1d")
    assert [moment_of(one).day for one in found.start] == [2, 9, 16]
    # The evening of lights is the sixth day of its week; the holiday leaves four of the next.
    assert found.volume.tolist() == [12, 8, 10]


def test_bar_of_two_sources_says_so():
    starts = minutes(ALWAYS, "2026-11-20T00:00", "2026-11-20T00:10")
    codes = np.array([0, 0, 1, 0, 0, 1, 1, 1, 1, 1], dtype=np.int16)
    assert made(bars(starts, sources=("a", "b"), codes=codes), "5m", ALWAYS).source.tolist() == ["mixed", "b"]


def test_nothing_is_made_of_nothing():
    assert len(made(bars(np.empty(0, MOMENT)), "5m", ALWAYS)) == 0
