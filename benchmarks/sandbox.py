"""The sandbox venue: its engine beside a plain book, its memory over a week, HTTP from another process, 1,000 sockets.

    python benchmarks/sandbox.py            # wants nothing that runs; writes results/sandbox.json

`--path` and `--headers` (JSON) put another request in the place of the market's time: any GET of any wire. A wire's
own script can measure its signed orders with `requests_a_second`.
"""

import asyncio
import contextlib
import datetime as dt
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.machine import write_result  # noqa: E402 - the path comes first
from exchanges.domain.matching import Matching, Order, SelfTrade, Stay, Trade  # noqa: E402
from exchanges.sandbox.clock import SetClock  # noqa: E402
from exchanges.sandbox.listings import atoms  # noqa: E402
from exchanges.sandbox.orders import Ask  # noqa: E402
from exchanges.sandbox.world import World  # noqa: E402

NOW = int(dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC).timestamp() * 1000)
TARGETS = {"engine_orders_per_second": 10_000, "http_requests_per_second": 300, "sockets": 1000}
ENGINE_ORDERS, PLAIN_ORDERS = 100_000, 10_000
SOCKETS, SOCKET_SECONDS = 1000, 15
HTTP_SECONDS, HTTP_CLIENTS = 6, 16


# ---- the engine ----


class PlainBook:
    """What one writes first: a list that is looked through each time. The named alternative, on the same work."""

    def __init__(self) -> None:
        self.standing: list[list[Any]] = []
        self.trades = 0

    def submit(self, order: Order) -> None:
        left, sign = order.quantity, 1 if order.is_buy else -1
        facing = [one for one in self.standing if one[0].is_buy != order.is_buy]
        facing = [one for one in facing if order.price is None or sign * one[0].price <= sign * order.price]
        for one in sorted(facing, key=lambda one: sign * one[0].price):
            traded = min(left, one[1])
            one[1] -= traded
            left -= traded
            self.trades += 1
            if not left:
                break
        self.standing = [one for one in self.standing if one[1]]
        if left and order.price is not None and order.stay is Stay.RESTS:
            self.standing.append([order, left])

    def cancel(self, name: str) -> None:
        self.standing = [one for one in self.standing if one[0].id != name]


def drawn_orders(count: int) -> list[Order | str]:
    """Orders around a price that wanders, and cancels of earlier ones: an order in five."""
    chance, found, middle = random.Random(11), [], 10_000
    for number in range(count):
        middle += chance.choice((-1, 0, 1))
        if number and chance.random() < 0.2:
            found.append(str(chance.randrange(max(0, number - 500), number)))
            continue
        is_buy = chance.random() < 0.5
        price = None if chance.random() < 0.05 else middle + (-1 if is_buy else 1) * chance.randint(-8, 40)
        found.append(
            Order(
                str(number),
                "",
                is_buy=is_buy,
                quantity=chance.randint(1, 100),
                price=price,
                self_trade=SelfTrade.ALLOWED,
            )
        )
    return found


def engine() -> dict[str, Any]:
    work = drawn_orders(ENGINE_ORDERS)
    book, trades = Matching(), 0
    begun = time.perf_counter()
    for one in work:
        events = book.cancel(one) if isinstance(one, str) else book.submit(one)
        trades += sum(isinstance(event, Trade) for event in events)
    ours = ENGINE_ORDERS / (time.perf_counter() - begun)

    again, theirs = Matching(), PlainBook()
    begun = time.perf_counter()
    for one in work[:PLAIN_ORDERS]:
        theirs.cancel(one) if isinstance(one, str) else theirs.submit(one)
    plain = PLAIN_ORDERS / (time.perf_counter() - begun)
    same = sum(
        isinstance(event, Trade)
        for one in work[:PLAIN_ORDERS]
        for event in (again.cancel(one) if isinstance(one, str) else again.submit(one))
    )
    return {
        "orders": ENGINE_ORDERS,
        "trades": trades,
        "book_orders_per_second": round(ours),
        "plain_book_orders_per_second": round(plain),
        "same_trades_as_plain_book": same == theirs.trades,
        "ratio": round(ours / plain, 1),
    }


