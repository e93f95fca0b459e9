"""The sandbox as an ASGI application: requests and sockets to whichever venue speaks there, and faults on the way."""

import asyncio
import socket as sockets
import struct
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults, Point

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_MOST_BODY = 1_000_000
_MOST_WAITING = 5_000
_BEAT = 0.25
#: Where faults are ordered and taken back, none bites.
_BEYOND_FAULTS = {"control", "page"}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    #: As it came: a signature is over these very characters.
    query: str
    headers: dict[str, str]
    body: bytes
    #: Whom limits are counted by.
    address: str
    #: By the venue's clock. Whether a request is in time is asked of its arrival, however late it is dealt with.
    arrived_at: int = 0

    @cached_property
    def fields(self) -> dict[str, str]:
        """What the address and the body say, the body's last."""
        told = parse_qsl(self.query, keep_blank_values=True)
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            told += parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True)
        return dict(told)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    type: str = "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Named:
    """What a request is about, as far as faults ask."""

    act: str
    mark: str = ""
    account: str = ""


class Wire(Protocol):
    """One venue's language."""

    name: str

    def speaks(self, path: str, *, is_socket: bool) -> bool: ...

    def named(self, request: Request) -> Named: ...

    def answer(self, request: Request) -> Reply: ...

    def broken(self, fault: Fault) -> Reply:
        """What the venue says when it is broken in this way."""

    async def serve(self, socket: "Socket") -> None: ...

    def pulse(self) -> None:
        """Tells sockets what the last quarter of a second brought."""

    def close_sockets(self) -> None: ...


@runtime_checkable
class Impatient(Protocol):
    """A wire whose venue's gate stops waiting for what stands behind it."""

    #: After how many seconds.
    patience: float

    def timed_out(self) -> Reply:
        """What it says then."""


class Socket:
    """One client's socket. What it does not read in time is not kept for ever: then it is closed."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.path: str = scope["path"]
        self.query: str = scope.get("query_string", b"").decode("latin-1")
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.address = (scope.get("client") or ("",))[0]
        self._receive, self._send = receive, send
        self._waiting: deque[str | bytes] = deque()
        self._has_news = asyncio.Event()
        self._code: int | None = None

    async def accept(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})

    async def refuse(self, status: int, body: bytes, kind: str = "application/json") -> None:
        """Refuses the handshake, in the venue's words."""
        await self._receive()
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})

    def push(self, message: str | bytes) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self.end(1008)
            return
        self._waiting.append(message)
        self._has_news.set()

    def end(self, code: int = 1000) -> None:
        if self._code is None:
            self._code = code
            self._has_news.set()

    @property
    def is_over(self) -> bool:
        return self._code is not None

    async def run(self, take: Callable[[str | bytes], None]) -> None:
        """Until one of the two ends it."""
        reading = asyncio.create_task(self._read(take))
        try:
            await self._write()
        finally:
            self.end()
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _read(self, take: Callable[[str | bytes], None]) -> None:
        while not self.is_over:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._code = 1005
                self._has_news.set()
                return
            told = message.get("text")
            take(told if told is not None else message.get("bytes") or b"")

    async def _write(self) -> None:
        while True:
            while self._waiting and self._code != 1005:
                message = self._waiting.popleft()
                kind = "text" if isinstance(message, str) else "bytes"
                await self._send({"type": "websocket.send", kind: message})
            if self._code is not None:
                if self._code != 1005:
                    await self._send({"type": "websocket.close", "code": self._code})
                return
            self._has_news.clear()
            if not self._waiting and self._code is None:
                await self._has_news.wait()


