"""One socket by ccxt.pro's client, which dials, answers pings and closes. What it carries is handed on as it came:
ccxt would make floats of figures, and its own channels of messages.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

import aiohttp
import certifi
from aiohttp import WSMsgType
from ccxt.async_support.base.ws.client import Client

# It says each request in full at its debug level.
logging.getLogger("ccxt").setLevel(logging.WARNING)

DIAL_SECONDS = 10
_CLOSE_SECONDS = 1.0


class SocketEnded(Exception):
    """The socket is over, or never began. `status` is the answer to a handshake that was refused."""

    def __init__(self, cause: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.status, self.retry_after = status, retry_after


class _Client(Client):
    """Hands on the text as it came, and says when the venue pings."""

    pinged: Callable[[], None]

    def handle_text_or_binary_message(self, data: Any) -> None:
        self.on_message_callback(self, data)

    def handle_message(self, message: Any) -> None:
        if message.type is WSMsgType.PING:
            self.pinged()
        super().handle_message(message)


class Socket:
    def __init__(self, client: Client, ended: "asyncio.Future[None]") -> None:
        self._client, self.ended = client, ended

    async def send(self, message: dict[str, Any]) -> None:
        try:
            await self._client.send(message)
        except (ConnectionError, aiohttp.ClientError) as error:
            raise SocketEnded(type(error).__name__) from error


@asynccontextmanager
async def opened(
    url: str, *, take: Callable[[str | bytes], None], pinged: Callable[[], None], source: str | None = None
) -> AsyncIterator[Socket]:
    """An open socket. `take` gets each message; what it raises ends the socket, as `ended` then tells."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    # Nobody may be waiting any more when it ends.
    ended.add_done_callback(lambda future: None if future.cancelled() else future.exception())

    def end(error: BaseException) -> None:
        if not ended.done():
            ended.set_exception(error)

    def on_message(_: Client, data: str | bytes) -> None:
        if ended.done():
            return
        try:
            take(data)
        except Exception as error:  # noqa: BLE001 - an error inside ccxt's callback would stop it without a word
            end(error)

    def on_error(client: Client, error: Exception) -> None:
        inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
        status = getattr(inner, "status", None)
        # The error's own text may hold the address with a token in it.
        end(SocketEnded(type(inner).__name__, status=status, retry_after=client.last_retry_after))

    client = _Client(
        url,
        on_message,
        on_error,
        lambda _, code: end(SocketEnded(f"closed with {code}")),
        lambda _: None,
        {"asyncio_loop": loop, "keepAlive": 10_000, "connectionTimeout": DIAL_SECONDS * 1000, "verbose": False},
    )
    client.pinged = pinged
    session = _session(source)
    try:
        await client.open(session)
        if ended.done():
            ended.result()
        yield Socket(client, ended)
    finally:
        with suppress(TimeoutError, aiohttp.ClientError, ConnectionError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await client.close()
        await session.close()


def _session(source: str | None) -> aiohttp.ClientSession:
    """No proxy, no redirect, and certificates checked against the list that REST uses."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_refuse)
    context = ssl.create_default_context(cafile=certifi.where())
    leaving = (source, 0) if source is not None else None
    connector = aiohttp.TCPConnector(ssl=context, local_addr=leaving)
    return aiohttp.ClientSession(connector=connector, trust_env=False, trace_configs=[tracing])


async def _refuse(_: Any, __: Any, told: aiohttp.TraceRequestRedirectParams) -> NoReturn:
    raise aiohttp.TooManyRedirects(told.response.request_info, (told.response,), status=told.response.status)
