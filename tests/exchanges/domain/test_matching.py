"""The book fills by price, then by time, and nothing is made or lost. A plain book of fifty lines is its oracle."""

import random
from decimal import Decimal

import pytest

from exchanges.domain.matching import (
    Ended,
    Matching,
    Order,
    Rested,
    SelfTrade,
    Slept,
    Stay,
    Trade,
    TwoOfOneName,
    Why,
    Woke,
)

D = Decimal


def order(name, side, quantity, price=None, **more) -> Order:
    given = {"owner": name, "quantity": D(quantity), "price": None if price is None else D(price)}
    return Order(name, is_buy=side == "buy", **{**given, **more})


@pytest.fixture
def book():
    """Asks of 1 at 101 (a, then b) and 2 at 102; a bid of 1 at 99."""
    made = Matching()
    for one in (
        order("a", "sell", 1, 101),
        order("b", "sell", 1, 101),
        order("c", "sell", 2, 102),
        order("d", "buy", 1, 99),
    ):
        made.submit(one)
    return made


def trades(events):
    return [(one.maker, one.price, one.quantity) for one in events if isinstance(one, Trade)]


def test_best_price_first_then_first_come(book):
    events = book.submit(order("x", "buy", "2.5", 102))
    assert trades(events) == [("a", 101, 1), ("b", 101, 1), ("c", 102, D("0.5"))]
    assert (book.bid, book.ask, book.last) == (99, 102, 102)
    assert book.depth(5) == ([(99, 1)], [(102, D("1.5"))])


def test_what_is_left_of_a_limit_rests(book):
    assert book.submit(order("x", "buy", 3, 101))[-1] == Rested("x", D(1))
    assert book.left("x") == 1
    assert (book.bid, book.ask) == (101, 102)


def test_taker_gets_the_standing_price_and_never_worse_than_its_own(book):
    assert trades(book.submit(order("x", "buy", 1, 150))) == [("a", 101, 1)]
    assert trades(book.submit(order("y", "sell", 1, 100))) == []


def test_what_is_left_of_a_market_order_ends(book):
    events = book.submit(order("x", "sell", 3))
    assert trades(events) == [("d", 99, 1)]
    assert events[-1] == Ended("x", Why.NO_LIQUIDITY, D(2))
    assert book.left("x") is None


def test_immediate_or_cancel_takes_what_there_is(book):
    events = book.submit(order("x", "buy", 3, 101, stay=Stay.IMMEDIATE_OR_CANCEL))
    assert trades(events) == [("a", 101, 1), ("b", 101, 1)]
    assert events[-1] == Ended("x", Why.NO_LIQUIDITY, D(1))


@pytest.mark.parametrize(("quantity", "filled"), [(2, 2), ("2.01", 0)])
def test_fill_or_kill_is_all_or_nothing(book, quantity, filled):
    events = book.submit(order("x", "buy", quantity, 101, stay=Stay.FILL_OR_KILL))
    assert sum(one.quantity for one in events if isinstance(one, Trade)) == filled
    if not filled:
        assert events == [Ended("x", Why.NOT_ALL, D(quantity))]
        assert book.depth(5)[1] == [(101, 2), (102, 2)]


def test_maker_only_never_takes(book):
    assert book.submit(order("x", "buy", 1, 101, is_maker_only=True)) == [Ended("x", Why.WOULD_TAKE, D(1))]
    assert book.submit(order("y", "buy", 1, 100, is_maker_only=True)) == [Rested("y", D(1))]


def test_amount_buys_whole_lots_and_never_spends_more(book):
    events = book.submit(order("x", "buy", 0, amount=D(250), lot=D("0.1")))
    assert trades(events) == [("a", 101, 1), ("b", 101, 1), ("c", 102, D("0.4"))]
    assert sum(one.price * one.quantity for one in events if isinstance(one, Trade)) <= 250


