"""How many requests a second the sandbox's Kite answers through uvicorn, the client on the other core.

    python benchmarks/sandbox_kite.py       # wants nothing but the packages; writes results/sandbox_kite.json

Every request is by a token and counted by the limits; durations are scaled so that no limit is met. An order rests, is
changed and is cancelled, so that its money is held and let go each time.
"""

import asyncio
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.machine import write_result  # noqa: E402 - the path comes first

PEOPLE = 16
REQUESTS = 6_000
TARGETS = {"requests_a_second": 300, "aim": 2_000}
SERVER = (
    "import asyncio, os\n"
    "os.sched_setaffinity(0, {{0}}) if os.cpu_count() > 1 else None\n"
    "from exchanges.management.commands.sandbox import listening, serve\n"
    "from exchanges.sandbox.clock import Clock\n"
    "from exchanges.sandbox.world import World\n"
    "taken = listening('127.0.0.1', {port})\n"
    "asyncio.run(serve(World(seed='bench', clock=Clock(scale=0.001)), taken))\n"
)


class Line:
    """One connection that is kept, and the account that speaks on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.authorization = reader, writer, ""

    async def ask(self, method: str, path: str, fields: dict[str, str] | None = None, told: object = None) -> bytes:
        body, kind = urlencode(fields or {}).encode(), "application/x-www-form-urlencoded"
        if told is not None:
            body, kind = json.dumps(told).encode(), "application/json"
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Kite-Version: 3\r\nContent-Type: {kind}\r\n"
            f"Authorization: {self.authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return answer + await self.reader.readexactly(length)

    async def data(self, *told: object) -> dict[str, str]:
        answer = json.loads((await self.ask(*told)).partition(b"\r\n\r\n")[2])  # type: ignore[arg-type]
        assert answer["status"] == "success", answer
        return answer["data"]

    async def log_in(self) -> None:
        words = {"redirect": "http://127.0.0.1:9/"}
        made = await self.ask("POST", "/control/accounts", None, {"venue": "kite", "words": words})
        account = json.loads(made.partition(b"\r\n\r\n")[2])
        key, secret = account["api_key"], account["api_secret"]
        sent = await self.ask(
            "POST", "/connect/login", {"api_key": key, "user_id": account["user_id"], "action": "login"}
        )
        place = sent.lower().partition(b"location: ")[2].partition(b"\r\n")[0].decode()
        token = parse_qs(urlsplit(place).query)["request_token"][0]
        checksum = hashlib.sha256(f"{key}{token}{secret}".encode()).hexdigest()
        fields = {"api_key": key, "request_token": token, "checksum": checksum}
        self.authorization = f"token {key}:{(await self.data('POST', '/session/token', fields))['access_token']}"


async def opened(port: int) -> Line:
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    await line.log_in()
    return line


async def reads(line: Line, count: int, path: str) -> int:
    for _ in range(count):
        assert b" 200 " in (await line.ask("GET", path))[:20]
    return count


async def orders(line: Line, count: int, price: str) -> int:
    fields = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "1", "product": "CNC",
        "order_type": "LIMIT", "price": price, "tag": "benchmark",
    }  # fmt: skip
    for _ in range(count // 3):
        number = (await line.data("POST", "/orders/regular", fields))["order_id"]
        await line.data("PUT", f"/orders/regular/{number}", {"quantity": "2"})
        await line.data("DELETE", f"/orders/regular/{number}")
    return count // 3 * 3


async def measured(port: int) -> dict[str, float]:
    lines = [await opened(port) for _ in range(PEOPLE)]
    last = (await lines[0].data("GET", "/quote/ltp?i=NSE:INFY"))["NSE:INFY"]["last_price"]  # type: ignore[index]
    price = f"{round(float(last) * 0.9)}"
    found = {}
    for name, act in {
        "user_margins": lambda line: reads(line, REQUESTS // PEOPLE, "/user/margins"),
        "user_profile": lambda line: reads(line, REQUESTS // PEOPLE, "/user/profile"),
        "place_modify_cancel": lambda line: orders(line, REQUESTS // PEOPLE, price),
    }.items():
        began = time.perf_counter()
        done = sum(await asyncio.gather(*(act(line) for line in lines)))
        found[name] = round(done / (time.perf_counter() - began), 1)
    for line in lines:
        line.writer.close()
    return found


def main() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SERVER.format(port=port)], cwd=ROOT)
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    try:
        for _ in range(300):
            with closing(socket.socket()) as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        write_result("sandbox_kite", {"targets": TARGETS, "requests_a_second": asyncio.run(measured(port))})
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
