"""Alpha Vantage: https://www.alphavantage.co/documentation/ as of 2026-11: TIME_SERIES_DAILY, TIME_SERIES_INTRADAY,
FX_DAILY, CURRENCY_EXCHANGE_RATE. Figures as traded; times in the zone that the answer names.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from instruments.adapters.vendor import Vendor
from instruments.domain.candles import Candle
from instruments.sources import Budget, Rate, SourceBusy, SourceRefused

_WORDS = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "60min"}
_FIGURES = ("1. open", "2. high", "3. low", "4. close", "5. volume")
_DAY_IN_SECONDS = 86_400.0
ADDRESS = "https://www.alphavantage.co"


class AlphaVantage(Vendor):
    name = "alpha_vantage"
    intervals = frozenset({*_WORDS, "1d"})
    most_candles = 10_000
    #: What a free key has.
    budget = Budget(25, 86_400)
    rates_at_once = 1

    def __init__(self, *, key: str, address: str = ADDRESS) -> None:
        super().__init__(title="Alpha Vantage", address=address, key=key)

    def candles(self, symbol: str, interval: str, since: dt.datetime, until: dt.datetime) -> Sequence[Candle]:
        """A symbol with a stroke, such as EUR/USD, is a pair of currencies, whose days have no volume."""
        base, stroke, quote = symbol.partition("/")
        if stroke and interval != "1d":
            raise SourceRefused("Alpha Vantage gives pairs of currencies by the day alone.")
        asked = {"function": "TIME_SERIES_DAILY", "symbol": symbol, "outputsize": "full"}
        if stroke:
            asked = {"function": "FX_DAILY", "from_symbol": base, "to_symbol": quote, "outputsize": "full"}
        elif interval != "1d":
            asked = {
                "function": "TIME_SERIES_INTRADAY",
                "symbol": symbol,
                "interval": _WORDS[interval],
                "adjusted": "false",
                "outputsize": "full",
                "month": f"{since:%Y-%m}",
            }
        content = self._told(asked)
        try:
            candles = _candles(content, is_daily=interval == "1d")
        except (KeyError, StopIteration, TypeError, ValueError) as error:
            raise self.unreadable(error) from error
        return [one for one in candles if since <= one.start < until]

    def rates(self, base: str, quotes: Sequence[str]) -> Sequence[Rate]:
        found = []
        for quote in quotes:
            asked = {"function": "CURRENCY_EXCHANGE_RATE", "from_currency": base, "to_currency": quote}
            content = self._told(asked)
            try:
                told = content["Realtime Currency Exchange Rate"]
                day = dt.date.fromisoformat(told["6. Last Refreshed"][:10])
                found.append(Rate(base, quote, Decimal(told["5. Exchange Rate"]), day, self.name))
            except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                raise self.unreadable(error) from error
        return found

    def _told(self, asked: Mapping[str, str]) -> dict[str, Any]:
        if not self._key:
            raise SourceRefused("Alpha Vantage wants a key; the operator sets ALPHA_VANTAGE_KEY.")
        content = self.ask("/query", {**asked, "datatype": "json", "apikey": self._key})
        if not isinstance(content, dict):
            raise self.unreadable(TypeError())
        # It says everything with status 200; a limit in one of two words.
        if "Error Message" in content:
            raise SourceRefused("Alpha Vantage does not take the question; its symbol may be another.")
        if content.keys() & {"Note", "Information"}:
            raise SourceBusy(
                "Alpha Vantage's budget is used up, or the key has no right to this.", wait=_DAY_IN_SECONDS / 24
            )
        return content


def _candles(content: Mapping[str, Any], *, is_daily: bool) -> list[Candle]:
    facts = content["Meta Data"]
    rows: dict[str, Mapping[str, str]] = next(
        value for name, value in content.items() if name.startswith("Time Series")
    )
    zone = ZoneInfo(next((value for name, value in facts.items() if name.endswith("Time Zone")), "US/Eastern"))
    found = []
    for text, row in rows.items():
        figures = [float(row[name]) for name in _FIGURES[:4]] + [float(row.get(_FIGURES[4], "0"))]
        told = dt.datetime.fromisoformat(text)
        start = told.replace(tzinfo=dt.UTC) if is_daily else told.replace(tzinfo=zone).astimezone(dt.UTC)
        found.append(Candle(start, *figures))
    return sorted(found)
