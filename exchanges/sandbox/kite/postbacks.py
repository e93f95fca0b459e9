"""Postbacks: what became of an order, posted to an address of this machine.

kite.trade/docs/connect/v3/postbacks (read 2026-11-21): a JSON body by POST. Nobody's answer is waited for long, nothing
is sent again, and what comes faster than it can be sent pushes out the oldest.
"""

import asyncio
import ipaddress
from collections import deque
from urllib.parse import urlsplit

_MOST = 1_000
_SECONDS = 5


def is_home(address: str) -> bool:
    """Whether it is an http address of this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "http" or parts.username is not None or any(one.isspace() for one in address):
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Postbacks:
    def __init__(self) -> None:
        self.waiting: deque[tuple[str, bytes]] = deque(maxlen=_MOST)
        self.sent = 0
        self._task: asyncio.Task[None] | None = None

    def send(self, address: str, body: bytes) -> None:
        self.waiting.append((address, body))

    def pulse(self) -> None:
        """Begins to send, where a loop runs and something waits."""
        if self.waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self.waiting:
            address, body = self.waiting.popleft()
            try:
                async with asyncio.timeout(_SECONDS):
                    await _post(address, body)
                self.sent += 1
            except (OSError, TimeoutError, ValueError):
                # Whoever does not listen hears nothing: so it is at the venue.
                continue


async def _post(address: str, body: bytes) -> None:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: kite-sandbox\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(head.encode("ascii") + body)
        await writer.drain()
        await reader.read(64)
    finally:
        writer.close()
