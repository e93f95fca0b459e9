"""What a listing's market looks like now.

kite.trade/docs/connect/v3/market-quotes (read 2026-11-21): /quote for 500 instruments at the most, /quote/ohlc and
/quote/ltp for 1,000, named by `i=exchange:tradingsymbol` or by token. Those that are unknown are left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.bands import band, close_before
from exchanges.sandbox.kite.errors import bad_input
from exchanges.sandbox.kite.figures import last_ticks, price, ticks_of
from exchanges.sandbox.kite.times import stamp
from exchanges.sandbox.market import Market
from exchanges.sandbox.sessions import DAY, day_at

_MOST_QUOTES, _MOST_PRICES = 500, 1_000
_DEPTH = 5
_MINUTES = 1_440
#: How long a day's bar is told on before it is reckoned anew; the last price is always new.
_FRESH = 1_000

Level = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class View:
    """A market at a moment, in ticks and shares. Depth is (price, shares, orders), five a side."""

    market: Market
    at: int
    last: int
    last_lots: int
    last_at: int
    average: int
    volume: int
    open: int
    high: int
    low: int
    close: int
    bids: list[Level]
    asks: list[Level]
    buying: int
    selling: int


class Quotes:
    def __init__(self, *, house: House, clock: Clock) -> None:
        self._house, self._clock = house, clock
        self.by_token = {int(one.listing.facts["token"]): one for one in house.markets.values()}
        self._days: dict[str, tuple[int, tuple[int, int, int, int, int]]] = {}

    def view(self, market: Market) -> View:
        now = self._clock.now()
        self._house.look(market)
        last = last_ticks(market, now)
        opened, high, low, volume, average = self._day(market, now)
        tape = market.tape[-1] if market.tape else None
        skew = self._clock.told() - now
        bids, asks = market.matching.depth(_DEPTH)
        # The whole book has some forty levels.
        every_bid, every_ask = market.matching.depth(100)
        return View(
            market=market,
            at=now + skew,
            last=last,
            last_lots=tape.lots if tape else 0,
            last_at=(tape.at if tape else now) + skew,
            average=average,
            volume=volume,
            open=opened,
            high=max(high, last),
            low=min(low, last),
            close=close_before(market, now),
            bids=_levels(market, bids, is_buy=True),
            asks=_levels(market, asks, is_buy=False),
            buying=sum(int(lots) for _, lots in every_bid),
            selling=sum(int(lots) for _, lots in every_ask),
        )

    def _day(self, market: Market, now: int) -> tuple[int, int, int, int, int]:
        """Open, high, low, volume and average of the trading day that runs, or ran last."""
        kept = self._days.get(market.listing.symbol)
        if kept is not None and now - kept[0] < _FRESH and now >= kept[0]:
            return kept[1]
        series = market.series
        found = None
        for back in range(40):
            begin = (day_at(series.sessions, now) - back) * DAY - series.sessions.offset
            bars = list(series.bars(_MINUTES, begin, begin + DAY, now=now))
            if bars:
                bar = bars[-1]
                opened, high, low, close = (ticks_of(market, one) for one in (bar.open, bar.high, bar.low, bar.close))
                found = opened, high, low, int(bar.volume), (opened + high + low + close) // 4
                break
        if found is None:
            last = last_ticks(market, now)
            found = last, last, last, 0, last
        self._days[market.listing.symbol] = now, found
        return found

    # ---- as JSON ----

    def full(self, query: str) -> dict[str, Any]:
        return {name: self._full(market) for name, market in self._named(query, _MOST_QUOTES)}

    def ohlc(self, query: str) -> dict[str, Any]:
        return {name: self._ohlc(market) for name, market in self._named(query, _MOST_PRICES)}

    def ltp(self, query: str) -> dict[str, Any]:
        found = {}
        for name, market in self._named(query, _MOST_PRICES):
            self._house.look(market)
            last = last_ticks(market, self._clock.now())
            found[name] = {"instrument_token": market.listing.facts["token"], "last_price": price(market, last)}
        return found

    def _named(self, query: str, most: int) -> Iterable[tuple[str, Market]]:
        names = list(dict.fromkeys(value for name, value in parse_qsl(query) if name == "i"))
        if not names:
            raise bad_input("Missing or empty field `i`")
        if len(names) > most:
            raise bad_input(f"Too many tokens requested. Max permitted is {most}.")
        for name in names:
            is_token = name.isdigit() and name.isascii() and len(name) < 12
            market = self.by_token.get(int(name)) if is_token else self._house.markets.get(name)
            if market is not None:
                yield name, market

    def _ohlc(self, market: Market) -> dict[str, Any]:
        view = self.view(market)
        return {
            "instrument_token": market.listing.facts["token"],
            "last_price": price(market, view.last),
            "ohlc": _bar(view),
        }

    def _full(self, market: Market) -> dict[str, Any]:
        view = self.view(market)
        token = market.listing.facts["token"]
        if market.listing.facts["is_index"]:
            return {
                "instrument_token": token,
                "timestamp": stamp(view.at),
                "last_price": price(market, view.last),
                "net_change": price(market, view.last - view.close),
                "ohlc": _bar(view),
            }
        low, high = band(market, self._clock.now())
        return {
            "instrument_token": token,
            "timestamp": stamp(view.at),
            "last_trade_time": stamp(view.last_at),
            "last_price": price(market, view.last),
            "last_quantity": view.last_lots,
            "buy_quantity": view.buying,
            "sell_quantity": view.selling,
            "volume": view.volume,
            "average_price": price(market, view.average),
            "oi": 0,
            "oi_day_high": 0,
            "oi_day_low": 0,
            "net_change": price(market, view.last - view.close),
            "lower_circuit_limit": price(market, low),
            "upper_circuit_limit": price(market, high),
            "ohlc": _bar(view),
            "depth": {"buy": _depth(market, view.bids), "sell": _depth(market, view.asks)},
        }


def _levels(market: Market, side: Iterable[tuple[Any, Any]], *, is_buy: bool) -> list[Level]:
    found = [(int(at), int(lots), market.matching.count_at(is_buy=is_buy, price=at)) for at, lots in side]
    return found + [(0, 0, 0)] * (_DEPTH - len(found))


def _depth(market: Market, levels: list[Level]) -> list[dict[str, Any]]:
    return [{"price": price(market, at), "quantity": lots, "orders": orders} for at, lots, orders in levels]


def _bar(view: View) -> dict[str, Any]:
    return {name: price(view.market, getattr(view, name)) for name in ("open", "high", "low", "close")}
