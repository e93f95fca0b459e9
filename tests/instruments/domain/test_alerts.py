"""When an alert fires, and when it does not: a table of prices and moments."""

import datetime as dt
from decimal import Decimal

import pytest

from instruments.domain.alerts import OLDEST, Condition, Fires, Heard, Waiting, WaitsOn, look

D = Decimal
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def after(prices, condition, threshold=None, seconds=None, every=dt.timedelta(seconds=2)):
    """What the last of the prices does; None is a moment without one."""
    seen, result, moment = {}, None, NOW
    for price in prices:
        waiting = Waiting(condition, None if threshold is None else D(threshold), seconds, NOW, seen)
        result = look(waiting, Heard(None if price is None else D(price), moment), now=moment)
        if isinstance(result, Fires):
            return result.words
        seen, moment = result.seen, moment + every
    return result


@pytest.mark.parametrize(
    ("condition", "prices", "fires"),
    [
        (Condition.ABOVE, ["99", "100"], True),
        (Condition.ABOVE, ["99", "101"], True),
        (Condition.ABOVE, ["99", "99.99"], False),
        # It stood beyond already: it has to come back first.
        (Condition.ABOVE, ["101", "102"], False),
        (Condition.ABOVE, ["101", "99", "100.5"], True),
        (Condition.BELOW, ["101", "100"], True),
        (Condition.BELOW, ["99", "98"], False),
        (Condition.BELOW, ["99", "100.01", "99.9"], True),
        (Condition.ABOVE, [None, "101"], False),
    ],
)
def test_crossing_is_a_passage(condition, prices, fires):
    assert isinstance(after(prices, condition, "100"), str) is fires


def test_words_say_what_happened():
    assert after(["99", "101.5"], Condition.ABOVE, "100") == "It rose through 100 and stood at 101.5."
    assert after(["101", "99"], Condition.BELOW, "100") == "It fell through 100 and stood at 99."


@pytest.mark.parametrize(("age", "fires"), [(0, True), (60, True), (61, False), (3600, False)])
def test_stale_price_fires_no_crossing(age, fires):
    waiting = Waiting(Condition.ABOVE, D(100), None, NOW, {"side": "before"})
    result = look(waiting, Heard(D(101), NOW - dt.timedelta(seconds=age)), now=NOW)
    assert isinstance(result, Fires) is fires
    if not fires:
        assert result == WaitsOn({"side": "before"})


@pytest.mark.parametrize(
    ("prices", "fires"),
    [
        (["100", "104.9"], False),
        (["100", "105"], True),
        (["100", "95"], True),
        (["100", "98", "102.9"], True),
        (["100", "103", "99"], False),
    ],
)
def test_move_is_measured_from_the_lowest_and_the_highest_of_the_span(prices, fires):
    assert isinstance(after(prices, Condition.MOVES, "5", 600), str) is fires


def test_what_lies_before_the_span_is_forgotten():
    slow, every = ["100", "103", "106", "109"], dt.timedelta(seconds=55)
    assert isinstance(after(slow, Condition.MOVES, "5", 60, every=every), WaitsOn)
    assert isinstance(after(slow, Condition.MOVES, "5", 600, every=every), str)
    far = after(["100", "106"], Condition.MOVES, "5", 60, every=dt.timedelta(seconds=120))
    assert isinstance(far, WaitsOn)


def test_move_remembers_a_bounded_number_of_parts():
    result = after(["100"] * 1000, Condition.MOVES, "50", 600, every=dt.timedelta(seconds=3))
    assert 0 < len(result.seen["parts"]) <= 62


def test_stale_price_is_no_move():
    seen = {"parts": [[int(NOW.timestamp() // 10), "100", "100"]]}
    waiting = Waiting(Condition.MOVES, D(5), 600, NOW, seen)
    assert look(waiting, Heard(D(200), NOW - OLDEST * 2), now=NOW) == WaitsOn(seen)


@pytest.mark.parametrize(("age", "fires"), [(299, False), (300, False), (301, True)])
def test_silence_is_the_age_of_the_price(age, fires):
    waiting = Waiting(Condition.SILENT, None, 300, NOW - dt.timedelta(hours=1), {})
    assert isinstance(look(waiting, Heard(D(1), NOW - dt.timedelta(seconds=age)), now=NOW), Fires) is fires


def test_silence_is_counted_from_when_it_was_armed():
    waiting = Waiting(Condition.SILENT, None, 300, NOW - dt.timedelta(seconds=100), {})
    assert isinstance(look(waiting, Heard(D(1), NOW - dt.timedelta(days=1)), now=NOW), WaitsOn)
    never = Waiting(Condition.SILENT, None, 300, NOW - dt.timedelta(seconds=400), {})
    assert look(never, Heard(None, None), now=NOW) == Fires("No price was ever heard, in 6 min of waiting.")