@pytest.mark.parametrize(
    ("policy", "expected", "left_of_own"),
    [
        (SelfTrade.ENDS_TAKER, [Ended("x", Why.SELF_TRADE, D(2))], 1),
        (SelfTrade.ENDS_BOTH, [Ended("a", Why.SELF_TRADE, D(1)), Ended("x", Why.SELF_TRADE, D(2))], None),
        (
            SelfTrade.ENDS_MAKER,
            [Ended("a", Why.SELF_TRADE, D(1)), Trade(1, D(101), D(1), "x", "b", True), Rested("x", D(1))],
            None,
        ),
        (
            SelfTrade.ALLOWED,
            [Trade(1, D(101), D(1), "x", "a", True), Trade(2, D(101), D(1), "x", "b", True)],
            None,
        ),
    ],
)
def test_order_that_meets_its_own_owner(book, policy, expected, left_of_own):
    assert book.submit(order("x", "buy", 2, 101, owner="a", self_trade=policy)) == expected
    assert book.left("a") == left_of_own


@pytest.mark.parametrize("policy", [SelfTrade.ENDS_TAKER, SelfTrade.ENDS_MAKER])
def test_fill_or_kill_does_not_count_ones_own(book, policy):
    events = book.submit(order("x", "buy", 2, 101, owner="a", self_trade=policy, stay=Stay.FILL_OR_KILL))
    assert events == [Ended("x", Why.NOT_ALL, D(2))]


def test_stop_sleeps_until_the_last_price_is_there_and_then_takes_its_turn(book):
    assert book.submit(order("s", "buy", 1, None, trigger=D(101))) == [Slept("s")]
    events = book.submit(order("x", "buy", 1, 101))
    assert events == [
        Trade(1, D(101), D(1), "x", "a", True),
        Woke("s"),
        Trade(2, D(101), D(1), "s", "b", True),
    ]


def test_stops_wake_each_other(book):
    book.submit(order("s2", "sell", 1, 95, trigger=D(99), wakes_rising=False))
    book.submit(order("s1", "buy", 2, None, trigger=D(101)))
    book.submit(order("s3", "buy", 1, 110, trigger=D(102)))
    events = book.submit(order("x", "buy", 1, 101))
    assert [type(one).__name__ + ":" + getattr(one, "order", getattr(one, "taker", "")) for one in events] == [
        "Trade:x",
        "Woke:s1",
        "Trade:s1",
        "Trade:s1",
        "Woke:s3",
        "Trade:s3",
    ]
    assert book.left("s2") == 1


def test_stop_that_is_reached_already_goes_at_once(book):
    book.submit(order("x", "buy", 1, 101))
    assert book.submit(order("s", "buy", 1, None, trigger=D(100)))[0] == Woke("s")


def test_price_from_elsewhere_wakes_what_sleeps(book):
    book.submit(order("s", "sell", 1, 90, trigger=D(98), wakes_rising=False))
    assert book.move_last(D("98.01")) == []
    assert book.move_last(D(98)) == [Woke("s"), Trade(1, D(99), D(1), "s", "d", False)]


def test_cancel_takes_away_what_stands_or_sleeps_and_says_nothing_of_what_is_gone(book):
    book.submit(order("s", "buy", 3, None, trigger=D(200)))
    assert book.cancel("s") == [Ended("s", Why.CANCELLED, D(3))]
    assert book.cancel("a") == [Ended("a", Why.CANCELLED, D(1))]
    assert book.cancel("a") == []
    assert book.depth(1)[1] == [(101, 1)]
    # Its trigger is reached, and nothing wakes.
    assert [one for one in book.move_last(D(300)) if isinstance(one, Woke)] == []


def test_lowering_keeps_the_place_and_raising_is_refused(book):
    assert book.reduce("a", D("0.5"))
    assert not book.reduce("a", D(2))
    assert not book.reduce("a", D(0))
    assert not book.reduce("gone", D(1))
    assert trades(book.submit(order("x", "buy", 1, 101))) == [("a", 101, D("0.5")), ("b", 101, D("0.5"))]


def test_two_orders_of_one_name_do_not_stand_together(book):
    with pytest.raises(TwoOfOneName):
        book.submit(order("a", "buy", 1, 50))


@pytest.mark.parametrize("more", [{"quantity": D(0)}, {"quantity": D(1), "amount": D(5)}])
def test_order_has_a_quantity_or_an_amount(book, more):
    with pytest.raises(ValueError):
        book.submit(Order("x", "x", is_buy=True, **more))


