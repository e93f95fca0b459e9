"""The matching book beside a plain one: one list, sorted anew at each step, over 60,000 random operations."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.domain.matching import Ended, Matching, Order, Rested, SelfTrade, Slept, Stay, Trade, Why, Woke

ENDS_OWN_MAKER = {SelfTrade.ENDS_MAKER, SelfTrade.ENDS_BOTH}
ENDS_OWN_TAKER = {SelfTrade.ENDS_TAKER, SelfTrade.ENDS_BOTH}


class Reference:
    """Price, then time. Written from the rules alone; slow and plain."""

    def __init__(self):
        self.rests, self.sleeps, self.last, self.said, self.trades, self.clock = [], [], None, [], 0, 0

    def facing(self, order, limit):
        """Resting [order, left, time] that this one may meet, the best first."""
        sign = 1 if order.is_buy else -1
        found = [r for r in self.rests if r[0].is_buy != order.is_buy]
        found = [r for r in found if limit is None or sign * r[0].price <= sign * limit]
        return sorted(found, key=lambda r: (sign * r[0].price, r[2]))

    def submit(self, order):
        self.said, queue = [], []
        if order.trigger is None or self.hit(order, [] if self.last is None else [self.last]):
            self.said += [Woke(order.id)] if order.trigger is not None else []
            queue = [order]
        else:
            self.clock += 1
            self.sleeps.append((order, self.clock))
            self.said.append(Slept(order.id))
        self.drain(queue, [])
        return self.said

    def move_last(self, price):
        self.said, self.last = [], price
        self.drain([], [price])
        return self.said

    def drain(self, queue, seen):
        while True:
            up = [s for s in self.sleeps if s[0].wakes_rising and self.hit(s[0], seen)]
            down = [s for s in self.sleeps if not s[0].wakes_rising and self.hit(s[0], seen)]
            up.sort(key=lambda s: (s[0].trigger, s[1]))
            down.sort(key=lambda s: (-s[0].trigger, s[1]))
            self.sleeps = [s for s in self.sleeps if s not in up + down]
            self.said += [Woke(s[0].id) for s in up + down]
            queue += [s[0] for s in up + down]
            if not queue:
                return
            seen = self.run(queue.pop(0))

    def hit(self, order, prices):
        return any(p >= order.trigger if order.wakes_rising else p <= order.trigger for p in prices)

    def run(self, order):
        """The prices that it traded at."""
        facing, seen, left, money = self.facing(order, order.price), [], order.quantity, order.amount
        if order.is_maker_only and facing:
            return self.end(order.id, Why.WOULD_TAKE, left)
        if order.stay is Stay.FILL_OR_KILL and self.within_reach(order, facing) < left:
            return self.end(order.id, Why.NOT_ALL, left)
        for rest in facing:
            wants = left if money is None else money // rest[0].price
            if not wants:
                break
            if rest[0].owner == order.owner and order.self_trade is not SelfTrade.ALLOWED:
                if order.self_trade in ENDS_OWN_MAKER:
                    self.rests.remove(rest)
                    self.end(rest[0].id, Why.SELF_TRADE, rest[1])
                if order.self_trade in ENDS_OWN_TAKER:
                    self.end(order.id, Why.SELF_TRADE, left)
                    return seen
                continue
            traded, price = min(wants, rest[1]), rest[0].price
            self.trades += 1
            self.said.append(Trade(self.trades, price, traded, order.id, rest[0].id, order.is_buy))
            self.last, rest[1] = price, rest[1] - traded
            seen.append(price)
            self.rests = [r for r in self.rests if r[1]]
            left, money = (left - traded, None) if money is None else (left, money - traded * price)
            if rest[1]:
                # Nobody passes by a better price, even who cannot pay a whole lot there any more.
                break
        if money is not None or (left and (order.price is None or order.stay is not Stay.RESTS)):
            self.end(order.id, Why.NO_LIQUIDITY, left)
        elif left:
            self.clock += 1
            self.rests.append([order, left, self.clock])
            self.said.append(Rested(order.id, left))
        return seen

    def within_reach(self, order, facing):
        there = 0
        for rest in facing:
            is_own = rest[0].owner == order.owner and order.self_trade is not SelfTrade.ALLOWED
            if is_own and order.self_trade in ENDS_OWN_TAKER:
                break
            there += 0 if is_own else rest[1]
        return there

    def end(self, name, why, left):
        self.said.append(Ended(name, why, left))
        return []

    def cancel(self, name):
        gone = [(s[0], s[0].quantity) for s in self.sleeps if s[0].id == name]
        gone += [(r[0], r[1]) for r in self.rests if r[0].id == name]
        self.sleeps = [s for s in self.sleeps if s[0].id != name]
        self.rests = [r for r in self.rests if r[0].id != name]
        return [Ended(name, Why.CANCELLED, left) for _, left in gone]

    def reduce(self, name, to):
        for rest in self.rests:
            if rest[0].id == name and 0 < to < rest[1]:
                rest[1] = to
                return True
        return False

    def depth(self):
        sides = {True: {}, False: {}}
        for order, left, _ in self.rests:
            sides[order.is_buy][order.price] = sides[order.is_buy].get(order.price, 0) + left
        return sorted(sides[True].items(), reverse=True), sorted(sides[False].items())


class Both:
    """Does each thing to both books and compares all that can be seen."""

    def __init__(self):
        self.book, self.plain, self.asked, self.had = Matching(), Reference(), {}, {}

    def submit(self, order):
        self.asked[order.id], self.had[order.id] = order, 0
        before = self.plain.depth()
        said = self.book.submit(order)
        assert said == self.plain.submit(order)
        self.hold_rules(said, before, order)

    def cancel(self, name):
        assert self.book.cancel(name) == self.plain.cancel(name)

    def reduce(self, name, to):
        if any(s[0].id == name for s in self.plain.sleeps):
            return
        assert self.book.reduce(name, to) == self.plain.reduce(name, to)

    def move_last(self, price):
        said = self.book.move_last(price)
        assert said == self.plain.move_last(price)
        self.hold_rules(said, None, None)

    def compare(self):
        assert self.book.depth(10**6) == self.plain.depth()
        assert self.book.last == self.plain.last
        there = {r[0].id: r[1] for r in self.plain.rests} | {s[0].id: s[0].quantity for s in self.plain.sleeps}
        assert {name: self.book.left(name) for name in self.asked if self.book.left(name) is not None} == there
        bids, asks = self.plain.depth()
        assert not bids or not asks or bids[0][0] < asks[0][0]

    def hold_rules(self, said, before, order):
        """What must be so whatever the other book says."""
        for one in said:
            if isinstance(one, Trade):
                for name in (one.taker, one.maker):
                    asked = self.asked[name]
                    self.had[name] += one.quantity * (one.price if asked.amount is not None else 1)
                    assert self.had[name] <= (asked.quantity if asked.amount is None else asked.amount)
                    assert asked.price is None or (
                        one.price <= asked.price if asked.is_buy else one.price >= asked.price
                    )
        if order is None:
            return
        own = [one for one in said if isinstance(one, Trade) and one.taker == order.id]
        prices = [one.price for one in own]
        assert prices == sorted(prices, reverse=not order.is_buy)
        best = [price for price, _ in before[1 if order.is_buy else 0]]
        # Each price that was reached was the best there: none in front of it was left out.
        if order.self_trade is SelfTrade.ALLOWED:
            assert list(dict.fromkeys(prices)) == best[: len(set(prices))]


def drawn(chance, number, *, names):
    price, kind = chance.randint(90, 110), chance.random()
    is_amount = kind > 0.93
    return Order(
        # Names come back: an order of the same name may have slept, stood and gone before.
        f"{number}" if chance.random() < 0.7 else f"again{number % names}",
        owner=f"owner{chance.randrange(4)}",
        is_buy=chance.random() < 0.5,
        quantity=0 if is_amount else chance.randint(1, 50),
        amount=chance.randint(1, 4000) if is_amount else None,
        price=None if kind < 0.1 else price,
        trigger=chance.randint(88, 112) if 0.7 < kind < 0.9 else None,
        wakes_rising=chance.random() < 0.5,
        stay=Stay.RESTS if is_amount else chance.choices(list(Stay), (6, 1, 2))[0],
        is_maker_only=not is_amount and chance.random() < 0.1,
        self_trade=chance.choice(list(SelfTrade)),
    )


def stands(both, name):
    return both.book.left(name) is not None


@pytest.mark.parametrize("seed", range(50))
def test_both_books_say_the_same_over_a_thousand_steps(seed):
    chance, both = random.Random(seed), Both()
    for number in range(1000):
        kind = chance.random()
        name = str(chance.randrange(number + 1)) if chance.random() < 0.7 else f"again{chance.randrange(20)}"
        if kind < 0.15:
            both.cancel(name)
        elif kind < 0.25:
            both.reduce(name, chance.randint(-1, 40))
        elif kind < 0.3:
            both.move_last(chance.randint(88, 112))
        else:
            order = drawn(chance, number, names=20)
            if not stands(both, order.id):
                both.submit(order)
        if number % 20 == 0:
            both.compare()
    both.compare()
    assert both.book.number > 100


prices = st.integers(97, 103)
orders = st.builds(
    dict,
    owner=st.sampled_from("abc"),
    is_buy=st.booleans(),
    quantity=st.integers(1, 5),
    price=st.none() | prices,
    trigger=st.none() | st.none() | prices,
    wakes_rising=st.booleans(),
    stay=st.sampled_from(Stay),
    is_maker_only=st.booleans(),
    self_trade=st.sampled_from(SelfTrade),
)
amounts = st.builds(dict, owner=st.sampled_from("abc"), is_buy=st.booleans(), amount=st.integers(1, 900))
deeds = st.one_of(
    st.tuples(st.just("submit"), orders | amounts),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("reduce"), st.tuples(st.integers(0, 30), st.integers(0, 5))),
    st.tuples(st.just("move_last"), prices),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(deeds, max_size=40))
def test_no_short_story_tells_them_apart(story):
    both = Both()
    for number, (what, told) in enumerate(story):
        match what:
            case "submit":
                both.submit(Order(str(number), **{"quantity": 0, **told}))
            case "reduce":
                both.reduce(str(told[0]), told[1])
            case "cancel":
                both.cancel(str(told))
            case _:
                both.move_last(told)
        both.compare()


def test_what_is_foreseen_is_what_comes():
    chance, book = random.Random("foreseen"), Matching()
    for number in range(5000):
        order = drawn(chance, number, names=1)
        if order.trigger is not None or order.is_maker_only or order.id.startswith("again"):
            continue
        foreseen = list(book.foresee(order))
        own = [(one.price, one.quantity) for one in book.submit(order) if isinstance(one, Trade)]
        assert own == foreseen or (order.stay is Stay.FILL_OR_KILL and not own)


def test_triggers_of_what_was_cancelled_are_forgotten():
    book = Matching()
    for number in range(20_000):
        book.submit(Order(str(number), "me", is_buy=True, quantity=1, trigger=10**6))
        book.cancel(str(number))
    assert len(book._rising) < 2000
