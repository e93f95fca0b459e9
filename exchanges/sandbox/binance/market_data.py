"""What anybody may ask of a market. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "Market Data
endpoints".
"""

import re
from collections.abc import Iterable
from typing import Any

from exchanges.sandbox.binance import errors
from exchanges.sandbox.binance.book_log import BookLog
from exchanges.sandbox.binance.calls import Call
from exchanges.sandbox.binance.exchange_info import ExchangeInfo
from exchanges.sandbox.binance.figures import eight, lots, price, ticked
from exchanges.sandbox.binance.klines import INTERVALS, klines, row
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.binance.statistics import Statistics
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.market import Market, Print
from exchanges.sandbox.sessions import MINUTE

_ZONE = re.compile(r"([+-]?)(\d{1,2})(?::(\d{2}))?", re.ASCII)
_HOUR = 60 * MINUTE


class MarketData:
    def __init__(self, *, house: House, clock: Clock, info: ExchangeInfo) -> None:
        self.house, self.clock, self.info = house, clock, info
        self.statistics = Statistics()
        self.logs = {symbol: BookLog(market) for symbol, market in house.markets.items()}

    # ---- the book and its trades ----

    def depth(self, call: Call) -> dict[str, Any]:
        market = self.house.look(self.info.market(call.parameters))
        most = call.parameters.count("limit", 100, 5000)
        log = self.logs[market.listing.symbol]
        bids, asks = log.look()
        return {
            "lastUpdateId": log.number,
            "bids": levels(market, bids[:most]),
            "asks": levels(market, asks[:most]),
        }

    def trades(self, call: Call) -> list[dict[str, Any]]:
        market = self.house.look(self.info.market(call.parameters))
        most, first = call.parameters.count("limit", 500, 1000), call.parameters.whole("fromId")
        if first is None:
            return [self.trade(market, one) for one in list(market.tape)[-most:]]
        return [self.trade(market, one) for one in market.tape if one.number >= first][:most]

    def trade(self, market: Market, one: Print) -> dict[str, Any]:
        return {
            "id": one.number,
            "price": price(market, one.price),
            "qty": lots(market, one.lots),
            "quoteQty": worth_of(market, one),
            "time": one.at + self.clock.skew,
            "isBuyerMaker": not one.taker_is_buy,
            "isBestMatch": True,
        }

    def agg_trades(self, call: Call) -> list[dict[str, Any]]:
        market = self.house.look(self.info.market(call.parameters))
        asked = call.parameters
        most, first = asked.count("limit", 500, 1000), asked.whole("fromId")
        begin, end = asked.moment("startTime"), asked.moment("endTime")
        if first is not None and (begin is not None or end is not None):
            raise errors.bad_combination()
        found = [
            one
            for one in aggregated(market.tape)
            if (first is None or one[0].number >= first)
            and (begin is None or one[0].at + self.clock.skew >= begin)
            and (end is None or one[0].at + self.clock.skew <= end)
        ]
        found = found[-most:] if first is None and begin is None else found[:most]
        return [self.agg_trade(market, one) for one in found]

    def agg_trade(self, market: Market, prints: list[Print]) -> dict[str, Any]:
        return {
            "a": prints[0].number,
            "p": price(market, prints[0].price),
            "q": lots(market, sum(one.lots for one in prints)),
            "f": prints[0].number,
            "l": prints[-1].number,
            "T": prints[0].at + self.clock.skew,
            "m": not prints[0].taker_is_buy,
            "M": True,
        }

    # ---- klines ----

    def klines(self, call: Call) -> list[list[Any]]:
        asked = call.parameters
        market, interval = self.info.market(asked), asked.must("interval")
        if interval not in INTERVALS:
            raise errors.bad_interval()
        offset = zone(asked)
        found = klines(
            market, interval, now=self.clock.now(), begin=asked.moment("startTime"), end=asked.moment("endTime"),
            most=asked.count("limit", 500, 1000), offset=offset,
        )  # fmt: skip
        return [row(market, bar, interval, offset) for bar in found]

    def average(self, call: Call) -> dict[str, Any]:
        market = self.house.look(self.info.market(call.parameters))
        return {
            "mins": 5,
            "price": ticked(market, self.statistics.average(market, self.clock.now())),
            "closeTime": self.last_trade_at(market),
        }

    def last_trade_at(self, market: Market) -> int:
        return (market.tape[-1].at if market.tape else self.clock.now()) + self.clock.skew

    # ---- prices ----

    def prices(self, call: Call) -> Any:
        return self._each(call, lambda market: {"symbol": market.listing.symbol, "price": price(market, market.last)})

    def tops(self, call: Call) -> Any:
        return self._each(call, self.top)

    def top(self, market: Market) -> dict[str, Any]:
        bids, asks = market.matching.depth(1)
        bid, ask = bids[0] if bids else (0, 0), asks[0] if asks else (0, 0)
        return {
            "symbol": market.listing.symbol,
            "bidPrice": price(market, int(bid[0])),
            "bidQty": lots(market, int(bid[1])),
            "askPrice": price(market, int(ask[0])),
            "askQty": lots(market, int(ask[1])),
        }

    def _each(self, call: Call, tell: Any) -> Any:
        """One object for a symbol, a list for several or all."""
        markets = self.info.markets(call.parameters)
        found = list(self.house.markets.values()) if markets is None else markets
        told = [tell(self.house.look(market)) for market in found]
        return told[0] if call.parameters.has("symbol") else told


def levels(market: Market, found: Iterable[tuple[int, int]]) -> list[list[str]]:
    return [[price(market, ticks), lots(market, count)] for ticks, count in found]


def worth_of(market: Market, one: Print) -> str:
    return eight(one.price * one.lots * market.worth)


def aggregated(tape: Iterable[Print]) -> list[list[Print]]:
    """Trades of one taker at one price, as far as a tape shows it: at once, one after the other, on one side."""
    found: list[list[Print]] = []
    for one in tape:
        last = found[-1][-1] if found else None
        if (
            last is not None
            and last.number + 1 == one.number
            and (last.at, last.price, last.taker_is_buy) == (one.at, one.price, one.taker_is_buy)
        ):
            found[-1].append(one)
        else:
            found.append([one])
    return found


def zone(asked: Parameters) -> int:
    """Milliseconds east of UTC."""
    word = asked.text("timeZone")
    if word is None:
        return 0
    match = _ZONE.fullmatch(word)
    if match is None:
        raise errors.bad_value("timeZone")
    offset = int(match[2]) * _HOUR + int(match[3] or 0) * MINUTE
    offset = -offset if match[1] == "-" else offset
    if not -12 * _HOUR <= offset <= 14 * _HOUR or int(match[3] or 0) > 59:
        raise errors.bad_value("timeZone")
    return offset