def house() -> dict[str, Any]:
    """Orders through the whole house: checked, paid for, matched with the crowd and each other, settled with fees."""
    world, chance, count = World(seed="bench", clock=SetClock(NOW)), random.Random(5), 30_000
    venue = world.binance
    riches = {"USDT": atoms(Decimal(10**12)), "BTC": atoms(Decimal(10**8))}
    accounts = [venue.open_account(str(n), name="", balances=riches) for n in range(20)]
    market = venue.look(venue.markets["BTCUSDT"])
    begun = time.perf_counter()
    for number in range(count):
        world.clock.move(0.001)
        price = max(1, market.last + chance.randint(-400, 400))
        order = venue.place(chance.choice(accounts), market, Ask(is_buy=number % 2 == 0, lots=50, price=price))
        if number % 3 == 0:
            venue.cancel(order)
    took = time.perf_counter() - begun
    if set(world.sums().values()) != {0}:
        raise SystemExit("money was made or lost")
    return {"orders": count, "house_orders_per_second": round(count / took)}


# ---- a week ----


def week() -> dict[str, Any]:
    """Seven days in steps of ten minutes, every market watched and traded, many orders and stops cancelled."""
    world, chance = World(seed="week", clock=SetClock(NOW)), random.Random(5)
    venue = world.binance
    riches = {asset: atoms(Decimal(10**12)) for asset in ("USDT", "BTC", "ETH", "USDC")}
    accounts = [venue.open_account(str(n), name="", balances=riches) for n in range(2)]
    for symbol in venue.markets:
        venue.watched[symbol] = 1
    points, symbols, orders = [], list(venue.markets), 0
    for day in range(8):
        points.append({"day": day, "orders": orders, "rss_mb": round(rss(), 1)})
        for _ in range(144 if day < 7 else 0):
            world.clock.move(600)
            world.tick()
            for _ in range(12):
                market, account = venue.markets[chance.choice(symbols)], chance.choice(accounts)
                near = max(1, round(market.last * chance.uniform(0.998, 1.002)))
                is_buy, trigger = chance.random() < 0.5, market.last * 2 if chance.random() < 0.2 else None
                if not is_buy and venue_has(account, market):
                    continue
                asked = Ask(is_buy=is_buy, lots=chance.randint(1, market.listing.level), price=near, trigger=trigger)
                orders += 1
                placed = venue.place(account, market, asked)
                if chance.random() < 0.7:
                    venue.cancel(placed)
    kept = {
        "orders_kept": sum(len(account.orders) for account in accounts),
        "longest_tape": max(len(market.tape) for market in venue.markets.values()),
        "sums_are_nought": set(world.sums().values()) == {0},
    }
    return {"points": points, **kept}


def venue_has(account: Any, market: Any) -> bool:
    """Whether it is too poor to sell there."""
    return account.purses[market.listing.base].free < market.lot_atoms * market.listing.level


def rss() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


# ---- through the wire ----


