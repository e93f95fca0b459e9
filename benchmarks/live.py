"""From the venue's send to the page's receive: last prices and books, through every process of production.

    python -m deploy.local.with_servers python benchmarks/live.py [SECONDS]

A venue on loopback speaks Binance's wire and tells tickers and depth, each with a figure of its own. The real
`stream_prices` writes them to PostgreSQL and tells Redis; the real process for sockets, as the Procfile names it, draws
and hands them to 1, 50 and 200 open WebSockets, each of a page that shows ten prices and a book. Writes
benchmarks/results/live.json. Targets: p95 <= 1 s for both; of each thing no more than four messages a second; the last
figure that the venue told arrives at every page.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from array import array
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402 - the path comes first

django.setup()

from django.conf import settings  # noqa: E402 - needs the settings
from django.db import connection  # noqa: E402 - needs the settings
from django.test import Client  # noqa: E402 - needs the settings
from websockets.asyncio.server import ServerConnection, serve  # noqa: E402 - beside its likes
from websockets.exceptions import ConnectionClosed  # noqa: E402 - beside its likes
from websockets.http11 import Request, Response  # noqa: E402 - beside its likes

from accounts.models import Person, Workspace  # noqa: E402 - needs the app registry
from accounts.services.workspaces import create_workspace  # noqa: E402 - needs the app registry
from benchmarks.machine import write_result  # noqa: E402 - needs the path
from benchmarks.processes import Crowd, environment_of, process, production_command  # noqa: E402 - needs the path
from deploy.local.ports import free_port  # noqa: E402 - needs the path
from exchanges.domain.listed import listing_facts  # noqa: E402 - needs the app registry
from exchanges.domain.market import Listing as Told  # noqa: E402 - needs the app registry
from exchanges.domain.venues.binance import BINANCE  # noqa: E402 - needs the app registry
from instruments.domain.rules import Steps, TradingRules  # noqa: E402 - needs the app registry
from instruments.looks import look_at  # noqa: E402 - needs the app registry
from instruments.models import LastPrice, Listing, OrderBook  # noqa: E402 - needs the app registry
from instruments.services.catalogue import refresh_listings  # noqa: E402 - needs the app registry
from kernel import clock  # noqa: E402 - needs the app registry
from tests.database import database_for  # noqa: E402 - needs the app registry

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
PAGES = (1, 50, 200)
PAIRS = [f"B{number:02d}USDT" for number in range(10)]
#: Of each pair, by the venue; Binance tells a ticker once a second, and a trade moves it more often here.
TICKS_A_SECOND, BOOKS_A_SECOND = 10, 10
LATE_SECONDS = 1.0
DRAIN_SECONDS = 3.0
MOST_A_SECOND = 4.0


class TellingVenue:
    """Binance's wire: whoever subscribes is told, and every figure is another one."""

    def __init__(self) -> None:
        self.port = free_port()
        #: By the figure in hundredths, when it was sent.
        self.sent_at: dict[int, int] = {}
        self.last: dict[tuple[str, int], int] = {}
        self.is_telling = threading.Event()
        self._figure = 1_000_000
        threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True).start()

    async def _run(self) -> None:
        async with serve(self._talk, "127.0.0.1", self.port, process_request=self._answer, compression=None):
            await asyncio.Event().wait()

    def _answer(self, socket: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade"):
            return None
        # What REST is asked for beside the sockets: bars that were missed, of which there are none.
        return socket.respond(200, "[]")

    async def _talk(self, socket: ServerConnection) -> None:
        try:
            asked = json.loads(await socket.recv())
            await socket.send(json.dumps({"result": None, "id": asked["id"]}))
            tasks = [self._tell(socket, *name.split("@", 1)) for name in asked["params"]]
            await asyncio.gather(*tasks)
        except ConnectionClosed:
            return

    async def _tell(self, socket: ServerConnection, name: str, stream: str) -> None:
        kind = int(stream != "ticker")
        rate = BOOKS_A_SECOND if kind else TICKS_A_SECOND
        # Not all in one moment.
        await asyncio.sleep(hash(name) % 100 / 100 / rate)
        while True:
            if self.is_telling.is_set():
                figure = self._figure = self._figure + 1
                text = f"{Decimal(figure) / 100:.2f}"
                content = _book(text, figure) if kind else _ticker(name.upper(), text)
                self.sent_at[figure] = time.monotonic_ns()
                await socket.send(content)
                self.last[name.upper(), kind] = figure
            await asyncio.sleep(1 / rate)


def _ticker(symbol: str, price: str) -> str:
    now = time.time_ns() // 1_000_000
    told = {"e": "24hrTicker", "E": now, "s": symbol, "c": price, "b": price, "a": price, "C": now, "v": "1000"}
    return json.dumps(told)


def _book(price: str, number: int) -> str:
    best = Decimal(price)
    bids = [[f"{best - Decimal(level) / 100:.2f}", f"{level + 1}.5"] for level in range(20)]
    asks = [[f"{best + Decimal(level + 1) / 100:.2f}", f"{level + 1}.25"] for level in range(20)]
    return json.dumps({"lastUpdateId": number, "bids": bids, "asks": asks})


def catalogue() -> dict[str, Listing]:
    rules = TradingRules(price=Steps(Decimal("0.01")), quantity=Steps(Decimal("0.01")))
    told = [Told(name, name[:-4], "USDT", "spot", is_tradable=True, rules=rules) for name in PAIRS]
    refresh_listings(venue="binance", listings=[listing_facts(one, BINANCE) for one in told], now=clock.now())
    return {row.symbol: row for row in Listing.objects.filter(venue="binance")}


def cpu_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(ordered: list[float], part: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 1) if ordered else 0.0


def measure(
    venue: TellingVenue, people: int, *, port: int, path: str, cookie: str, processes: dict[str, int]
) -> dict[str, Any]:
    watchers = Crowd("benchmarks.live_sockets.watchers", port, path, cookie, people)
    try:
        time.sleep(1.5)
        watchers.ask("begin")
        before = {name: cpu_seconds(one) for name, one in processes.items()}
        began = time.monotonic()
        time.sleep(SECONDS)
        took = time.monotonic() - began
        used = {name: round((cpu_seconds(one) - before[name]) / took, 2) for name, one in processes.items()}
        load = round(os.getloadavg()[0], 2)
        venue.is_telling.clear()
        time.sleep(DRAIN_SECONDS)
        with tempfile.NamedTemporaryFile() as file:
            open_now = watchers.ask(f"end {file.name}")["open"]
            heard = array("q")
            heard.frombytes(Path(file.name).read_bytes())
        last = [{figure for (_, one), figure in venue.last.items() if one == kind} for kind in (0, 1)]
    finally:
        watchers.leave()
        venue.is_telling.set()
    return {
        "pages": people,
        "open": open_now,
        "load_average": load,
        "cores_used": used,
        **figures_of(heard, venue, last, people, took),
    }


def figures_of(
    heard: "array[int]", venue: TellingVenue, last: list[set[int]], people: int, seconds: float
) -> dict[str, Any]:
    delays: tuple[list[float], list[float]] = ([], [])
    counts: dict[tuple[int, int, int], int] = {}
    newest: dict[tuple[int, int, int], int] = {}
    for place in range(0, len(heard), 5):
        listener, kind, thing, figure, at = heard[place : place + 5]
        delays[kind].append((at - venue.sent_at[figure]) / 1e6)
        key = (listener, kind, thing)
        counts[key] = counts.get(key, 0) + 1
        newest[key] = max(newest.get(key, 0), figure)
    result: dict[str, Any] = {}
    for kind, name in enumerate(("last_price", "book")):
        ordered = sorted(delays[kind])
        things = len(PAIRS) if kind == 0 else 1
        arrived = sum(figure in last[kind] for (_, one, _), figure in newest.items() if one == kind)
        each = [count / seconds for (_, one, _), count in counts.items() if one == kind]
        result[name] = {
            "messages": len(ordered),
            "p50_ms": share(ordered, 0.5),
            "p95_ms": share(ordered, 0.95),
            "p99_ms": share(ordered, 0.99),
            "worst_ms": share(ordered, 1.0),
            "late": sum(one > LATE_SECONDS * 1000 for one in ordered),
            # Of the last figures that were told, how many a page never showed.
            "lost": people * things - arrived,
            "messages_a_second_of_each": round(statistics.mean(each), 2) if each else 0.0,
            "most_a_second_of_any": round(max(each, default=0.0), 2),
        }
    result["messages_a_second_per_page"] = round(len(heard) / 5 / people / seconds, 1)
    return result


def look(listings: dict[str, Listing], stop: threading.Event) -> None:
    """The pages' own word that they are open, said again in time."""
    while True:
        look_at("binance", PAIRS[0], now=clock.now())
        if stop.wait(30):
            return


def await_figures() -> None:
    # Another machine, or a busy one, takes its time to begin.
    ends = time.monotonic() + 300
    while LastPrice.objects.count() < len(PAIRS) or not OrderBook.objects.exists():
        if time.monotonic() > ends:
            raise SystemExit("the prices of the venue never came")
        time.sleep(0.2)


def run(database: str) -> list[dict[str, Any]]:
    person = Person.objects.create_user("bench@example.org", "irrelevant here")
    workspace = create_workspace(owner=person, name="Bench", kind=Workspace.Kind.TEAM, now=clock.now())
    client = Client()
    client.force_login(person)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    listings, venue, port, stop = catalogue(), TellingVenue(), free_port(), threading.Event()
    environment = environment_of(
        database, VENUE_ADDRESSES=f"binance=http://127.0.0.1:{venue.port}", PRICE_SYMBOLS="binance=" + ",".join(PAIRS)
    )
    heard = [f"last_price:{one.pk}" for one in listings.values()] + [f"book:{listings[PAIRS[0]].pk}"]
    path = f"/ws/w/{workspace.slug}/live/?" + "&".join(f"hear={one}" for one in heard)
    venue.is_telling.set()
    with ExitStack() as stack:
        stack.callback(stop.set)
        threading.Thread(target=look, args=(listings, stop), daemon=True).start()
        commands = {
            "stream_prices": [sys.executable, "manage.py", "stream_prices", "binance"],
            "live": production_command("live", LIVE_HOST="127.0.0.1", LIVE_PORT=port),
        }
        processes = {name: stack.enter_context(process(one, environment)).pid for name, one in commands.items()}
        await_figures()
        found = []
        for people in PAGES:
            found.append(measure(venue, people, port=port, path=path, cookie=cookie, processes=processes))
            print(json.dumps(found[-1]), flush=True)
    return found


def main() -> None:
    with database_for("bench"):
        found = run(connection.settings_dict["NAME"])
    kinds = [turn[name] for turn in found for name in ("last_price", "book")]
    is_met = {
        "p95 <= 1 s": all(0 < one["p95_ms"] <= 1000 for one in kinds),
        "nothing lost": not any(one["lost"] for one in kinds),
        "<= 4 a second of each": all(one["most_a_second_of_any"] <= MOST_A_SECOND * 1.05 for one in kinds),
    }
    told = {"ticks_a_second": TICKS_A_SECOND * len(PAIRS), "books_a_second": BOOKS_A_SECOND, "seconds": SECONDS}
    write_result("live", {"venue": told, "turns": found, "met": is_met})
    sys.exit(0 if all(is_met.values()) else 1)


if __name__ == "__main__":
    main()
