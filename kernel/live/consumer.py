"""A live socket as ASGI sees it: through the door before it is accepted, then it listens until something ends it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import AsyncConsumer
from django.db import DatabaseError

from kernel import clock
from kernel.live.broadcaster import broadcaster
from kernel.live.codes import CloseCode
from kernel.live.door import Door, Entry, Handshake, Refused
from kernel.live.hang_up import hang_up
from kernel.live.registry import UnknownKind, kind_named
from kernel.live.sockets import LiveSocket
from kernel.logs.setup import get_logger

log = get_logger(__name__)

LIFETIME_SECONDS = 86_400.0
#: How much a listener may say in all. None of it is read.
WORDS_BYTES = 4096
BYTES_A_MESSAGE = 16
#: How long a close frame may wait behind what the peer has not read.
CLOSE_SECONDS = 2.0
MOST_TOPICS = 100

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class LiveConsumer(AsyncConsumer):
    """The base of a live socket; the app above names its door.

    It runs by itself instead of Channels' dispatch, which costs a thread's hop for every message (PERFORMANCE 2).
    """

    door: ClassVar[Door]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        live = broadcaster()
        knocked_at = clock.monotonic()
        try:
            entry: Entry = await live.door_thread.run(self.door.admit, handshake_of(scope))
        except (Refused, DatabaseError) as error:
            if isinstance(error, DatabaseError):
                log.warning("live.door_closed", error=type(error).__name__)
            # Before it is accepted, this is HTTP 403: the same for a stranger and for a workspace that is not there.
            await send({"type": "websocket.close"})
            return
        socket = LiveSocket(door=self.door, entry=entry, topics=topics_of(scope), verified_at=knocked_at)
        async with live.joined(socket):
            await send({"type": "websocket.accept"})
            await _serve(socket, receive, send)


class Nowhere(AsyncConsumer):
    """Refuses a socket to an address that nothing lives at."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})


def handshake_of(scope: Message) -> Handshake:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}; {value}" if name == "cookie" and name in headers else value
    client = scope.get("client")
    return Handshake(scope["url_route"]["kwargs"]["workspace"], headers, str(client[0]) if client else "")


def topics_of(scope: Message) -> frozenset[str]:
    """The public things that the page asked to hear: `?hear=price` or `?hear=price:<id>`. Others are passed over."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("hear", [])
    return frozenset(topic for topic in asked[:MOST_TOPICS] if _is_public(topic))


def _is_public(topic: str) -> bool:
    kind, _, row_id = topic.partition(":")
    try:
        return kind_named(kind).is_public and (not row_id or str(UUID(row_id)) == row_id)
    except (UnknownKind, ValueError):
        return False


async def _serve(socket: LiveSocket, receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.create_task(_read(socket, receive))
    writer = asyncio.create_task(_write(socket, send))
    end = loop.call_later(random.uniform(0.9, 1.0) * LIFETIME_SECONDS, socket.close, CloseCode.WORN_OUT)  # noqa: S311
    socket.on_close(lambda: loop.call_later(CLOSE_SECONDS, writer.cancel))
    try:
        await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        if socket.close_code is not None:
            await asyncio.wait({writer}, timeout=CLOSE_SECONDS)
            await _close(socket.close_code, send)
    finally:
        end.cancel()
        reader.cancel()
        writer.cancel()


async def _read(socket: LiveSocket, receive: Receive) -> None:
    """Ends when the peer leaves, or has said too much."""
    heard = 0
    while (event := await receive())["type"] != "websocket.disconnect":
        heard += len(event.get("text") or event.get("bytes") or "") + BYTES_A_MESSAGE
        if heard > WORDS_BYTES:
            socket.close(CloseCode.TOO_BIG)
            return


async def _write(socket: LiveSocket, send: Send) -> None:
    # A peer that left in the middle is the reader's news.
    with suppress(OSError):
        while (frame := await socket.next_frame()) is not None:
            await send(frame)


async def _close(code: CloseCode, send: Send) -> None:
    try:
        await asyncio.wait_for(send({"type": "websocket.close", "code": int(code)}), CLOSE_SECONDS)
    except TimeoutError:
        hang_up(send)
    except OSError:
        return
