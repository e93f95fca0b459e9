"""Keys sort by time and never repeat; bars are named by their start and known from their close on."""

import datetime as dt
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel import clock, ids
from kernel.bars import Interval, bar_start, known_at
from kernel.durations import in_words
from kernel.ids import created_at_milliseconds, new_id

INTERVALS = [Interval(name) for name in ("1m", "5m", "15m", "1h", "4h", "1d", "1w")]
moments = some.datetimes(
    min_value=dt.datetime(1990, 1, 1), max_value=dt.datetime(2090, 1, 1), timezones=some.just(dt.UTC)
)


def test_keys_are_version_seven_and_carry_their_time():
    before = clock.unix_milliseconds()
    key = new_id()
    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert before <= created_at_milliseconds(key) <= clock.unix_milliseconds() + 1


def test_keys_of_many_threads_are_unique_and_rise_in_each():
    made: list[list[uuid.UUID]] = []

    def make():
        made.append([new_id() for _ in range(5000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(keys == sorted(keys) for keys in made)
    assert len({key for keys in made for key in keys}) == 20_000


def test_keys_keep_rising_when_the_clock_jumps_back(monkeypatch):
    first = new_id()
    monkeypatch.setattr(ids.clock, "unix_milliseconds", lambda: created_at_milliseconds(first) - 60_000)
    assert new_id() > first


@given(moments, some.sampled_from(INTERVALS))
def test_bar_holds_the_moment_that_it_is_named_for(moment, interval):
    start = bar_start(moment, interval)
    assert start <= moment < start + interval.length
    assert bar_start(start, interval) == start
    assert known_at(start, interval) > moment


def test_week_begins_on_monday():
    assert bar_start(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), Interval("1w")).date() == dt.date(2026, 11, 16)


def test_bar_of_another_zone_is_named_in_utc():
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
    start = bar_start(dt.datetime(2026, 11, 21, 9, 20, tzinfo=zone), Interval("15m"))
    assert start.isoformat() == "2026-11-21T03:45:00+00:00"


def test_moment_without_a_zone_names_no_bar():
    with pytest.raises(ValueError):
        bar_start(dt.datetime(2026, 11, 21), Interval("1h"))


@pytest.mark.parametrize("name", ["0m", "1", "1M", "m", "-1h", "1.5h"])
def test_unknown_interval_raises(name):
    with pytest.raises(ValueError):
        Interval(name)


def test_daily_bar_is_known_at_its_sessions_close():
    close = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert known_at(dt.datetime(2026, 11, 20, tzinfo=dt.UTC), Interval("1d"), close) == close


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3900, "1 h 05 min"),
        (86_400, "1 day"),
        (200_000, "2 days"),
    ],
)
def test_durations_are_said_in_words(seconds, words):
    assert in_words(seconds) == words
