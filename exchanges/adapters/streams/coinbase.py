"""Coinbase Advanced Trade's sockets. Wire: "WebSocket Overview" and "WebSocket Channels" of docs.cdp.coinbase.com
(2026). All channels of a socket are counted together; the heartbeats keep it open, and show what is missing.
"""

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ccxt.pro

from exchanges.adapters.ccxt_client import moved
from exchanges.adapters.coinbase import token_of
from exchanges.adapters.coinbase_words import moment
from exchanges.adapters.streams.coinbase_words import levels_of, news_of, ticker_of
from exchanges.adapters.streams.ladders import LadderStream
from exchanges.adapters.streams.stream import SocketStream
from exchanges.domain.failures import Contradiction, KeyRefused
from exchanges.domain.news import Beat, FillNews, Joined, Missed, PriceNews
from exchanges.domain.venues.coinbase import COINBASE

#: "WebSocket Overview", endpoints: orders have a socket of their own, which ccxt does not know.
_USER_ADDRESS = "wss://advanced-trade-ws-user.coinbase.com"
#: What an `error` says of the key; anything else it may say is in no document.
_KEY_REFUSED = {"authentication failure"}


class _CoinbaseStream(SocketStream):
    facts = COINBASE
    channel: str
    #: The channel's name in what it tells.
    told_as: str

    async def openers(self) -> Iterable[dict[str, Any]]:
        """The channel first: without a subscription the socket is closed after five seconds."""
        self._sequence: int | None = None
        self._is_joined = False
        return [self._signed(self.subscription()), self._signed({"type": "subscribe", "channel": "heartbeats"})]

    def subscription(self) -> dict[str, Any]:
        return {"type": "subscribe", "channel": self.channel}

    def read(self, content: Any) -> Iterator[PriceNews | FillNews]:
        if content.get("type") == "error":
            self._refused(content)
        yield from self._counted(content["sequence_num"])
        match content["channel"]:
            case self.told_as:
                for event in content["events"]:
                    yield from self.told(content, event)
            case "heartbeats":
                yield from self.beaten(moment(content["timestamp"]))
            case "subscriptions":
                if not self._is_joined and any(self.channel in one["subscriptions"] for one in content["events"]):
                    self._is_joined = True
                    yield Joined()
            case word:
                raise ValueError(f"a channel that was not asked for: {word}")

    @abstractmethod
    def told(self, content: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[PriceNews | FillNews]:
        """The news of this channel in one event."""

    def beaten(self, at: dt.datetime | None) -> Iterator[PriceNews | FillNews]:
        yield Beat()

    def _signed(self, message: dict[str, Any]) -> dict[str, Any]:
        """Each message has a token of its own, which names no request and lives two minutes."""
        if self.credentials is None:
            return message
        signer = ccxt.pro.coinbase(
            {"apiKey": self.credentials.reveal("api_key"), "secret": self.credentials.reveal("secret")}
        )
        return {**message, "jwt": token_of(signer, int(self.clock().timestamp()))}

    def _refused(self, content: Mapping[str, Any]) -> None:
        said = str(content["message"])
        kind = KeyRefused if said.casefold() in _KEY_REFUSED else Contradiction
        raise self.fails(kind, f"refused a subscription: {said[:200]}")

    def _counted(self, number: int) -> Iterator[Missed]:
        before, self._sequence = self._sequence, number
        if before is not None and number > before + 1:
            yield Missed(f"{number - before - 1} messages")


class CoinbasePrices(_CoinbaseStream):
    """The ticker of each product, at each trade."""

    channel = told_as = "ticker"

    def address(self) -> str:
        return str(moved(ccxt.pro.coinbase().urls["api"]["ws"], self.base_url))

    def subscription(self) -> dict[str, Any]:
        return {**super().subscription(), "product_ids": list(self.symbols)}

    def told(self, content: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[PriceNews]:
        for one in event["tickers"]:
            yield ticker_of(one, content["timestamp"])


class CoinbaseBook(LadderStream, _CoinbaseStream):
    """The whole book of one product, and every change. Their numbers are in one row with the heartbeats': a number
    that is missing, or comes twice, may have been a change."""

    channel, told_as = "level2", "l2_data"

    def address(self) -> str:
        return str(moved(ccxt.pro.coinbase().urls["api"]["ws"], self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        self.begin_ladder()
        return await super().openers()

    def subscription(self) -> dict[str, Any]:
        return {**super().subscription(), "product_ids": [self._symbol]}

    def told(self, content: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[PriceNews]:
        # "Subscribing to -USDC based products": they are told as the -USD ones.
        if event["product_id"] not in {self._symbol, self._symbol.replace("-USDC", "-USD")}:
            raise ValueError(f"the book of {event['product_id']}")
        take = {"snapshot": self._ladder.begin, "update": self._ladder.change}[event["type"]]
        take(*levels_of(event["updates"]))
        if event is content["events"][-1]:
            yield from self.shown(moment(content["timestamp"]))

    def _counted(self, number: int) -> Iterator[Missed]:
        before, self._sequence = self._sequence, number
        if before is not None and number != before + 1:
            raise self.lost(f"told message {number} after {before}")
        return iter(())


class CoinbaseFills(_CoinbaseStream):
    """Each order whole, whenever it changes. Fills are not told, so a filled one is a hint to ask for them."""

    channel = told_as = "user"

    def address(self) -> str:
        return str(moved(_USER_ADDRESS, self.base_url))

    async def openers(self) -> Iterable[dict[str, Any]]:
        if self.credentials is None:
            raise self.fails(KeyRefused, "has no stream of an account without its key.")
        return await super().openers()

    def told(self, content: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[FillNews]:
        for one in event["orders"]:
            yield from news_of(one)
