"""When a failed delivery is tried again."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.outgoing.schedule import MOST_ATTEMPTS, chance_of, is_accepted, may_pass, next_attempt, retry_after

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 10), (2, 60), (3, 300), (4, 1_800), (5, 7_200), (6, 21_600), (7, None), (8, None)]
)
def test_waits_grow_and_end(attempts, seconds):
    expected = None if seconds is None else NOW + dt.timedelta(seconds=seconds)
    assert next_attempt(attempts=attempts, now=NOW, chance=0) == expected


@given(st.integers(1, MOST_ATTEMPTS - 1), st.floats(0, 1))
def test_jitter_is_never_early_and_at_most_a_fifth_late(attempts, chance):
    plain = next_attempt(attempts=attempts, now=NOW, chance=0) - NOW
    assert plain <= next_attempt(attempts=attempts, now=NOW, chance=chance) - NOW <= plain * 1.2


@given(st.uuids(), st.integers(0, 100))
def test_chance_is_the_delivery_s_own_and_stays(key, attempts):
    assert 0 <= chance_of(key, attempts) < 1
    assert chance_of(key, attempts) == chance_of(key, attempts)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120),
        ("0", 0),
        ("99999999999999999999", 86_400),
        ("-5", None),
        ("soon", None),
        ("Fri, 20 Nov 2026 09:35:00 GMT", 300),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("٣", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    expected = None if seconds is None else dt.timedelta(seconds=seconds)
    assert retry_after(header, now=NOW) == expected


def test_longer_wait_that_the_receiver_asks_for_is_honoured_up_to_a_day():
    def wait(asked):
        return next_attempt(attempts=1, now=NOW, chance=0, retry_after=asked) - NOW

    assert wait(dt.timedelta(seconds=90)) == dt.timedelta(seconds=90)
    assert wait(dt.timedelta(seconds=1)) == dt.timedelta(seconds=10)
    assert wait(dt.timedelta(days=30)) == dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "accepted", "passing"),
    [
        (200, True, False),
        (204, True, False),
        (301, False, False),
        (400, False, False),
        (404, False, False),
        (410, False, False),
        (408, False, True),
        (425, False, True),
        (429, False, True),
        (500, False, True),
        (503, False, True),
    ],
)
def test_status_decides_what_becomes_of_a_delivery(status, accepted, passing):
    assert (is_accepted(status), may_pass(status)) == (accepted, passing)
