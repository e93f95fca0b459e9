"""Candles in at 10,000 a second and more while people look: markets, an instrument, its chart and the API of candles.

    python -m deploy.local.with_servers python benchmarks/serving.py [SECONDS]

The pages come from gunicorn as the Procfile starts it, on the same cores as the database, the writer and those who ask.
Each is asked by one visitor with a short thought between two questions: first alone, then beside a writer that keeps a
pace of 10,000 bars a second, then beside one that writes as fast as it can. Writes benchmarks/results/serving.json.
Targets: >= 10,000 bars a second in; no question fails.
"""

import datetime as dt
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
_folder = tempfile.TemporaryDirectory(prefix="plumbline-bench-")
os.environ["CANDLE_STORE"] = _folder.name

import django  # noqa: E402 - the environment comes first

django.setup()

import numpy as np  # noqa: E402 - needs the set-up
from django.conf import settings  # noqa: E402 - needs the set-up
from django.db import connection  # noqa: E402 - needs the set-up
from django.test import Client  # noqa: E402 - needs the set-up
from django.urls import reverse  # noqa: E402 - needs the set-up

from accounts.models import Membership, Person, Workspace  # noqa: E402 - needs the set-up
from accounts.services.tokens import create_token  # noqa: E402 - needs the set-up
from accounts.services.workspaces import create_workspace  # noqa: E402 - needs the set-up
from benchmarks.machine import write_result  # noqa: E402 - needs the path
from benchmarks.processes import await_page, environment_of, process, production_command  # noqa: E402 - needs the path
from deploy.local.ports import free_port  # noqa: E402 - needs the path
from instruments.domain.bars import MOMENT, Told, moment64  # noqa: E402 - needs the set-up
from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts  # noqa: E402 - needs the set-up
from instruments.domain.rules import TradingRules  # noqa: E402 - needs the set-up
from instruments.models import Listing  # noqa: E402 - needs the set-up
from instruments.services.candles import write_bars  # noqa: E402 - needs the set-up
from instruments.services.catalogue import refresh_listings  # noqa: E402 - needs the set-up
from kernel import clock  # noqa: E402 - needs the set-up
from kernel.bars import Interval  # noqa: E402 - needs the set-up
from kernel.tenancy.access import Access, Right  # noqa: E402 - needs the set-up
from kernel.tenancy.scope import tenant  # noqa: E402 - needs the set-up
from tests.database import database_for  # noqa: E402 - needs the set-up

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
MINUTE = Interval("1m")
LISTINGS, BATCH, PACE = 200, 5_000, 10_000
THOUGHT_SECONDS = 0.1
FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def catalogue() -> list[Listing]:
    told = [
        ListingFacts(f"B{n}USDT", "spot", InstrumentFacts(Kind.SPOT, f"B{n}", "USDT"), TradingRules(), True, "always")
        for n in range(LISTINGS)
    ]
    refresh_listings(venue="binance", listings=told, now=clock.now())
    return list(Listing.objects.filter(venue="binance").select_related("instrument"))


def walk(number: int) -> Told:
    first = FIRST + number * BATCH * MINUTE.length
    starts = (moment64(first).astype(np.int64) + np.arange(BATCH) * 60_000_000).view(MOMENT)
    close = 100 + np.cumsum(np.random.default_rng(number).normal(0, 0.01, BATCH))
    return Told(starts, (close, close + 0.1, close - 0.1, close + 0.01, np.arange(BATCH, dtype=np.float64)))


