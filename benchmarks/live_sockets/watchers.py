"""Pages that look at prices and books: bare connections that note which figure each message shows, and when it came.

As crowd.py does, it reads orders from stdin; `end` writes what came to the file that it names, as whole numbers: of the
listener, the kind (0 a price, 1 a book), the thing, the figure in hundredths, and nanoseconds.
"""

import asyncio
import json
import re
import sys
import time
from array import array
from pathlib import Path

import uvloop

from benchmarks.live_sockets.crowd import Crowd, OneListener, enter_all

PRICE = re.compile(rb'id="last_price-([0-9a-f-]{36})".*?data-price="([0-9.]+)"', re.DOTALL)
BOOK = re.compile(rb'id="book-([0-9a-f-]{36})".*?class="figure buy">.*?<span>([0-9.,]+)</span>', re.DOTALL)


class Watchers(Crowd):
    def __init__(self) -> None:
        super().__init__()
        self.things: dict[bytes, int] = {}
        self.heard = array("q")
        self.listeners = 0


class OneWatcher(OneListener):
    crowd: Watchers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.number = self.crowd.listeners
        self.crowd.listeners += 1

    def take(self, data: bytes, start: int, end: int, now: int) -> None:
        for kind, form in enumerate((PRICE, BOOK)):
            found = form.search(data, start, end)
            if found:
                thing = self.crowd.things.setdefault(found[1], len(self.crowd.things))
                hundredths = round(float(found[2].replace(b",", b"")) * 100)
                self.crowd.heard.extend((self.number, kind, thing, hundredths, now))


async def attend(port: int, path: str, cookie: str, people: int) -> None:
    crowd = Watchers()
    started = time.monotonic()
    await enter_all(crowd, OneWatcher, port, path, cookie, people)
    print(json.dumps({"open": crowd.open, "seconds": round(time.monotonic() - started, 2)}), flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := (await orders.readline()).decode().split():
        if order[0] == "begin":
            del crowd.heard[:]
        else:
            Path(order[1]).write_bytes(crowd.heard.tobytes())  # noqa: ASYNC240 - nothing else is to be done
        print(json.dumps({"open": crowd.open, "heard": len(crowd.heard) // 5}), flush=True)


if __name__ == "__main__":
    uvloop.run(attend(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