class Server:
    def __init__(self, *, wires: list[Wire], faults: Faults, clock: Clock, tick: Callable[[], None]) -> None:
        self._wires, self._faults, self._clock, self._tick = wires, faults, clock, tick
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(Socket(scope, receive, send))

    async def beat(self) -> None:
        """The market's own time, four times a second, for ever."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._tick()
            for wire in self._wires:
                wire.pulse()
            # Four times a second, whatever the work took; what could not be kept up with is let go.
            due = max(due + _BEAT, loop.time())
            await asyncio.sleep(due - loop.time())

    # ---- within ----

    def _wire_of(self, path: str, *, is_socket: bool) -> Wire:
        return next(wire for wire in self._wires if wire.speaks(path, is_socket=is_socket))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > _MOST_BODY:
                await _say(send, Reply(413, b"{}"))
                return
            if not message.get("more_body"):
                break
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=scope.get("query_string", b"").decode("latin-1"),
            headers={name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
            address=(scope.get("client") or ("",))[0],
            arrived_at=self._clock.told(),
        )
        wire = self._wire_of(request.path, is_socket=False)
        if wire.name in _BEYOND_FAULTS:
            await _say(send, wire.answer(request))
            return
        named = wire.named(request)
        about = {"venue": wire.name, "act": named.act, "mark": named.mark, "account": named.account}
        fault = self._faults.meets(Point.ARRIVAL, **about)
        if fault is not None and not await self._goes_on(fault, wire, request, receive, send):
            return
        reply = wire.answer(request)
        fault = self._faults.meets(Point.ANSWER, **about)
        if fault is None:
            await _say(send, reply)
        else:
            await self._spoilt(fault, wire, reply, receive, send)

    async def _goes_on(self, fault: Fault, wire: Wire, request: Request, receive: Receive, send: Send) -> bool:
        match fault.name:
            case "slow_accept":
                late = float(fault.given["seconds"])
                if not isinstance(wire, Impatient) or late <= wire.patience:
                    await asyncio.sleep(self._clock.seconds(late))
                    return True
                # The venue's gate gives up waiting, and says so; what stands behind it does it all the same.
                self._do_later(wire, request, self._clock.seconds(late))
                await asyncio.sleep(self._clock.seconds(wire.patience))
                await _say(send, wire.timed_out())
            case "timeout_before":
                await self._say_nothing(fault, receive, send)
            case "reset_before":
                tear_down(send)
            case _:
                await _say(send, wire.broken(fault))
        return False

    def _do_later(self, wire: Wire, request: Request, seconds: float) -> None:
        async def do() -> None:
            await asyncio.sleep(seconds)
            wire.answer(request)

        task = asyncio.create_task(do())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _spoilt(self, fault: Fault, wire: Wire, reply: Reply, receive: Receive, send: Send) -> None:
        match fault.name:
            case "timeout_after":
                await self._say_nothing(fault, receive, send)
            case "reset_after":
                tear_down(send)
            case "truncated":
                await _say(send, reply, most=len(reply.body) // 2)
                tear_down(send)
            case _:
                await _say(send, wire.broken(fault))

    async def _say_nothing(self, fault: Fault, receive: Receive, send: Send) -> None:
        """Until the client goes, or the fault's own time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._clock.seconds(float(fault.given["seconds"]))):
                while (await receive())["type"] != "http.disconnect":
                    pass
        tear_down(send)

    async def _socket(self, socket: Socket) -> None:
        wire = self._wire_of(socket.path, is_socket=True)
        fault = None
        if wire.name not in _BEYOND_FAULTS:
            fault = self._faults.meets(Point.ARRIVAL, venue=wire.name, act="socket")
        if fault is not None:
            told = wire.broken(fault)
            await socket.refuse(told.status, told.body, told.type)
            return
        await wire.serve(socket)


async def _say(send: Send, reply: Reply, *, most: int | None = None) -> None:
    headers = [(b"content-type", reply.type.encode()), (b"content-length", str(len(reply.body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    body = reply.body if most is None else reply.body[:most]
    await send({"type": "http.response.body", "body": body, "more_body": most is not None})


def tear_down(send: Any) -> None:
    """Ends the connection without a word, as a network does. ASGI has none for it; uvicorn lets us at its transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("connections can be torn down under uvicorn alone")
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