class Writer:
    """Batches of one listing after the other. `pace` in bars a second; None: as fast as it goes."""

    def __init__(self, listings: list[Listing], *, begin: int, pace: float | None) -> None:
        self.listings, self.begin, self.pace = listings, begin, pace
        self.written, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> "Writer":
        self.began = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.rate = round(self.written / (time.perf_counter() - self.began))

    def _write(self) -> None:
        number = 0
        while not self._stop.is_set():
            listing = self.listings[number % len(self.listings)]
            told = walk(self.begin + number // len(self.listings))
            self.written += write_bars(listing, MINUTE, told, source="bench", now=clock.now()).new
            number += 1
            if self.pace is not None:
                ahead = self.written / self.pace - (time.perf_counter() - self.began)
                if ahead > 0:
                    self._stop.wait(ahead)
        connection.close()


def ask(url: str, headers: dict[str, str], seconds: float) -> dict[str, Any]:
    took, failed, end = [], 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        try:
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20).read()
        except OSError:
            failed += 1
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(THOUGHT_SECONDS)
    cuts = statistics.quantiles(took, n=20)
    return {"asked": len(took), "failed": failed, "p50_ms": round(cuts[9], 1), "p95_ms": round(cuts[18], 1)}


def asked_all(questions: dict[str, tuple[str, dict[str, str]]]) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def one(name: str) -> Callable[[], None]:
        return lambda: found.update({name: ask(*questions[name], SECONDS)})

    threads = [threading.Thread(target=one(name)) for name in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {**found, "load_average": round(os.getloadavg()[0], 2)}


def questions_of(root: str, listing: Listing) -> dict[str, tuple[str, dict[str, str]]]:
    person = Person.objects.create_user("bench@example.org", "irrelevant here")
    workspace = create_workspace(owner=person, name="Bench", kind=Workspace.Kind.TEAM, now=clock.now())
    client = Client()
    client.force_login(person)
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}
    with tenant(workspace.pk):
        role = Membership.objects.get(person=person).role
        access = Access(workspace_id=workspace.pk, person_id=person.pk, role=role)
        life = dt.timedelta(days=1)
        _, secret = create_token(access=access, name="bench", scopes={Right.VIEW}, now=clock.now(), lifetime=life)
    named = (workspace.slug, listing.instrument_id, listing.pk)
    token = {"Authorization": f"Bearer {secret.reveal()}"}
    return {
        "markets": (root + reverse("markets", args=named[:1]), cookie),
        "instrument": (root + reverse("instrument", args=named[:2]), cookie),
        "chart": (root + reverse("chart-bars", args=named) + "?interval=1m", cookie),
        "candles API": (f"{root}{reverse('api-candles')}?listing={listing.pk}&interval=1m&limit=1000", token),
    }


def run(database: str) -> dict[str, Any]:
    listings, port = catalogue(), free_port()
    with Writer(listings[:4], begin=0, pace=None):
        time.sleep(2)
    root = f"http://127.0.0.1:{port}"
    questions = questions_of(root, listings[0])
    environment = environment_of(database, CANDLE_STORE=_folder.name, SITE_ADDRESS=root)
    with process(production_command("web", WEB_BIND=f"127.0.0.1:{port}"), environment):
        for url, headers in questions.values():
            await_page(url)
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20).read()
        found: dict[str, Any] = {"alone": asked_all(questions)}
        for name, pace, begin in (("beside 10,000 a second", PACE * 1.1, 20), ("beside all it can", None, 60)):
            with Writer(listings, begin=begin, pace=pace) as writer:
                answers = asked_all(questions)
            found[name] = {"bars_per_second": writer.rate, **answers}
    return found


def main() -> None:
    with database_for("bench"):
        found = run(connection.settings_dict["NAME"])
    turns = list(found.values())
    failed = sum(one["failed"] for turn in turns for one in turn.values() if isinstance(one, dict))
    is_met = {
        "10,000 a second while serving": all(turn["bars_per_second"] >= PACE for turn in turns[1:]),
        "no question failed": not failed,
    }
    write_result("serving", {"thought_seconds": THOUGHT_SECONDS, "seconds": SECONDS, "turns": found, "met": is_met})
    _folder.cleanup()
    sys.exit(0 if all(is_met.values()) else 1)


if __name__ == "__main__":
    main()
