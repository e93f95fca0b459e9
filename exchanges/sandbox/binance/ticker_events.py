"""What the streams of klines and tickers send. binance/binance-spot-api-docs a5e0bc3 (2026-07-21),
web-socket-streams.md "Kline/Candlestick Streams", "Individual Symbol Ticker Streams" and those beside them.
"""

from collections.abc import Callable, Iterator
from typing import Any

from exchanges.sandbox.binance.figures import counted, ticked
from exchanges.sandbox.binance.klines import klines, next_of, taken, worth
from exchanges.sandbox.binance.market_data import MarketData
from exchanges.sandbox.binance.tickers import Tickers, changes, numbers
from exchanges.sandbox.market import Market
from exchanges.sandbox.series import Bar
from exchanges.sandbox.sessions import DAY, MINUTE

#: The windows that roll, each with its word and its minutes.
ROLLING = {"ticker_1h": ("1h", 60), "ticker_4h": ("4h", 240), "ticker_1d": ("1d", 1440)}


class TickerEvents:
    def __init__(self, *, data: MarketData, tickers: Tickers) -> None:
        self._data, self._tickers = data, tickers

    def klines(self, market: Market, interval: str, offset: int) -> Callable[[], Iterator[Any]]:
        running: list[int | None] = [None]

        def take() -> Iterator[Any]:
            now = self._data.clock.now()
            found = klines(market, interval, now=now, begin=None, end=None, most=1, offset=offset)
            if not found:
                return
            bar = found[-1]
            if running[0] is not None and running[0] != bar.at:
                for one in klines(market, interval, now=now, begin=running[0], end=bar.at - 1, most=1, offset=offset):
                    yield self._kline(market, one, interval, offset, is_closed=True)
            running[0] = bar.at
            yield self._kline(market, bar, interval, offset, is_closed=False)

        return take

    def _kline(self, market: Market, bar: Bar, interval: str, offset: int, *, is_closed: bool) -> dict[str, Any]:
        first, last = numbers(market, bar.at)
        base, quote = taken(bar)
        return {
            "e": "kline",
            "E": self._data.clock.told(),
            "s": market.listing.symbol,
            "k": {
                "t": bar.at,
                "T": next_of(bar.at, interval, offset) - 1,
                "s": market.listing.symbol,
                "i": interval,
                "f": first,
                "L": last,
                "o": ticked(market, bar.open),
                "c": ticked(market, bar.close),
                "h": ticked(market, bar.high),
                "l": ticked(market, bar.low),
                "v": counted(bar.volume),
                "n": bar.trades,
                "x": is_closed,
                "q": counted(worth(bar)),
                "V": counted(base),
                "Q": counted(quote),
                "B": "0",
            },
        }

    def mini(self, market: Market) -> dict[str, Any]:
        told = self._tickers.mini(market, self._data.clock.now() - DAY, None)
        return {
            "e": "24hrMiniTicker",
            "E": self._data.clock.told(),
            "s": market.listing.symbol,
            "c": told["lastPrice"],
            "o": told["openPrice"],
            "h": told["highPrice"],
            "l": told["lowPrice"],
            "v": told["volume"],
            "q": told["quoteVolume"],
        }

    def ticker(self, market: Market) -> dict[str, Any]:
        told = self._tickers.full_day(market, self._data.clock.now() - DAY)
        return {
            "e": "24hrTicker",
            "E": self._data.clock.told(),
            "s": market.listing.symbol,
            "p": told["priceChange"],
            "P": told["priceChangePercent"],
            "w": told["weightedAvgPrice"],
            "x": told["prevClosePrice"],
            "c": told["lastPrice"],
            "Q": told["lastQty"],
            "b": told["bidPrice"],
            "B": told["bidQty"],
            "a": told["askPrice"],
            "A": told["askQty"],
            **self._rest(told),
        }

    def rolling(self, market: Market, name: str) -> dict[str, Any]:
        size, minutes = ROLLING[name]
        begin = (self._data.clock.now() - minutes * MINUTE) // MINUTE * MINUTE
        told = self._tickers.mini(market, begin, None)
        change = changes(market, self._data.statistics.window(market, self._data.clock.now(), begin))
        rest = self._rest(told)
        return {
            "e": f"{size}Ticker",
            "E": self._data.clock.told(),
            "s": market.listing.symbol,
            "p": change["priceChange"],
            "P": change["priceChangePercent"],
            "c": told["lastPrice"],
            "w": change["weightedAvgPrice"],
            **rest,
        }

    def _rest(self, told: dict[str, Any]) -> dict[str, Any]:
        return {
            "o": told["openPrice"],
            "h": told["highPrice"],
            "l": told["lowPrice"],
            "v": told["volume"],
            "q": told["quoteVolume"],
            "O": told["openTime"],
            "C": told["closeTime"],
            "F": told["firstId"],
            "L": told["lastId"],
            "n": told["count"],
        }

    def average(self, market: Market) -> dict[str, Any]:
        return {
            "e": "avgPrice",
            "E": self._data.clock.told(),
            "s": market.listing.symbol,
            "i": "5m",
            "w": ticked(market, self._data.statistics.average(market, self._data.clock.now())),
            "T": self._data.last_trade_at(market),
        }
