"""A price-time matching book: the paper venue's and the sandbox's. It imports nothing of ours.

It knows orders, prices and who stands first; money, fees, accounts and filters are its user's. Numbers go in as they
are, Decimal or int, and are only added, subtracted, compared and, for amounts, divided to whole lots.
"""

import heapq
from bisect import bisect_left, insort
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from itertools import count

Number = Decimal | int


class Stay(Enum):
    """What becomes of the part that is not filled at once."""

    RESTS = "rests"
    IMMEDIATE_OR_CANCEL = "ioc"
    FILL_OR_KILL = "fok"


class SelfTrade(Enum):
    """What happens when an order meets one of the same owner. The one that comes decides."""

    ALLOWED = "allowed"
    ENDS_TAKER = "ends_taker"
    ENDS_MAKER = "ends_maker"
    ENDS_BOTH = "ends_both"


class Why(Enum):
    """Why an order ended with something left."""

    CANCELLED = "cancelled"
    NO_LIQUIDITY = "no_liquidity"
    NOT_ALL = "not_all"
    WOULD_TAKE = "would_take"
    SELF_TRADE = "self_trade"


@dataclass(frozen=True, slots=True)
class Order:
    """What comes in. Without a price it takes the market's; with `trigger` it sleeps until the last price is there."""

    id: str
    owner: str
    is_buy: bool
    quantity: Number
    price: Number | None = None
    trigger: Number | None = None
    #: Wakes when the last price has risen to the trigger; else when it has fallen to it.
    wakes_rising: bool = True
    stay: Stay = Stay.RESTS
    is_maker_only: bool = False
    self_trade: SelfTrade = SelfTrade.ENDS_TAKER
    #: Instead of a quantity: how much of the other currency to spend, in whole lots. Then `quantity` is nought, and it
    #: never rests, and is neither all or nothing nor for makers alone.
    amount: Number | None = None
    lot: Number = 1


@dataclass(frozen=True, slots=True)
class Trade:
    number: int
    price: Number
    quantity: Number
    taker: str
    maker: str
    taker_is_buy: bool


@dataclass(frozen=True, slots=True)
class Rested:
    order: str
    left: Number


@dataclass(frozen=True, slots=True)
class Slept:
    order: str


