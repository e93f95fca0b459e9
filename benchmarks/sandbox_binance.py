"""Signed requests a second that the sandbox's Binance answers under uvicorn, asked by a process of its own.

    python benchmarks/sandbox_binance.py    # writes results/sandbox_binance.json

The venue's limits are raised for it; everything else is done: signatures, filters, matching, money, the account's news.
"""

import asyncio
import hashlib
import hmac
import json
import multiprocessing
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from exchanges.sandbox.world import World  # noqa: E402 - the path comes first
from tests.exchanges.sandbox.serving import serving  # noqa: E402 - the path comes first

RESULTS = ROOT / "benchmarks" / "results" / "sandbox_binance.json"
COUNT, CONNECTIONS, TURNS = 6000, 4, 3
TARGET = 300
UNBOUNDED = 10**9
KINDS = ("balances", "market orders", "orders placed and cancelled")


def asked(kind: str, n: int) -> tuple[str, str, str]:
    if kind == "balances":
        return "GET", "account", ""
    if kind == "market orders":
        return "POST", "order", f"symbol=BTCUSDT&side={('SELL', 'BUY')[n % 2]}&type=MARKET&quantity=0.001&"
    if n % 2:
        return "DELETE", "order", f"symbol=BTCUSDT&origClientOrderId=b{n - 1}&"
    told = "side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=30000"
    return "POST", "order", f"symbol=BTCUSDT&{told}&newClientOrderId=b{n}&"


async def worker(port: int, words: dict[str, str], kind: str, numbers: range) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    for n in numbers:
        method, path, told = asked(kind, n)
        told += f"timestamp={time.time_ns() // 1_000_000}"
        signature = hmac.digest(words["secret"].encode(), told.encode(), hashlib.sha256).hex()
        head = f"{method} /api/v3/{path}?{told}&signature={signature} HTTP/1.1\r\nHost: x\r\n"
        writer.write(f"{head}X-MBX-APIKEY: {words['api_key']}\r\nContent-Length: 0\r\n\r\n".encode())
        reply = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(reply.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        answered += reply.startswith(b"HTTP/1.1 200")
    writer.close()
    return answered


def client(port: int, words: dict[str, str], kind: str, told: Any) -> None:
    async def run() -> float:
        begun = time.perf_counter()
        part = COUNT // CONNECTIONS
        answered = await asyncio.gather(
            *(worker(port, words, kind, range(n * part, (n + 1) * part)) for n in range(CONNECTIONS))
        )
        if sum(answered) != COUNT:
            raise SystemExit(f"{kind}: {COUNT - sum(answered)} of {COUNT} were refused")
        return COUNT / (time.perf_counter() - begun)

    told.put(asyncio.run(run()))


def main() -> int:
    spawn = multiprocessing.get_context("spawn")
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    with serving(World(seed="benchmark")) as running:
        wire = running.world.wires["binance"]
        figures = wire.limits.figures
        figures.weight = figures.raw = figures.orders_short = figures.orders_day = UNBOUNDED
        for _ in range(TURNS):
            for kind in KINDS:
                balances = {"USDT": 10**27, "BTC": 10**22}
                account = running.do(lambda given=balances: wire.open_account(name="", balances=given))
                told = spawn.Queue()
                words = {name: account.words[name] for name in ("api_key", "secret")}
                one = spawn.Process(target=client, args=(int(running.address.rsplit(":", 1)[1]), words, kind, told))
                one.start()
                found[kind].append(round(told.get(timeout=120)))
                one.join()
    result = {
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "requests": COUNT,
        "connections": CONNECTIONS,
        "target": TARGET,
        "a_second": found,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result["a_second"]))
    return 0 if min(min(rates) for rates in found.values()) >= TARGET else 1


if __name__ == "__main__":
    raise SystemExit(main())
