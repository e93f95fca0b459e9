"""Frankfurter: https://frankfurter.dev (v1) as of 2026-11: the reference rates of the European Central Bank, by day.

A reference rate is one figure and no bar, so there are no candles of it.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from instruments.adapters.vendor import Vendor
from instruments.domain.candles import Candle
from instruments.sources import Budget, Rate, SourceRefused

ADDRESS = "https://api.frankfurter.dev"


class Frankfurter(Vendor):
    name = "frankfurter"
    intervals: frozenset[str] = frozenset()
    most_candles = 0
    budget = Budget(30, 60)
    rates_at_once = 30

    def __init__(self, *, address: str = ADDRESS) -> None:
        super().__init__(title="Frankfurter (ECB)", address=address)

    def candles(self, symbol: str, interval: str, since: dt.datetime, until: dt.datetime) -> Sequence[Candle]:
        raise SourceRefused("The central bank tells one rate a day, which is no bar.")

    def rates(self, base: str, quotes: Sequence[str]) -> Sequence[Rate]:
        told = self.ask("/v1/latest", {"base": base, "symbols": ",".join(quotes)})
        try:
            day = dt.date.fromisoformat(told["date"])
            return [Rate(base, quote, Decimal(told["rates"][quote]), day, self.name) for quote in quotes]
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise self.unreadable(error) from error
