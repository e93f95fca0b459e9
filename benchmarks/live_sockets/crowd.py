"""A thousand listeners in one cheap process: bare connections, a frame parser that looks for one stamp.

Driven by lines on stdin: `begin` forgets what was measured, `count` prints the deliveries so far, `end` the figures.
"""

import asyncio
import json
import os
import re
import sys
import time
from base64 import b64encode

import uvloop

STAMP = re.compile(rb'data-sent="(\d+)"')
AT_ONCE = 40


class Crowd:
    def __init__(self) -> None:
        self.delays: list[int] = []
        self.open = 0


class OneListener(asyncio.Protocol):
    def __init__(self, crowd: Crowd, request: bytes, ready: "asyncio.Future[None]") -> None:
        self.crowd, self.request, self.ready = crowd, request, ready
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self.request)

    def connection_lost(self, error: Exception | None) -> None:
        if self.ready.done():
            self.crowd.open -= 1
        else:
            self.ready.set_exception(ConnectionError("refused"))

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            head, end, data = (self.rest + data).partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                return
            self.rest = b""
            self.crowd.open += 1
            self.ready.set_result(None)
        now = time.monotonic_ns()
        data = self.rest + data if self.rest else data
        place, size = 0, len(data)
        while size - place >= 2:
            kind, length, head_size = data[place] & 15, data[place + 1], 2
            if length == 126:
                if size - place < 4:
                    break
                length, head_size = int.from_bytes(data[place + 2 : place + 4], "big"), 4
            if size - place < head_size + length:
                break
            start = place + head_size
            place = start + length
            if kind == 1:
                self.take(data, start, place, now)
            elif kind == 9:
                # A pong, masked with zeros.
                self.transport.write(bytes([0x8A, 0x80 | length, 0, 0, 0, 0]) + data[start:place])
        self.rest = data[place:]

    def take(self, data: bytes, start: int, end: int, now: int) -> None:
        """One text message: what stands in `data` from `start` to `end`."""
        found = STAMP.search(data, start, end)
        if found:
            self.crowd.delays.append(now - int(found[1]))


def share(ordered: list[int], part: float) -> float:
    """The delay in milliseconds that this part of the deliveries stayed below."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))] / 1e6, 2) if ordered else 0.0


async def enter_all(crowd: Crowd, listener: type[OneListener], port: int, path: str, cookie: str, people: int) -> None:
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(AT_ONCE)

    async def enter() -> None:
        key = b64encode(os.urandom(16)).decode()
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Cookie: {cookie}\r\n\r\n"
        ).encode()
        async with gate:
            ready: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(lambda: listener(crowd, request, ready), "127.0.0.1", port)
            await ready

    await asyncio.gather(*(enter() for _ in range(people)))


async def attend(port: int, path: str, cookie: str, people: int) -> None:
    loop = asyncio.get_running_loop()
    crowd = Crowd()
    started = time.monotonic()
    await enter_all(crowd, OneListener, port, path, cookie, people)
    print(json.dumps({"open": crowd.open, "seconds": round(time.monotonic() - started, 2)}), flush=True)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := (await orders.readline()).strip():
        if order == b"begin":
            crowd.delays.clear()
            answer: dict[str, float] = {"open": crowd.open}
        elif order == b"count":
            answer = {"deliveries": len(crowd.delays)}
        else:
            ordered = sorted(crowd.delays)
            answer = {
                "open": crowd.open,
                "deliveries": len(ordered),
                "p50_ms": share(ordered, 0.5),
                "p95_ms": share(ordered, 0.95),
                "p99_ms": share(ordered, 0.99),
                "worst_ms": share(ordered, 1.0),
            }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(attend(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