@dataclass(frozen=True, slots=True)
class Woke:
    order: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The order is over, with this much unfilled. Filled orders end by their last trade, without this."""

    order: str
    why: Why
    left: Number


Event = Trade | Rested | Slept | Woke | Ended


class TwoOfOneName(ValueError):
    """An order of this id stands in the book already."""


class _Standing:
    __slots__ = ("left", "order", "turn")

    def __init__(self, order: Order, left: Number, turn: int) -> None:
        self.order, self.left, self.turn = order, left, turn


class _Level:
    """The orders at one price, the first come first."""

    __slots__ = ("orders", "total")

    def __init__(self) -> None:
        self.orders: OrderedDict[str, _Standing] = OrderedDict()
        self.total: Number = 0


class _Side:
    """One side of the book. Ranks are prices for bids and negated prices for asks, so that the best is the highest."""

    __slots__ = ("_sign", "levels", "ranks")

    def __init__(self, *, is_bids: bool) -> None:
        self._sign = 1 if is_bids else -1
        self.ranks: list[Number] = []
        self.levels: dict[Number, _Level] = {}

    def best(self) -> Number | None:
        return self.ranks[-1] * self._sign if self.ranks else None

    def crosses(self, limit: Number | None) -> bool:
        """Whether the best standing price is one that an order of the other side with this limit would take."""
        return bool(self.ranks) and (limit is None or self.ranks[-1] >= limit * self._sign)

    def add(self, standing: _Standing, price: Number) -> None:
        rank = price * self._sign
        level = self.levels.get(rank)
        if level is None:
            level = self.levels[rank] = _Level()
            insort(self.ranks, rank)
        level.orders[standing.order.id] = standing
        level.total += standing.left

    def take(self, standing: _Standing, price: Number, quantity: Number) -> None:
        """Lowers what stands, and forgets it at nought."""
        rank = price * self._sign
        level = self.levels[rank]
        level.total -= quantity
        standing.left -= quantity
        if standing.left == 0:
            del level.orders[standing.order.id]
            if not level.orders:
                del self.levels[rank]
                del self.ranks[bisect_left(self.ranks, rank)]

    def first(self) -> tuple[_Standing, Number]:
        rank = self.ranks[-1]
        return next(iter(self.levels[rank].orders.values())), rank * self._sign

    def orders(self, limit: Number | None) -> Iterator[tuple[Number, _Standing]]:
        """Those that an order of the other side with this limit meets, in their order."""
        for rank in reversed(self.ranks):
            if limit is not None and rank < limit * self._sign:
                return
            for standing in self.levels[rank].orders.values():
                yield rank * self._sign, standing

    def depth(self, most: int) -> list[tuple[Number, Number]]:
        return [(rank * self._sign, self.levels[rank].total) for rank in reversed(self.ranks[-most:])] if most else []


class Matching:
    """The book of one listing."""

    def __init__(self) -> None:
        self.last: Number | None = None
        self._sides = {True: _Side(is_bids=True), False: _Side(is_bids=False)}
        self._standing: dict[str, _Standing] = {}
        #: What sleeps, each with its turn: one of the same name may have slept and gone before.
        self._asleep: dict[str, tuple[Order, int]] = {}
        self._rising: list[tuple[Number, int, str]] = []
        self._falling: list[tuple[Number, int, str]] = []
        #: The number of the last trade.
        self.number = 0
        self._turns = count()
        #: The lowest and the highest price since sleepers were looked at.
        self._reach: tuple[Number, Number] | None = None

    # ---- looking ----

    @property
    def bid(self) -> Number | None:
        return self._sides[True].best()

    @property
    def ask(self) -> Number | None:
        return self._sides[False].best()

    def depth(self, most: int) -> tuple[list[tuple[Number, Number]], list[tuple[Number, Number]]]:
        """Bids and asks as (price, quantity), the best first."""
        return self._sides[True].depth(most), self._sides[False].depth(most)

    def count_at(self, *, is_buy: bool, price: Number) -> int:
        """How many orders stand at a price."""
        level = self._sides[is_buy].levels.get(price if is_buy else -price)
        return len(level.orders) if level else 0

    def left(self, order_id: str) -> Number | None:
        """What is unfilled of an order that stands or sleeps; None when there is none."""
        if order_id in self._asleep:
            return self._asleep[order_id][0].quantity
        standing = self._standing.get(order_id)
        return standing.left if standing else None

    def turn(self, order_id: str) -> int | None:
        """Whoever has the lower one came to stand or to sleep before."""
        if order_id in self._asleep:
            return self._asleep[order_id][1]
        standing = self._standing.get(order_id)
        return standing.turn if standing else None

    def foresee(self, order: Order) -> Iterator[tuple[Number, Number]]:
        """Price and quantity of the trades that the order would make if it came now."""
        against, left, amount = self._sides[not order.is_buy], order.quantity, order.amount
        for price, standing in against.orders(order.price):
            wanted = left if amount is None else _lots(order, amount, price)
            if wanted <= 0:
                return
            if standing.order.owner == order.owner and order.self_trade is not SelfTrade.ALLOWED:
                if order.self_trade is not SelfTrade.ENDS_MAKER:
                    return
                continue
            traded = min(wanted, standing.left)
            yield price, traded
            if amount is None:
                left -= traded
            else:
                amount -= traded * price

    # ---- doing ----

    def draw_number(self) -> int:
        """The number of a trade that was made outside the book."""
        self.number += 1
        return self.number

    def submit(self, order: Order) -> list[Event]:
        """All that comes of it, in order: its own trades, and those of the orders that they woke."""
        if order.id in self._standing or order.id in self._asleep:
            raise TwoOfOneName(order.id)
        if (order.amount is None) != (order.quantity > 0):
            raise ValueError("an order has a quantity above nought or an amount, one of the two")
        if order.amount is not None and (order.stay is Stay.FILL_OR_KILL or order.is_maker_only):
            raise ValueError("an amount is neither all or nothing nor for makers alone")
        events: list[Event] = []
        if order.trigger is not None and not self._is_awake(order):
            self._lay_down(order, order.trigger)
            return [Slept(order.id)]
        if order.trigger is not None:
            events.append(Woke(order.id))
        self._run_all(deque([order]), events)
        return events

    def cancel(self, order_id: str) -> list[Event]:
        """Empty when no such order stands: somebody was faster."""
        asleep = self._asleep.pop(order_id, None)
        if asleep is not None:
            self._sweep()
            return [Ended(order_id, Why.CANCELLED, asleep[0].quantity)]
        standing = self._standing.get(order_id)
        return [] if standing is None else [self._end(standing, Why.CANCELLED)]

    def reduce(self, order_id: str, to: Number) -> bool:
        """Lowers what is unfilled, keeping the place in the queue. False when it is not there, or would not fall."""
        if order_id in self._asleep:
            order, turn = self._asleep[order_id]
            if not 0 < to < order.quantity:
                return False
            self._asleep[order_id] = replace(order, quantity=to), turn
            return True
        standing = self._standing.get(order_id)
        if standing is None or not 0 < to < standing.left:
            return False
        self._sides[standing.order.is_buy].take(standing, _price(standing.order), standing.left - to)
        return True

    def move_last(self, price: Number) -> list[Event]:
        """The market traded at this price elsewhere: what sleeps may wake."""
        self._print(price)
        events: list[Event] = []
        self._run_all(self._woken(events), events)
        return events

    # ---- within ----

    def _run_all(self, waiting: deque[Order], events: list[Event]) -> None:
        """Each in turn, and behind them those that their trades wake."""
        while waiting:
            self._run(waiting.popleft(), events)
            waiting += self._woken(events)

    def _woken(self, events: list[Event]) -> deque[Order]:
        woken = deque(self._wake())
        events += [Woke(order.id) for order in woken]
        return woken

    def _run(self, order: Order, events: list[Event]) -> None:
        against = self._sides[not order.is_buy]
        left, amount = order.quantity, order.amount
        if order.is_maker_only and against.crosses(order.price):
            events.append(Ended(order.id, Why.WOULD_TAKE, left))
            return
        if order.stay is Stay.FILL_OR_KILL and not self._can_fill(order):
            events.append(Ended(order.id, Why.NOT_ALL, left))
            return
        while against.crosses(order.price):
            standing, price = against.first()
            wanted = left if amount is None else _lots(order, amount, price)
            if wanted <= 0:
                break
            if standing.order.owner == order.owner and order.self_trade is not SelfTrade.ALLOWED:
                if order.self_trade is not SelfTrade.ENDS_TAKER:
                    events.append(self._end(standing, Why.SELF_TRADE))
                if order.self_trade is not SelfTrade.ENDS_MAKER:
                    events.append(Ended(order.id, Why.SELF_TRADE, left))
                    return
                continue
            traded = min(wanted, standing.left)
            maker = standing.order.id
            against.take(standing, price, traded)
            if standing.left == 0:
                del self._standing[maker]
            events.append(Trade(self.draw_number(), price, traded, order.id, maker, order.is_buy))
            self._print(price)
            if amount is None:
                left -= traded
                if left == 0:
                    return
            else:
                amount -= traded * price
        self._settle(order, left, events)

    def _settle(self, order: Order, left: Number, events: list[Event]) -> None:
        """What could not be filled at once: it rests, or it ends."""
        if order.price is None or order.amount is not None or order.stay is not Stay.RESTS:
            # An amount that bought all it could in whole lots ends like this too; its rest is less than a lot.
            events.append(Ended(order.id, Why.NO_LIQUIDITY, left))
            return
        standing = _Standing(order, left, next(self._turns))
        self._standing[order.id] = standing
        self._sides[order.is_buy].add(standing, order.price)
        events.append(Rested(order.id, left))

    def _can_fill(self, order: Order) -> bool:
        """Whether everything is there at once, counting what the order's own owner has as absent."""
        wanted = order.quantity
        for _, traded in self.foresee(order):
            wanted -= traded
        return wanted <= 0

    def _end(self, standing: _Standing, why: Why) -> Ended:
        left = standing.left
        self._sides[standing.order.is_buy].take(standing, _price(standing.order), left)
        del self._standing[standing.order.id]
        return Ended(standing.order.id, why, left)

    def _is_awake(self, order: Order) -> bool:
        if self.last is None or order.trigger is None:
            return order.trigger is None
        return self.last >= order.trigger if order.wakes_rising else self.last <= order.trigger

    def _lay_down(self, order: Order, trigger: Number) -> None:
        turn = next(self._turns)
        self._asleep[order.id] = order, turn
        if order.wakes_rising:
            heapq.heappush(self._rising, (trigger, turn, order.id))
        else:
            heapq.heappush(self._falling, (-trigger, turn, order.id))

    def _print(self, price: Number) -> None:
        self.last = price
        self._reach = (
            (price, price) if self._reach is None else (min(self._reach[0], price), max(self._reach[1], price))
        )

    def _wake(self) -> list[Order]:
        """Those whose trigger a price has reached since it was asked last, the nearest first, then the first come."""
        woken: list[Order] = []
        if self._reach is None:
            return woken
        lowest, highest = self._reach
        self._reach = None
        for heap, reached in ((self._rising, highest), (self._falling, -lowest)):
            while heap and heap[0][0] <= reached:
                _, turn, name = heapq.heappop(heap)
                if self._sleeps(turn, name):
                    woken.append(self._asleep.pop(name)[0])
        return woken

    def _sleeps(self, turn: int, name: str) -> bool:
        return name in self._asleep and self._asleep[name][1] == turn

    def _sweep(self) -> None:
        """Forgets the triggers of what was cancelled, when they have become many."""
        if len(self._rising) + len(self._falling) > 2 * len(self._asleep) + 1000:
            for heap in (self._rising, self._falling):
                heap[:] = [one for one in heap if self._sleeps(one[1], one[2])]
                heapq.heapify(heap)


def _lots(order: Order, amount: Number, price: Number) -> Number:
    """How much of it, in whole lots, an amount buys at a price."""
    return amount // (price * order.lot) * order.lot


def _price(order: Order) -> Number:
    if order.price is None:
        raise ValueError(f"{order.id} has no price, and does not stand in a book")
    return order.price
