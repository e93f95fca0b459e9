"""Sources that give, fail or are silent as a test wants."""

import datetime as dt
import time
from contextlib import contextmanager

from instruments import sources
from instruments.domain.candles import Candle
from kernel.bars import Interval


class Pretended:
    """Gives what `tell` makes of the asked range; `fails` is raised instead."""

    budget = None

    def __init__(self, name, *, price=100.0, intervals=("1m", "1h", "1d"), most=1000):
        self.name, self.title = name, name.title()
        self.intervals, self.most_candles = frozenset(intervals), most
        self.price, self.fails, self.tell, self.waits = price, None, self.usual, 0.0
        self.asked: list[tuple] = []

    def usual(self, interval, since, until):
        length = Interval(interval).length
        count = min(self.most_candles, -(-(until - since) // length))
        price = self.price
        return [
            Candle(since + length * number, price, price + 2, price - 1, price + number % 8 / 8, 1.0 + number)
            for number in range(count)
        ]

    def candles(self, symbol, interval, since, until):
        self.asked.append((symbol, interval, since, until))
        time.sleep(self.waits)
        if self.fails is not None:
            raise self.fails
        return self.tell(interval, since, until)


@contextmanager
def registered(*given):
    """These sources and no others."""
    before = dict(sources._sources)
    sources._sources.clear()
    for one in given:
        sources.register_source(one)
    try:
        yield
    finally:
        sources._sources.clear()
        sources._sources.update(before)


UTC = dt.UTC