class PlainBook:
    """The same rules, written as plainly as they can be: one list, looked through from the start each time."""

    def __init__(self):
        self.standing, self.asleep, self.last, self.trades, self.seen = [], [], None, [], []

    def submit(self, one):
        if one.trigger is not None and not self.reached(one):
            self.asleep.append(one)
            return
        queue = [one]
        while queue:
            self.seen = []
            self.run(queue.pop(0))
            # A price that came by and went again wakes too.
            woken = [s for s in self.asleep if any(self.reached(s, price) for price in self.seen)]
            rising = sorted((s for s in woken if s.wakes_rising), key=lambda s: s.trigger)
            falling = sorted((s for s in woken if not s.wakes_rising), key=lambda s: -s.trigger)
            self.asleep = [s for s in self.asleep if s not in woken]
            queue += rising + falling

    def reached(self, one, price=None):
        price = price or self.last
        if price is None:
            return False
        return price >= one.trigger if one.wakes_rising else price <= one.trigger

    def matches(self, one):
        other = [s for s in self.standing if s[0].is_buy != one.is_buy]
        if one.price is not None:
            other = [s for s in other if (s[0].price <= one.price if one.is_buy else s[0].price >= one.price)]
        return sorted(other, key=lambda s: s[0].price if one.is_buy else -s[0].price)

    def run(self, one):
        left, found = one.quantity, self.matches(one)
        if one.is_maker_only and found:
            return
        if one.stay is Stay.FILL_OR_KILL and sum(s[1] for s in found) < left:
            return
        for entry in found:
            traded = min(left, entry[1])
            self.trades.append((entry[0].price, traded, one.id, entry[0].id))
            self.last = entry[0].price
            self.seen.append(self.last)
            entry[1] -= traded
            left -= traded
            if left == 0:
                break
        self.standing = [s for s in self.standing if s[1] > 0]
        if left > 0 and one.price is not None and one.stay is Stay.RESTS:
            self.standing.append([one, left])

    def cancel(self, name):
        self.standing = [s for s in self.standing if s[0].id != name]
        self.asleep = [s for s in self.asleep if s.id != name]


def drawn(chance, number) -> Order:
    price = D(chance.randint(90, 110))
    kind = chance.random()
    return Order(
        str(number),
        owner=str(number),
        is_buy=chance.random() < 0.5,
        quantity=D(chance.randint(1, 50)) / 10,
        price=None if kind < 0.1 else price,
        trigger=D(chance.randint(90, 110)) if kind > 0.85 else None,
        wakes_rising=chance.random() < 0.5,
        stay=chance.choices(list(Stay), (8, 1, 1))[0],
        is_maker_only=kind > 0.5 and kind < 0.6,
    )


def test_book_agrees_with_a_plain_one_over_fifty_thousand_steps():
    chance = random.Random(7)
    for _ in range(50):
        book, plain, told = Matching(), PlainBook(), []
        submitted, ended = D(0), D(0)
        for number in range(1000):
            if chance.random() < 0.25 and number:
                name = str(chance.randrange(number))
                events = book.cancel(name)
                plain.cancel(name)
            else:
                one = drawn(chance, number)
                submitted += one.quantity
                events = book.submit(one)
                plain.submit(one)
            told += [(one.price, one.quantity, one.taker, one.maker) for one in events if isinstance(one, Trade)]
            ended += sum(one.left for one in events if isinstance(one, Ended))
        assert told == plain.trades
        standing = {s[0].id: s[1] for s in plain.standing} | {s.id: s.quantity for s in plain.asleep}
        assert {str(n): book.left(str(n)) for n in range(1000) if book.left(str(n)) is not None} == standing
        bids, asks = book.depth(1000)
        assert sum(quantity for _, quantity in bids + asks) == sum(s[1] for s in plain.standing)
        # Every unit that came in was traded away on one side or the other, ended, or still waits.
        assert submitted == 2 * sum(quantity for _, quantity, _, _ in told) + ended + sum(standing.values())
        assert not bids or not asks or bids[0][0] < asks[0][0]
