"""Kraken spot's sockets, v2. Wire: docs.kraken.com "Ticker", "Book", "Book checksum", "Executions", "Heartbeat",
"Status" and "Get WebSockets Token" as they stood in 2026. Figures come as JSON numbers, and are read as Decimals.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ccxt.pro

from exchanges.adapters.ccxt_client import moved
from exchanges.adapters.kraken import Kraken
from exchanges.adapters.rest import failure_of
from exchanges.adapters.streams.kraken_words import (
    NOT_OF_ORDERS,
    Orders,
    SocketNames,
    checksums,
    levels_of,
    moment,
    ticker_of,
)
from exchanges.adapters.streams.ladders import LadderStream
from exchanges.adapters.streams.stream import SocketStream
from exchanges.domain.classifier import table_of
from exchanges.domain.failures import KeyRefused, Refused
from exchanges.domain.news import Beat, FillNews, Joined, Missed, PriceNews
from exchanges.domain.outcomes import Reply
from exchanges.domain.venues.kraken import KRAKEN
from kernel.money.display import places_of

#: One of those that are offered, and no fewer than are shown.
_DEPTH = 25


class KrakenPrices(SocketStream):
    """The ticker of each pair, at each change of the best bid or ask."""

    facts = KRAKEN

    def address(self) -> str:
        return str(moved(ccxt.pro.kraken().urls["api"]["ws"]["publicV2"], self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        self._names = SocketNames.of(self.listings)
        self._open = {self._names.told(symbol) for symbol in self.symbols}
        self._granted_any = False
        wanted = {"channel": "ticker", "symbol": sorted(self._open), "event_trigger": "bbo", "snapshot": True}
        return [{"method": "subscribe", "params": wanted, "req_id": 1}]

    def read(self, content: Any) -> Iterator[PriceNews]:
        if content.get("method") == "subscribe":
            yield from self._answered(content)
        elif content["channel"] == "ticker":
            for one in content["data"]:
                yield ticker_of(one, self._names.ours(one["symbol"]))
        elif content["channel"] in NOT_OF_ORDERS:
            yield Beat()
        else:
            raise ValueError(f"a channel that was not asked for: {content['channel']}")

    def _answered(self, content: Mapping[str, Any]) -> Iterator[PriceNews]:
        """Each pair is granted or refused by itself; one that is gone holds up no other."""
        granted = content["success"] is True
        name = content["result"]["symbol"] if granted else content["symbol"]
        self._open.discard(name)
        self._granted_any |= granted
        if self._open:
            return
        if not self._granted_any:
            raise self.fails(Refused, f"granted none of the pairs: {content.get('error')}")
        yield Joined()


class KrakenFills(SocketStream):
    """The executions of one account, opened with a token that REST gives and that lives fifteen minutes."""

    facts = KRAKEN

    def address(self) -> str:
        return str(moved(ccxt.pro.kraken().urls["api"]["ws"]["privateV2"], self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        if self.credentials is None:
            raise self.fails(KeyRefused, "has no stream of an account without its key.")
        rest = Kraken(credentials=self.credentials, wire=self.wire, clock=self.clock, base_url=self.base_url)
        token = await asyncio.to_thread(rest.socket_token)
        self.hide(token.reveal())
        self._orders = Orders(SocketNames.of(self.listings))
        self._sequence: int | None = None
        wanted = {"channel": "executions", "token": token.reveal(), "snap_orders": True, "snap_trades": False}
        return [{"method": "subscribe", "params": wanted, "req_id": 1}]

    def read(self, content: Any) -> Iterator[FillNews]:
        if content.get("method") == "subscribe":
            yield self._answered(content)
        elif content["channel"] == "executions":
            yield from self._counted(content["sequence"])
            for one in content["data"]:
                yield from self._orders.news_of(one)
        elif content["channel"] in NOT_OF_ORDERS:
            yield Beat()
        else:
            raise ValueError(f"a channel that was not asked for: {content['channel']}")

    def _answered(self, content: Mapping[str, Any]) -> FillNews:
        if content["success"] is True:
            return Joined()
        error = str(content["error"])
        table = table_of(self.facts.name)
        code = max((row.code for row in table.rows if row.code and error.startswith(row.code)), key=len, default=error)
        raise failure_of(self.facts, table, Reply(200, "", code, error))

    def _counted(self, number: int) -> Iterator[FillNews]:
        before, self._sequence = self._sequence, number
        if before is not None and number > before + 1:
            yield Missed(f"{number - before - 1} messages")


class KrakenBook(LadderStream):
    """The best levels of one pair: a snapshot, then changes, each with the checksum of what is the book after it."""

    facts = KRAKEN

    def address(self) -> str:
        return str(moved(ccxt.pro.kraken().urls["api"]["ws"]["publicV2"], self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        self.begin_ladder(depth=_DEPTH)
        listing = next((one for one in self.listings if one.symbol == self._symbol), None)
        if listing is None:
            raise self.fails(Refused, f"lists no {self._symbol}.")
        self._name = SocketNames.of([listing]).told(self._symbol)
        price, quantity = listing.rules.price.step, listing.rules.quantity.step
        self._places = (places_of(price) if price else 0, places_of(quantity) if quantity else 0)
        wanted = {"channel": "book", "symbol": [self._name], "depth": _DEPTH, "snapshot": True}
        return [{"method": "subscribe", "params": wanted, "req_id": 1}]

    def read(self, content: Any) -> Iterator[PriceNews]:
        if content.get("method") == "subscribe":
            if content["success"] is not True:
                raise self.fails(Refused, f"refused the book of {self._name}: {content.get('error')}")
            yield Joined()
        elif content["channel"] == "book":
            for one in content["data"]:
                yield from self._changed(content["type"], one)
        elif content["channel"] in NOT_OF_ORDERS:
            yield from self.beaten(None)
        else:
            raise ValueError(f"a channel that was not asked for: {content['channel']}")

    def _changed(self, kind: str, one: Mapping[str, Any]) -> Iterator[PriceNews]:
        if one["symbol"] != self._name:
            raise ValueError(f"the book of {one['symbol']}")
        take = {"snapshot": self._ladder.begin, "update": self._ladder.change}[kind]
        take(levels_of(one["bids"]), levels_of(one["asks"]))
        if one["checksum"] not in checksums(*self._ladder.best(10), places=self._places):
            raise self.lost("tells a book that its own checksum contradicts")
        yield from self.shown(moment(one["timestamp"]) if one.get("timestamp") else None)
