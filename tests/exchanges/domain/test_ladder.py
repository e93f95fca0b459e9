"""A book kept from a snapshot and its changes: the same as one that is sorted anew after each of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.domain.ladder import BrokenLadder, Ladder
from exchanges.domain.market import Level

D = Decimal


def level(price, quantity="1"):
    return Level(D(price), D(quantity))


PRICES = st.integers(1, 40).map(lambda number: D(number) / 4)
LEVELS = st.lists(st.builds(Level, PRICES, st.integers(0, 3).map(D)), max_size=12)


@given(LEVELS, LEVELS, st.lists(st.tuples(LEVELS, LEVELS), max_size=12))
def test_ladder_is_what_sorting_everything_anew_gives(bids, asks, changes):
    ladder, plain = Ladder(), ({}, {})
    ladder.begin(bids, asks)
    for one in changes:
        ladder.change(*one)
    for told in ((bids, asks), *changes):
        for side, levels in zip(plain, told, strict=True):
            side.update({one.price: one for one in levels})
    expected = tuple(
        tuple(sorted((one for one in side.values() if one.quantity), key=lambda one: one.price, reverse=number == 0))
        for number, side in enumerate(plain)
    )
    assert ladder.best(100) == expected
    assert ladder.best(3) == tuple(side[:3] for side in expected)


@given(LEVELS, LEVELS)
def test_no_more_levels_are_kept_than_one_is_told_of(bids, asks):
    whole, short = Ladder(), Ladder(depth=2)
    for one in (whole, short):
        one.begin(bids, asks)
    assert short.best(100) == whole.best(2)
    assert (len(short.bids), len(short.asks)) == (min(2, len(whole.bids)), min(2, len(whole.asks)))


def test_figures_keep_the_digits_that_they_were_told_with():
    ladder = Ladder()
    ladder.begin([level("45281.0", "0.10000000")], [])
    ladder.change([level("45281.00", "0.2000")], [])
    [[one], _] = ladder.best(1)
    assert (str(one.price), str(one.quantity)) == ("45281.00", "0.2000")


def test_level_that_nobody_knew_of_may_go():
    ladder = Ladder()
    ladder.begin([level("9")], [level("10")])
    ladder.change([level("8", "0")], [])
    assert ladder.best(5) == ((level("9"),), (level("10"),))


def test_change_of_a_book_that_was_not_told_is_none():
    with pytest.raises(BrokenLadder):
        Ladder().change([level("9")], [])


@pytest.mark.parametrize("wrong", [level("0"), level("-1"), level("1", "-1"), level("NaN"), level("1", "Infinity")])
def test_figure_that_no_book_has_breaks_it(wrong):
    with pytest.raises(BrokenLadder):
        Ladder().begin([wrong], [])


def test_book_that_grows_without_end_is_given_up():
    ladder = Ladder(most=3)
    ladder.begin([level(price) for price in (1, 2, 3)], [])
    with pytest.raises(BrokenLadder):
        ladder.change([level("4")], [])


@pytest.mark.parametrize(
    ("bid", "ask", "is_crossed"), [("9", "10", False), ("10", "10", True), ("11", "10", True), (None, "10", False)]
)
def test_sides_that_meet_are_seen(bid, ask, is_crossed):
    ladder = Ladder()
    ladder.begin([level(bid)] if bid else [], [level(ask)])
    assert ladder.is_crossed is is_crossed
