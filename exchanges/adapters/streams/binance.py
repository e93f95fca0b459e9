"""Binance spot's sockets. Wire: binance/binance-spot-api-docs a5e0bc3 (2026-07-21), web-socket-streams.md,
user-data-stream.md and web-socket-api.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ccxt.pro

from exchanges.adapters.ccxt_client import moved
from exchanges.adapters.rest import failure_of
from exchanges.adapters.streams.binance_words import ACCOUNT_MOVED, NOTHING_NEW, book_of, report_of, ticker_of
from exchanges.adapters.streams.stream import SocketStream
from exchanges.domain.classifier import table_of
from exchanges.domain.failures import KeyRefused, NotNow, Refused
from exchanges.domain.news import Closing, FillNews, Joined, Moved, PriceNews
from exchanges.domain.outcomes import Reply
from exchanges.domain.venues.binance import BINANCE

#: Streams named in one message; five messages a second are taken.
_AT_ONCE = 200


class BinancePrices(SocketStream):
    """The 24-hour ticker of each symbol, once a second where something changed: last, bid and ask of one moment."""

    facts = BINANCE
    pace = 0.25

    def address(self) -> str:
        return str(moved(ccxt.pro.binance().urls["api"]["ws"]["spot"], self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        named = [f"{symbol.lower()}@ticker" for symbol in self.symbols]
        batches = [named[start : start + _AT_ONCE] for start in range(0, len(named), _AT_ONCE)]
        self._open = set(range(1, len(batches) + 1))
        return [{"method": "SUBSCRIBE", "params": batch, "id": n} for n, batch in enumerate(batches, 1)]

    def read(self, content: Any) -> Iterator[PriceNews]:
        if "e" not in content:
            yield from self._answered(content)
        elif content["e"] == "serverShutdown":
            yield Closing(None)
        elif content["e"] == "24hrTicker":
            yield ticker_of(content)
        else:
            raise ValueError(f"an event of no subscription of ours: {content['e']}")

    def _answered(self, content: Mapping[str, Any]) -> Iterator[PriceNews]:
        if "code" in content or "error" in content:
            told = content.get("error", content)
            raise self.fails(Refused, f"refused a subscription: {told['code']} {told['msg']}")
        if content["result"] is not None:
            raise ValueError("a subscription was answered with something")
        self._open.discard(content["id"])
        if not self._open:
            yield Joined()


class BinanceBook(SocketStream):
    """The twenty best levels of one symbol, ten times a second. They name no symbol: each has a socket of its own."""

    facts = BINANCE

    def address(self) -> str:
        return str(moved(ccxt.pro.binance().urls["api"]["ws"]["spot"], self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        (self._symbol,) = self.symbols
        return [{"method": "SUBSCRIBE", "params": [f"{self._symbol.lower()}@depth20@100ms"], "id": 1}]

    def read(self, content: Any) -> Iterator[PriceNews]:
        if "lastUpdateId" in content:
            yield book_of(content, self._symbol)
        elif content.get("e") == "serverShutdown":
            yield Closing(None)
        elif "code" in content or "error" in content:
            told = content.get("error", content)
            raise self.fails(Refused, f"refused a subscription: {told['code']} {told['msg']}")
        elif content["result"] is None:
            yield Joined()
        else:
            raise ValueError("a subscription was answered with something")


class BinanceFills(SocketStream):
    """The account's own stream, subscribed to by a signature on the WebSocket API; there is no listen key any more."""

    facts = BINANCE
    _name = "1"

    def address(self) -> str:
        return str(moved(ccxt.pro.binance().urls["api"]["ws"]["ws-api"]["spot"], self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        if self.credentials is None:
            raise self.fails(KeyRefused, "has no stream of an account without its key.")
        window = BINANCE.window.length
        signer = ccxt.pro.binance(
            {
                "apiKey": self.credentials.reveal("api_key"),
                "secret": self.credentials.reveal("secret"),
                "options": {"recvWindow": int(window.total_seconds() * 1000) if window else None},
            }
        )
        signer.milliseconds = lambda: int(self.clock().timestamp() * 1000)
        return [{"id": self._name, "method": "userDataStream.subscribe.signature", "params": signer.sign_params({})}]

    def read(self, content: Any) -> Iterator[FillNews]:
        if "event" not in content:
            yield self._answered(content)
            return
        event = content["event"]
        kind = event["e"]
        if kind == "executionReport":
            yield report_of(event)
        elif kind in ACCOUNT_MOVED:
            yield Moved()
        elif kind == "serverShutdown":
            yield Closing(None)
        elif kind == "eventStreamTerminated":
            raise self.fails(NotNow, "ended the account's stream.")
        elif kind not in NOTHING_NEW:
            raise ValueError(f"an event that nobody knows: {kind}")

    def _answered(self, content: Mapping[str, Any]) -> FillNews:
        if content["status"] == 200 and content["id"] == self._name:
            return Joined()
        told = content["error"]
        raise failure_of(
            self.facts, table_of(self.facts.name), Reply(content["status"], "", str(told["code"]), str(told["msg"]))
        )
