"""The ticker: prices in binary frames, and what becomes of orders in text, on one socket.

kite.trade/docs/connect/v3/websocket (read 2026-11-21): api_key and access_token in the address; at most 3,000
instruments a socket and 3 sockets a key; commands {"a": "subscribe" | "unsubscribe" | "mode", "v": …}; a heartbeat
byte each second. A subscription begins in quote mode.
"""

import json
from urllib.parse import parse_qsl

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.errors import JSON, bad_token, refusal, too_many
from exchanges.sandbox.kite.frames import HEARTBEAT, MODES, frame, packet
from exchanges.sandbox.kite.quotes import Quotes, View
from exchanges.sandbox.kite.tokens import Session, Tokens
from exchanges.sandbox.server import Socket

_MOST_TOKENS, _MOST_SOCKETS = 3_000, 3
_MOST_COMMAND = 100_000
#: What a packet of depth is kept for within a pulse.
Kept = dict[tuple[int, str], bytes]


class Listener:
    """One socket, and what it asked for."""

    def __init__(self, socket: Socket, session: Session) -> None:
        self.socket, self.session = socket, session
        #: By token: its mode.
        self.modes: dict[int, str] = {}
        #: By token: what of the market it was told last.
        self.told: dict[int, tuple[int, int, int]] = {}
        self.beaten_at = 0

    @property
    def account(self) -> str:
        return self.session.account.id


class Ticker:
    def __init__(self, *, house: House, clock: Clock, tokens: Tokens, quotes: Quotes) -> None:
        self._house, self._clock, self._tokens, self._quotes = house, clock, tokens, quotes
        self._of: dict[str, list[Listener]] = {}
        self._second = clock.milliseconds(1)

    async def serve(self, socket: Socket) -> None:
        fields = dict(parse_qsl(socket.query))
        session = self._tokens.session(fields.get("api_key", ""), fields.get("access_token", ""))
        if session is None:
            await socket.refuse(403, refusal(bad_token()).body, JSON)
            return
        key = session.app.key
        if sum(one.session.app.key == key for one in self._all()) >= _MOST_SOCKETS:
            await socket.refuse(429, refusal(too_many()).body, JSON)
            return
        await socket.accept()
        listener = Listener(socket, session)
        self._of.setdefault(listener.account, []).append(listener)
        listener.beaten_at = self._clock.now()
        socket.push(HEARTBEAT)
        try:
            await socket.run(lambda message: self._take(listener, message))
        finally:
            self._of[listener.account].remove(listener)
            if not self._of[listener.account]:
                del self._of[listener.account]
            self._drop(listener, list(listener.modes))

    def listens(self, account: str) -> bool:
        return account in self._of

    def push(self, account: str, message: str) -> None:
        for listener in self._of.get(account, []):
            listener.socket.push(message)

    def close(self, account: str | None = None, code: int = 1001) -> None:
        for listener in self._all():
            if account in (None, listener.account):
                listener.socket.end(code)

    def pulse(self) -> None:
        """What the last quarter of a second brought; a heartbeat each second; the end of those whose token died."""
        now, kept = self._clock.now(), Kept()
        views: dict[int, View] = {}
        for listener in self._all():
            session = listener.session
            if self._tokens.session(session.app.key, session.access_token) is None:
                listener.socket.end(1008)
                continue
            self._tick(listener, views, kept)
            if now - listener.beaten_at >= self._second:
                listener.beaten_at = now
                listener.socket.push(HEARTBEAT)

    # ---- within ----

    def _all(self) -> list[Listener]:
        return [listener for listeners in self._of.values() for listener in listeners]

    def _take(self, listener: Listener, message: str | bytes) -> None:
        """Commands come as text; the stock client sends them as such, others as bytes."""
        try:
            if len(message) > _MOST_COMMAND:
                raise ValueError
            told = json.loads(message)
            command, value = told["a"], told["v"]
            if command == "mode":
                mode, tokens = value
                if mode not in MODES:
                    raise ValueError
            else:
                mode, tokens = None, value
            tokens = [one for one in tokens if isinstance(one, int) and not isinstance(one, bool)]
        except (ValueError, KeyError, TypeError, RecursionError):
            return self._complain(listener, "Invalid JSON request")
        match command:
            case "subscribe":
                self._add(listener, tokens, "quote")
            case "mode":
                self._add(listener, tokens, str(mode))
            case "unsubscribe":
                self._drop(listener, tokens)
            case _:
                self._complain(listener, "Invalid action")
        return None

    def _complain(self, listener: Listener, words: str) -> None:
        listener.socket.push(json.dumps({"type": "error", "data": words}))

    def _add(self, listener: Listener, tokens: list[int], mode: str) -> None:
        known = [token for token in tokens if token in self._quotes.by_token]
        if len(listener.modes.keys() | set(known)) > _MOST_TOKENS:
            self._complain(listener, f"Subscribing to more than {_MOST_TOKENS} instruments is not allowed")
            return
        for token in known:
            symbol = self._symbol(token)
            if token not in listener.modes:
                self._house.watched[symbol] = self._house.watched.get(symbol, 0) + 1
            listener.modes[token] = mode
            listener.told.pop(token, None)
        self._tick(listener, {}, {})

    def _drop(self, listener: Listener, tokens: list[int]) -> None:
        for token in tokens:
            if listener.modes.pop(token, None) is None:
                continue
            listener.told.pop(token, None)
            symbol = self._symbol(token)
            self._house.watched[symbol] -= 1
            if not self._house.watched[symbol]:
                del self._house.watched[symbol]

    def _symbol(self, token: int) -> str:
        return self._quotes.by_token[token].listing.symbol

    def _tick(self, listener: Listener, views: dict[int, View], kept: Kept) -> None:
        """Those of its listings that moved since it was told of them, in one frame."""
        packets = []
        for token, mode in listener.modes.items():
            market = self._quotes.by_token[token]
            view = views.get(token)
            if view is None:
                view = views[token] = self._quotes.view(market)
            news: tuple[int, int, int] = (market.changes, view.last, view.buying * 31 + view.selling)
            if listener.told.get(token) == news:
                continue
            listener.told[token] = news
            if (token, mode) not in kept:
                kept[token, mode] = packet(view, mode)
            packets.append(kept[token, mode])
        if packets:
            listener.socket.push(frame(packets))
