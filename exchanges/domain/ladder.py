"""A book that is kept from a snapshot and what changed since: every level once, the best first."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from decimal import Decimal

from exchanges.domain.market import Level


class BrokenLadder(ValueError):
    """What was told cannot be a book; the whole of it is to be had anew."""


class Rungs:
    """One side, from the lowest price to the highest. A change costs a search, however many levels there are."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._prices: list[Decimal] = []
        self._levels: dict[Decimal, Level] = {}

    def begin(self, levels: Iterable[Level]) -> None:
        told = {one.price: one for one in levels}
        self._levels = {price: one for price, one in told.items() if _is_level(one)}
        self._prices = sorted(self._levels)
        self._check()

    def change(self, level: Level) -> None:
        """What stands at this price now; nought takes it away. One that nobody knew of may have gone already."""
        price = level.price
        if _is_level(level):
            if price not in self._levels:
                insort(self._prices, price)
                self._check()
            self._levels[price] = level
        elif self._levels.pop(price, None) is not None:
            del self._prices[bisect_left(self._prices, price)]

    def lowest(self, count: int) -> tuple[Level, ...]:
        return tuple(self._levels[price] for price in self._prices[:count])

    def highest(self, count: int) -> tuple[Level, ...]:
        return tuple(self._levels[price] for price in self._prices[: -count - 1 : -1])

    def keep_lowest(self, count: int) -> None:
        for price in self._prices[count:]:
            del self._levels[price]
        del self._prices[count:]

    def keep_highest(self, count: int) -> None:
        gone = self._prices[:-count] if count else self._prices[:]
        for price in gone:
            del self._levels[price]
        del self._prices[: len(gone)]

    def __len__(self) -> int:
        return len(self._prices)

    def _check(self) -> None:
        if len(self._prices) > self._most:
            raise BrokenLadder(f"more than {self._most} levels on one side")


class Ladder:
    """Both sides. `depth`: no more levels than these are told of, and what lies beyond is forgotten."""

    def __init__(self, *, depth: int | None = None, most: int = 200_000) -> None:
        self.depth = depth
        self.bids, self.asks = Rungs(most=most), Rungs(most=most)
        self.has_begun = False

    def begin(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        self.bids.begin(bids)
        self.asks.begin(asks)
        self.has_begun = True
        self._trim()

    def change(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """All of one message together: between two of its changes the book was never."""
        if not self.has_begun:
            raise BrokenLadder("a change of a book that was not told yet")
        for one in bids:
            self.bids.change(one)
        for one in asks:
            self.asks.change(one)
        self._trim()

    def best(self, count: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        return self.bids.highest(count), self.asks.lowest(count)

    @property
    def is_crossed(self) -> bool:
        """A buyer who pays what a seller asks would have got it: such a book is none."""
        (bids, asks) = self.best(1)
        return bool(bids and asks) and bids[0].price >= asks[0].price

    def _trim(self) -> None:
        if self.depth is not None:
            self.bids.keep_highest(self.depth)
            self.asks.keep_lowest(self.depth)


def _is_level(one: Level) -> bool:
    if not (one.price.is_finite() and one.quantity.is_finite()) or one.price <= 0 or one.quantity < 0:
        raise BrokenLadder(f"{one.quantity} at {one.price}")
    return one.quantity > 0
