"""Kite's socket. Wire: kite.trade/docs/connect/v3/websocket (read 2026-11-21), the messages as pykiteconnect 5.2.2 says
them. One socket tells an account's orders in text and prices in binary frames, which are read to exact numbers.

The SDK's own ticker is not used: it accepts any certificate while the token stands in the address, makes floats of
prices, connects again by itself, and runs a reactor of which a process can have one.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from exchanges.adapters.streams.stream import SocketStream
from exchanges.domain.failures import TokenEnded
from exchanges.domain.kite_frames import Mode, Tick, ticks_of
from exchanges.domain.market import Book, Ticker
from exchanges.domain.news import Beat, FillNews, Hint, Joined, Missed, PriceNews
from exchanges.domain.venues.zerodha import ZERODHA

ADDRESS = "wss://ws.kite.trade"
_SCHEMES = {"http": "ws", "https": "wss"}


class ZerodhaSocket(SocketStream):
    """An account's orders, and the prices of `symbols` beside them.

    What it says of an order is a hint to ask: it comes unsigned, may come twice and not in order.
    """

    facts = ZERODHA
    refusals = {403: TokenEnded}

    def address(self) -> str:
        """With key and token in it, as the venue wants it: it is handed to the socket, and told nobody."""
        if self.credentials is None or self.credentials.token is None:
            raise self.fails(TokenEnded, "has no socket without a log-in.")
        parts = urlsplit(ADDRESS)
        if self.base_url is not None:
            elsewhere = urlsplit(self.base_url)
            parts = parts._replace(scheme=_SCHEMES[elsewhere.scheme], netloc=elsewhere.netloc)
        told = {"api_key": self.credentials.reveal("api_key"), "access_token": self.credentials.token.reveal()}
        return urlunsplit(parts._replace(query=urlencode(told)))

    async def openers(self) -> Iterable[dict[str, Any]]:
        self._has_joined = False
        # Prices are asked for by number; what has none in the catalogue cannot be.
        wanted = [one for one in self.listings if one.symbol in self.symbols and "token" in one.facts]
        self._symbols = {int(one.facts["token"]): one.symbol for one in wanted}
        tokens = sorted(self._symbols)
        return [{"a": "subscribe", "v": tokens}, {"a": "mode", "v": [Mode.FULL.value, tokens]}] if tokens else []

    def content(self, data: str | bytes) -> Any:
        return data if isinstance(data, bytes) else super().content(data)

    def read(self, content: Any) -> Iterator[PriceNews | FillNews]:
        if not self._has_joined:
            # It grants nothing in words; the first thing it says, a beat at the least, shows that it took the token.
            self._has_joined = True
            yield Joined()
        if isinstance(content, bytes):
            ticks = ticks_of(content)
            for one in ticks:
                if one.token in self._symbols and one.last > 0:
                    yield self._ticker(one)
                    if one.mode is Mode.FULL and one.is_tradable:
                        yield Book(self._symbols[one.token], one.bids, one.asks, one.at)
            if not ticks:
                yield Beat()
        else:
            yield self._told(content)

    def _told(self, content: Any) -> FillNews:
        match content["type"]:
            case "order":
                one = content["data"]
                return Hint(str(one["order_id"]), f"{one['exchange']}:{one['tradingsymbol']}")
            case "message":
                # The broker's words for people.
                return Beat()
            case "error":
                return Missed("what the venue calls an error")
            case _:
                return Missed("a message of a kind that nobody knows")

    def _ticker(self, tick: Tick) -> Ticker:
        return Ticker(
            symbol=self._symbols[tick.token],
            last=tick.last,
            bid=tick.bids[0].price if tick.bids else None,
            ask=tick.asks[0].price if tick.asks else None,
            at=tick.at,
        )