@contextlib.contextmanager
def server() -> Iterator[tuple[int, int]]:
    """A sandbox in a process of its own; its port and process id."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--serve", str(port)], cwd=ROOT)
    try:
        for _ in range(300):
            with contextlib.closing(socket.socket()) as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def serve(port: int) -> None:
    import uvicorn  # noqa: PLC0415 - only the server's side wants it

    world = World(seed="bench")

    async def run() -> None:
        beat = asyncio.create_task(world.server.beat())
        config = uvicorn.Config(
            world.server, host="127.0.0.1", port=port, lifespan="off", access_log=False, log_level="warning",
            ws_per_message_deflate=False, backlog=2048, timeout_graceful_shutdown=1,
        )  # fmt: skip
        await uvicorn.Server(config).serve()
        beat.cancel()

    asyncio.run(run())


async def requests_a_second(port: int, raw: bytes) -> dict[str, Any]:
    """How often this very request is answered, by clients that keep their connections. `raw` may sign each anew."""
    done, waits, failed = 0, [], 0
    end = time.perf_counter() + HTTP_SECONDS

    async def client() -> None:
        nonlocal done, failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            failed += not head.startswith(b"HTTP/1.1 2")
            waits.append(time.perf_counter() - begun)
            done += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(HTTP_CLIENTS)))
    waits.sort()
    return {
        "requests_per_second": round(done / HTTP_SECONDS),
        "clients": HTTP_CLIENTS,
        "failed": failed,
        "p50_ms": round(waits[len(waits) // 2] * 1000, 2),
        "p95_ms": round(waits[len(waits) * 95 // 100] * 1000, 2),
    }


async def sockets(port: int, process_id: int) -> dict[str, Any]:
    """The test wire tells its moment to every socket each 250 ms: what came, and how late it was."""
    from websockets.asyncio.client import connect  # noqa: PLC0415 - only the client's side wants it

    heard: list[tuple[int, float]] = []
    gate = asyncio.Semaphore(50)
    everybody_in, over = asyncio.Event(), asyncio.Event()

    async def listen() -> None:
        async with gate:
            one = await connect(f"ws://127.0.0.1:{port}/sandbox/beat", compression=None, open_timeout=60)
        async with one:
            async for message in one:
                if over.is_set():
                    return
                if everybody_in.is_set():
                    at = json.loads(message)["now"]
                    heard.append((at, time.time() * 1000 - at))

    listeners = [asyncio.create_task(listen()) for _ in range(SOCKETS)]
    await asyncio.sleep(8)
    cpu, begun = cpu_seconds(process_id), time.time() * 1000
    everybody_in.set()
    # A moment more, for what is on the way; what was sent in it is not counted.
    await asyncio.sleep(SOCKET_SECONDS + 2)
    over.set()
    cpu = cpu_seconds(process_id) - cpu
    ended = await asyncio.gather(*listeners, return_exceptions=True)
    counted = [(at, lag) for at, lag in heard if begun <= at < begun + SOCKET_SECONDS * 1000]
    lags, messages = sorted(lag for _, lag in counted), len({at for at, _ in counted})
    expected = SOCKETS * messages
    return {
        "sockets": SOCKETS,
        "seconds": SOCKET_SECONDS,
        "messages": messages,
        "deliveries": len(lags),
        "delivered": round(len(lags) / expected, 4),
        "broken": sum(isinstance(one, BaseException) for one in ended),
        "p50_ms": round(lags[len(lags) // 2], 1),
        "p95_ms": round(lags[len(lags) * 95 // 100], 1),
        "worst_ms": round(lags[-1], 1),
        "server_cpu_share": round(cpu / (SOCKET_SECONDS + 2), 2),
    }


def cpu_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--serve", type=int)
    parser.add_argument("--path", default="/control/markets")
    parser.add_argument("--headers", type=json.loads, default={})
    told = parser.parse_args()
    if told.serve:
        serve(told.serve)
        return
    headers = "".join(f"{name}: {word}\r\n" for name, word in {"Host": "localhost", **told.headers}.items())
    result: dict[str, Any] = {"targets": TARGETS, "engine": {**engine(), **house()}}
    result["week"] = week()
    with server() as (port, process_id):
        raw = f"GET {told.path} HTTP/1.1\r\n{headers}\r\n".encode()
        result["http"] = {"path": told.path, **asyncio.run(requests_a_second(port, raw))}
        control = b"GET /control/markets/binance/BTCUSDT HTTP/1.1\r\nHost: localhost\r\n\r\n"
        result["http_book"] = asyncio.run(requests_a_second(port, control))
        result["sockets"] = asyncio.run(sockets(port, process_id))
    result["met"] = {
        "engine": result["engine"]["book_orders_per_second"] >= TARGETS["engine_orders_per_second"],
        "house": result["engine"]["house_orders_per_second"] >= TARGETS["engine_orders_per_second"],
        "http": result["http"]["requests_per_second"] >= TARGETS["http_requests_per_second"],
        "sockets": result["sockets"]["delivered"] >= 0.99 and not result["sockets"]["broken"],
    }
    write_result("sandbox", result)


if __name__ == "__main__":
    main()
