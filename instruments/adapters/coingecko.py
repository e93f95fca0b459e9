"""CoinGecko: https://docs.coingecko.com/reference/coins-id-ohlc and /simple-price as of 2026-11.

Its bars are named by their close, their length follows from how many days are asked for, and they have no volume.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from instruments.adapters.vendor import Vendor
from instruments.domain.candles import Candle
from instruments.domain.prices import Price
from instruments.sources import Budget, SourceRefused
from kernel import clock
from kernel.bars import Interval

#: How many days are to be asked for, so that the bars have this length; and how far back they reach then.
_DAYS = {"30m": ("1", dt.timedelta(days=1)), "4h": ("30", dt.timedelta(days=30))}
ADDRESS = "https://api.coingecko.com"


class CoinGecko(Vendor):
    name = "coingecko"
    intervals = frozenset(_DAYS)
    most_candles = 180
    budget = Budget(25, 60)
    prices_at_once = 50

    def __init__(self, *, key: str = "", address: str = ADDRESS) -> None:
        super().__init__(title="CoinGecko", address=address, key=key)

    def candles(self, symbol: str, interval: str, since: dt.datetime, until: dt.datetime) -> Sequence[Candle]:
        coin, currency = _pair(symbol)
        days, reach = _DAYS[interval]
        length = Interval(interval).length
        if until <= clock.now() - reach:
            return []
        rows = self.ask(f"/api/v3/coins/{coin}/ohlc", {"vs_currency": currency, "days": days}, self._headers)
        try:
            candles = [_candle_of(row, length) for row in rows]
        except (IndexError, TypeError, ValueError) as error:
            raise self.unreadable(error) from error
        # The newest is named by the moment of the answer, not by a close.
        whole = [one for one in candles if not one.start.timestamp() % length.total_seconds()]
        return [one for one in whole if since <= one.start < until]

    def prices(self, symbols: Sequence[str]) -> Sequence[Price]:
        pairs = {symbol: _pair(symbol) for symbol in symbols}
        query = {
            "ids": ",".join(sorted({coin for coin, _ in pairs.values()})),
            "vs_currencies": ",".join(sorted({currency for _, currency in pairs.values()})),
            "include_last_updated_at": "true",
        }
        told = self.ask("/api/v3/simple/price", query, self._headers)
        try:
            return [
                Price(
                    symbol,
                    Decimal(told[coin][currency]),
                    None,
                    None,
                    dt.datetime.fromtimestamp(int(told[coin]["last_updated_at"]), dt.UTC),
                )
                for symbol, (coin, currency) in pairs.items()
                # It says nothing of what it does not know.
                if currency in told.get(coin, {})
            ]
        except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            raise self.unreadable(error) from error

    @property
    def _headers(self) -> dict[str, str]:
        return {"x-cg-demo-api-key": self._key} if self._key else {}


def _candle_of(row: Sequence[Any], length: dt.timedelta) -> Candle:
    stamp, opened, high, low, close = row[:5]
    start = dt.datetime.fromtimestamp(int(stamp) / 1000, dt.UTC) - length
    return Candle(start, float(opened), float(high), float(low), float(close), 0.0)


def _pair(symbol: str) -> tuple[str, str]:
    coin, stroke, currency = symbol.partition("/")
    if not (stroke and coin.replace("-", "").replace("_", "").isalnum() and currency.isalnum()):
        raise SourceRefused("CoinGecko knows a coin by its id and a currency: bitcoin/usd.")
    return coin, currency
