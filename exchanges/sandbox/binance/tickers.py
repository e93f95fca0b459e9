"""The tickers over windows of time. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "24hr ticker",
"Trading Day Ticker", "Rolling window price change statistics".

Prices and volumes are the series' own; the numbers of trades are of those that the tape still holds.
"""

import re
from typing import Any

from exchanges.sandbox.binance import errors
from exchanges.sandbox.binance.calls import Call
from exchanges.sandbox.binance.exchange_info import STATUSES, status_of
from exchanges.sandbox.binance.figures import ZERO, counted, lots, price, ticked
from exchanges.sandbox.binance.klines import start_of
from exchanges.sandbox.binance.market_data import MarketData, zone
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.binance.statistics import Window
from exchanges.sandbox.market import Market
from exchanges.sandbox.sessions import DAY, MINUTE

_SIZE = re.compile(r"([1-9]|[1-5]\d)m|([1-9]|1\d|2[0-3])h|([1-7])d", re.ASCII)
_MOST_SYMBOLS = 100


class Tickers:
    def __init__(self, data: MarketData) -> None:
        self._data = data

    def day(self, call: Call) -> Any:
        """Of the last 24 hours."""
        begin = self._data.clock.now() - DAY
        return self._each(call, begin, None, is_full_day=True)

    def trading_day(self, call: Call) -> Any:
        self._needs_symbol(call.parameters)
        begin = start_of(self._data.clock.now(), "1d", zone(call.parameters))
        return self._each(call, begin, begin + DAY - 1)

    def rolling(self, call: Call) -> Any:
        self._needs_symbol(call.parameters)
        begin = (self._data.clock.now() - size_of(call.parameters.text("windowSize") or "1d")) // MINUTE * MINUTE
        return self._each(call, begin, None)

    def full(self, market: Market, begin: int, close: int | None) -> dict[str, Any]:
        found = self.mini(market, begin, close)
        window = self._data.statistics.window(market, self._data.clock.now(), begin)
        symbol = found.pop("symbol")
        return {"symbol": symbol, **changes(market, window), **found}

    def full_day(self, market: Market, begin: int) -> dict[str, Any]:
        window = self._data.statistics.window(market, self._data.clock.now(), begin)
        rest = self.mini(market, begin, None)
        top = self._data.top(market)
        return {
            "symbol": rest["symbol"],
            **changes(market, window),
            "prevClosePrice": ticked(market, window.before),
            "lastPrice": rest["lastPrice"],
            "lastQty": lots(market, market.tape[-1].lots) if market.tape else ZERO,
            **{name: top[name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")},
            **{name: word for name, word in rest.items() if name not in {"symbol", "lastPrice"}},
        }

    def mini(self, market: Market, begin: int, close: int | None) -> dict[str, Any]:
        clock = self._data.clock
        window = self._data.statistics.window(market, clock.now(), begin)
        last = market.last * float(market.listing.tick)
        first_number, last_number = numbers(market, begin)
        return {
            "symbol": market.listing.symbol,
            "openPrice": ticked(market, window.open),
            "highPrice": ticked(market, max(window.high, last)),
            "lowPrice": ticked(market, min(window.low, last)),
            "lastPrice": price(market, market.last),
            "volume": counted(window.volume),
            "quoteVolume": counted(window.quote),
            "openTime": begin + clock.skew,
            "closeTime": clock.told() if close is None else close,
            "firstId": first_number,
            "lastId": last_number,
            "count": last_number - first_number + 1 if first_number >= 0 else 0,
        }

    # ---- within ----

    def _each(self, call: Call, begin: int, close: int | None, *, is_full_day: bool = False) -> Any:
        asked = call.parameters
        kind, status = asked.text("type") or "FULL", asked.text("symbolStatus")
        if kind not in {"FULL", "MINI"}:
            raise errors.Refusal(-1139, "Invalid ticker type.")
        if status is not None and status not in STATUSES:
            raise errors.Refusal(-1122, "Invalid symbolStatus.")
        markets = self._data.info.markets(asked)
        found = list(self._data.house.markets.values()) if markets is None else markets
        is_one = asked.has("symbol")
        if status is not None:
            if is_one and status_of(found[0]) != status:
                raise errors.Refusal(-1220, "The symbol's status does not match the requested symbolStatus.")
            found = [one for one in found if status_of(one) == status]
        told = []
        for market in found:
            self._data.house.look(market)
            if kind == "MINI":
                told.append(self.mini(market, begin, close))
            else:
                told.append(self.full_day(market, begin) if is_full_day else self.full(market, begin, close))
        return told[0] if is_one else told

    def _needs_symbol(self, asked: Parameters) -> None:
        symbols = asked.listed("symbols")
        if symbols is None and not asked.has("symbol"):
            raise errors.neither("symbol", "symbols")
        if symbols is not None and len(symbols) > _MOST_SYMBOLS:
            raise errors.bad_value("symbols")


def changes(market: Market, window: Window) -> dict[str, str]:
    last = market.last * float(market.listing.tick)
    change = last - window.open
    return {
        "priceChange": counted(change),
        "priceChangePercent": f"{change / window.open * 100:.3f}",
        "weightedAvgPrice": counted(window.average),
    }


def numbers(market: Market, begin: int) -> tuple[int, int]:
    """The first and last trade since then that the tape holds; -1 where it holds none."""
    if not market.tape or market.tape[-1].at < begin:
        return -1, -1
    return next(one.number for one in market.tape if one.at >= begin), market.tape[-1].number


def size_of(word: str) -> int:
    match = _SIZE.fullmatch(word)
    if match is None:
        raise errors.bad_value("windowSize")
    minutes, hours, days = match.groups()
    return (int(minutes or 0) + int(hours or 0) * 60 + int(days or 0) * 1440) * MINUTE
