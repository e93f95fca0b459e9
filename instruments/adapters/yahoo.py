"""Yahoo's chart service: /v8/finance/chart/{symbol}, and /v7/finance/spark for the prices of several. They have no
published reference; the form is that of 2026-11.

Its figures are reckoned back for splits, up to the day of the answer; what is handed out here is as it was traded.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from instruments.adapters.vendor import Vendor
from instruments.domain.candles import Candle
from instruments.domain.prices import Price
from instruments.sources import Budget, SourceRefused
from kernel import clock
from kernel.bars import Interval

_WORDS = {"1m": "1m", "5m": "5m", "15m": "15m", "30m": "30m", "1h": "60m", "1d": "1d"}
ADDRESS = "https://query1.finance.yahoo.com"


class Yahoo(Vendor):
    name = "yahoo"
    intervals = frozenset(_WORDS)
    most_candles = 2_000
    budget = Budget(60, 60)
    #: More are refused.
    prices_at_once = 20

    def __init__(self, *, address: str = ADDRESS) -> None:
        super().__init__(title="Yahoo", address=address)

    def candles(self, symbol: str, interval: str, since: dt.datetime, until: dt.datetime) -> Sequence[Candle]:
        # Splits up to today are needed: all that came after a bar is in its figures.
        ends = clock.now() if interval == "1d" else until
        result = self._chart(symbol, _WORDS[interval], since, ends)
        try:
            return [one for one in _candles(result, Interval(interval)) if since <= one.start < until]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self.unreadable(error) from error

    def prices(self, symbols: Sequence[str]) -> Sequence[Price]:
        """Those that Yahoo knows; it says nothing of the others."""
        content = self.ask("/v7/finance/spark", {"symbols": ",".join(symbols), "range": "1d", "interval": "1d"})
        try:
            if content["spark"]["error"]:
                raise SourceRefused("Yahoo does not take the question; a symbol may be another.")
            told = {one["symbol"]: one["response"][0]["meta"] for one in content["spark"]["result"] or ()}
            return [_price_of(symbol, told[symbol]) for symbol in symbols if symbol in told]
        except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
            raise self.unreadable(error) from error

    def _chart(self, symbol: str, word: str, since: dt.datetime, until: dt.datetime) -> dict[str, Any]:
        query = {
            "period1": str(int(since.timestamp())),
            "period2": str(int(until.timestamp())),
            "interval": word,
            "events": "split",
        }
        content = self.ask(f"/v8/finance/chart/{quote(symbol, safe='')}", query)
        try:
            chart = content["chart"]
            if chart["error"]:
                raise SourceRefused(f"Yahoo does not take the question: {str(chart['error']['code'])[:80]}.")
            result: dict[str, Any] = chart["result"][0]
        except (KeyError, IndexError, TypeError) as error:
            raise self.unreadable(error) from error
        return result


def _price_of(symbol: str, told: dict[str, Any]) -> Price:
    at = dt.datetime.fromtimestamp(int(told["regularMarketTime"]), dt.UTC)
    return Price(symbol, Decimal(told["regularMarketPrice"]), None, None, at)


def _candles(result: dict[str, Any], interval: Interval) -> list[Candle]:
    quote_of = result["indicators"]["quote"][0]
    columns = [quote_of.get(name, []) for name in ("open", "high", "low", "close", "volume")]
    zone = ZoneInfo(result["meta"]["exchangeTimezoneName"])
    splits = [
        (dt.datetime.fromtimestamp(int(one["date"]), zone).date(), float(one["numerator"]) / float(one["denominator"]))
        for one in result.get("events", {}).get("splits", {}).values()
    ]
    found = []
    for stamp, *figures in zip(result.get("timestamp", []), *columns, strict=True):
        # A hole is told as null; nothing is put in its place.
        if None in figures:
            continue
        local = dt.datetime.fromtimestamp(int(stamp), zone)
        factor = 1.0
        if interval.is_session_based:
            for day, ratio in splits:
                factor *= ratio if local.date() < day else 1.0
        opened, high, low, close = (float(one) * factor for one in figures[:4])
        found.append(Candle(_start(local, interval), opened, high, low, close, float(figures[4]) / factor))
    return found


def _start(local: dt.datetime, interval: Interval) -> dt.datetime:
    if interval.is_session_based:
        return dt.datetime.combine(local.date(), dt.time(), tzinfo=dt.UTC)
    return local.astimezone(dt.UTC)
