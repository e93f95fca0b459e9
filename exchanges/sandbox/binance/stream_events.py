"""What each stream sends. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), web-socket-streams.md "Detailed Stream
information".
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import orjson

from exchanges.sandbox.binance.figures import lots, price
from exchanges.sandbox.binance.klines import INTERVALS
from exchanges.sandbox.binance.market_data import MarketData, aggregated, levels
from exchanges.sandbox.binance.ticker_events import ROLLING, TickerEvents
from exchanges.sandbox.binance.tickers import Tickers
from exchanges.sandbox.market import Market, Print
from exchanges.sandbox.sessions import MINUTE

_NAME = re.compile(r"([a-z0-9]+)@(.+)", re.ASCII)
_KLINE = re.compile(r"kline_(\w+?)(@\+08:00)?", re.ASCII)
_DEPTH = re.compile(r"depth(5|10|20)?(@100ms|@1000ms)?", re.ASCII)
_EAST = 8 * 60 * MINUTE
_SOON, _SECOND, _TWO = 0.0, 1.0, 2.0


class Feed(Protocol):
    #: Seconds between two events, at the venue.
    period: float

    def take(self) -> Iterator[bytes]:
        """What is to be told now."""

    def close(self) -> None: ...


class _Feed:
    """Of one market, which is kept moving while somebody listens."""

    def __init__(self, feeds: "Feeds", market: Market, period: float, make: Callable[[], Iterator[Any]]) -> None:
        self.period, self._make, self._feeds = period, make, feeds
        self._symbols = [market.listing.symbol]
        feeds.watch(self._symbols, 1)
        self.on_close: Callable[[], None] | None = None

    def take(self) -> Iterator[bytes]:
        return (orjson.dumps(event) for event in self._make())

    def close(self) -> None:
        self._feeds.watch(self._symbols, -1)
        if self.on_close is not None:
            self.on_close()


class _AllFeed:
    """Of all markets."""

    def __init__(self, feeds: "Feeds", period: float, make: Callable[[Market], Any]) -> None:
        self.period, self._feeds, self._make = period, feeds, make
        self._told: dict[str, Any] = {}

    def take(self) -> Iterator[bytes]:
        found = []
        for symbol, market in self._feeds.data.house.markets.items():
            self._feeds.data.house.look(market)
            if market.tape and self._told.get(symbol) != market.tape[-1].number:
                self._told[symbol] = market.tape[-1].number
                found.append(self._make(market))
        if found:
            yield orjson.dumps(found)

    def close(self) -> None: ...


class Feeds:
    def __init__(self, *, data: MarketData, tickers: Tickers) -> None:
        self.data, self._events = data, TickerEvents(data=data, tickers=tickers)
        self._depth_speeds: dict[tuple[str, int], int] = {}

    def open(self, stream: str) -> Feed | None:
        """None where this is no stream."""
        if stream == "!miniTicker@arr":
            return _AllFeed(self, _SECOND, self._events.mini)
        if stream.startswith("!ticker_") and stream.removesuffix("@arr")[1:] in ROLLING:
            size = stream.removesuffix("@arr")[1:]
            return _AllFeed(self, _SECOND, lambda market: self._events.rolling(market, size))
        match = _NAME.fullmatch(stream)
        market = None if match is None else self.data.house.markets.get(match[1].upper())
        if match is None or market is None:
            return None
        return self._of(market, match[2])

    def watch(self, symbols: list[str], count: int) -> None:
        watched = self.data.house.watched
        for symbol in symbols:
            watched[symbol] = watched.get(symbol, 0) + count
            if not watched[symbol]:
                del watched[symbol]

    # ---- within ----

    def _of(self, market: Market, kind: str) -> Feed | None:
        one: dict[str, tuple[float, Callable[[], Iterator[Any]]]] = {
            "trade": (_SOON, self._prints(market, self._trades)),
            "aggTrade": (_SOON, self._prints(market, self._agg_trades)),
            "bookTicker": (_SOON, self._changed(lambda: self._top(market))),
            "miniTicker": (_SECOND, lambda: iter([self._events.mini(market)])),
            "ticker": (_SECOND, lambda: iter([self._events.ticker(market)])),
            "avgPrice": (_SECOND, lambda: iter([self._events.average(market)])),
            **{name: (_SECOND, self._one(market, name)) for name in ROLLING},
        }
        if kind in one:
            return _Feed(self, market, *one[kind])
        kline = _KLINE.fullmatch(kind)
        if kline is not None and kline[1] in INTERVALS:
            offset = _EAST if kline[2] else 0
            period = _SECOND if kline[1] == "1s" else _TWO
            return _Feed(self, market, period, self._events.klines(market, kline[1], offset))
        depth = _DEPTH.fullmatch(kind)
        if depth is None:
            return None
        period = _SOON if depth[2] == "@100ms" else _SECOND
        if depth[1] is not None:
            return _Feed(self, market, period, lambda: iter([self._levels(market, int(depth[1]))]))
        return self._depth(market, period)

    def _one(self, market: Market, name: str) -> Callable[[], Iterator[Any]]:
        return lambda: iter([self._events.rolling(market, name)])

    def _changed(self, make: Callable[[], dict[str, Any]]) -> Callable[[], Iterator[Any]]:
        """Only where it differs from what was told before, but for its number."""
        before: list[Any] = [None]

        def take() -> Iterator[Any]:
            told = make()
            key = {name: word for name, word in told.items() if name != "u"}
            if key != before[0]:
                before[0] = key
                yield told

        return take

    def _prints(
        self, market: Market, tell: Callable[[Market, list[Print]], Iterator[Any]]
    ) -> Callable[[], Iterator[Any]]:
        """From now on each trade once."""
        self.data.house.look(market)
        last = [market.tape[-1].number if market.tape else 0]

        def take() -> Iterator[Any]:
            found = [one for one in market.tape if one.number > last[0]]
            if found:
                last[0] = found[-1].number
                yield from tell(market, found)

        return take

    def _trades(self, market: Market, prints: list[Print]) -> Iterator[Any]:
        for one in prints:
            yield {
                "e": "trade",
                "E": self.data.clock.told(),
                "s": market.listing.symbol,
                "t": one.number,
                "p": price(market, one.price),
                "q": lots(market, one.lots),
                "T": one.at + self.data.clock.skew,
                "m": not one.taker_is_buy,
                "M": True,
            }

    def _agg_trades(self, market: Market, prints: list[Print]) -> Iterator[Any]:
        head = {"e": "aggTrade", "E": self.data.clock.told(), "s": market.listing.symbol}
        for group in aggregated(prints):
            yield head | self.data.agg_trade(market, group)

    def _top(self, market: Market) -> dict[str, Any]:
        log = self.data.logs[market.listing.symbol]
        log.look()
        top = self.data.top(market)
        return {
            "u": log.number,
            "s": top["symbol"],
            "b": top["bidPrice"],
            "B": top["bidQty"],
            "a": top["askPrice"],
            "A": top["askQty"],
        }

    def _levels(self, market: Market, most: int) -> dict[str, Any]:
        log = self.data.logs[market.listing.symbol]
        bids, asks = log.look()
        return {
            "lastUpdateId": log.number,
            "bids": levels(market, bids[:most]),
            "asks": levels(market, asks[:most]),
        }

    def _depth(self, market: Market, period: float) -> Feed:
        log, speed = self.data.logs[market.listing.symbol], round(period * 1000)

        def take() -> Iterator[Any]:
            found = log.take(speed)
            if found is not None:
                yield {
                    "e": "depthUpdate",
                    "E": self.data.clock.told(),
                    "s": market.listing.symbol,
                    "U": found.first,
                    "u": found.last,
                    "b": levels(market, sorted(found.bids.items(), reverse=True)),
                    "a": levels(market, sorted(found.asks.items())),
                }

        log.follow(speed)
        feed = _Feed(self, market, period, take)
        key = (market.listing.symbol, speed)
        self._depth_speeds[key] = self._depth_speeds.get(key, 0) + 1

        def close() -> None:
            self._depth_speeds[key] -= 1
            if not self._depth_speeds[key]:
                del self._depth_speeds[key]
                log.leave(speed)

        feed.on_close = close
        return feed
