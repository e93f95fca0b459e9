"""Candles in and out, beside the named alternatives on the same rows in the same run.

    python -m deploy.local.with_servers python benchmarks/candles.py

Writes benchmarks/results/candles.json. Targets: in >= 5x Django's bulk_create(update_conflicts) for new rows, >= 2.5x
for existing ones; 100,000 bars out to arrays >= 15x psycopg's fetchall. What is written while pages are served:
benchmarks/serving.py.
"""

import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
_folder = tempfile.TemporaryDirectory(prefix="plumbline-bench-")
os.environ["CANDLE_STORE"] = _folder.name

import django  # noqa: E402 - the environment comes first

django.setup()

import numpy as np  # noqa: E402 - needs the set-up
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402

from benchmarks.machine import write_result  # noqa: E402
from instruments.candles import candles  # noqa: E402
from instruments.domain.bars import MOMENT, Told, moment64  # noqa: E402
from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts  # noqa: E402
from instruments.domain.rules import TradingRules  # noqa: E402
from instruments.models import CandleSeries, Listing  # noqa: E402
from instruments.ring import RING  # noqa: E402
from instruments.selectors import listing_of  # noqa: E402
from instruments.services.candles import write_bars  # noqa: E402
from instruments.services.catalogue import refresh_listings  # noqa: E402
from instruments.services.filing import file_month, months_due  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.bars import Interval  # noqa: E402
from kernel.tenancy.scope import operator  # noqa: E402
from tests.database import owner_connection  # noqa: E402

MINUTE = Interval("1m")
ROWS = 50_000
BATCH = 10_000
OUT = 100_000
ROUNDS = 5
FIRST = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)


class Alternative(models.Model):
    """The same columns, written the way Django offers."""

    listing_id = models.UUIDField()
    interval = models.CharField(max_length=4)
    start = models.DateTimeField()
    known_at = models.DateTimeField()
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    volume = models.FloatField()
    source = models.CharField(max_length=40)

    class Meta:
        app_label = "kernel"
        db_table = "bench_candle"
        constraints = (models.UniqueConstraint(fields=("listing_id", "interval", "start"), name="bench_once"),)

    def __str__(self) -> str:
        return str(self.start)


def a_listing(symbol: str) -> Listing:
    facts = ListingFacts(symbol, "spot", InstrumentFacts(Kind.SPOT, symbol, "USDT"), TradingRules(), True, "always")
    refresh_listings(venue=f"bench {symbol}", listings=[facts], now=clock.now())
    return listing_of(f"bench {symbol}", symbol)


def walk(count: int, *, seed: int = 1, first: dt.datetime = FIRST) -> Told:
    starts = (moment64(first).astype(np.int64) + np.arange(count) * 60_000_000).view(MOMENT)
    close = 100 + np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count))
    return Told(starts, (close, close + 0.1, close - 0.1, close + 0.01, np.arange(count, dtype=np.float64)))


def part(told: Told, begin: int, end: int) -> Told:
    return Told(told.start[begin:end], tuple(one[begin:end] for one in told.figures))  # type: ignore[arg-type]


def ours(listing: Listing, told: Told) -> float:
    began = time.perf_counter()
    for begin in range(0, len(told), BATCH):
        write_bars(listing, MINUTE, part(told, begin, begin + BATCH), source="bench", now=clock.now())
    return time.perf_counter() - began


def theirs(listing: Listing, told: Told) -> float:
    rows = [
        (FIRST + number * MINUTE.length, *figures)
        for number, figures in enumerate(zip(*(one.tolist() for one in told.figures), strict=True))
    ]
    began = time.perf_counter()
    for begin in range(0, len(rows), BATCH):
        with operator():
            Alternative.objects.bulk_create(
                [
                    Alternative(
                        listing_id=listing.pk,
                        interval="1m",
                        start=start,
                        known_at=start + MINUTE.length,
                        open=opened,
                        high=high,
                        low=low,
                        close=close,
                        volume=volume,
                        source="bench",
                    )
                    for start, opened, high, low, close, volume in rows[begin : begin + BATCH]
                ],
                update_conflicts=True,
                unique_fields=["listing_id", "interval", "start"],
                update_fields=["known_at", "open", "high", "low", "close", "volume", "source"],
                batch_size=BATCH,
            )
    return time.perf_counter() - began


def writing() -> dict[str, object]:
    """New rows, the same rows again, and rows whose every figure is corrected."""
    seconds: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        listing = a_listing(f"IN{number}")
        told, corrected = walk(ROWS), walk(ROWS, seed=2)
        write_bars(
            listing, MINUTE, part(walk(1, first=FIRST - dt.timedelta(days=40)), 0, 1), source="bench", now=clock.now()
        )
        for name, rows in (("new", told), ("same", told), ("corrected", corrected)):
            for who, write in (("ours", ours), ("bulk_create", theirs)):
                seconds.setdefault(f"{name} {who}", []).append(write(listing, rows))
    rate = {name: round(ROWS / statistics.median(found)) for name, found in seconds.items()}
    ratio = {
        name: round(rate[f"{name} ours"] / rate[f"{name} bulk_create"], 1) for name in ("new", "same", "corrected")
    }
    return {"rows_per_second": rate, "ratio": ratio}


_FETCH = """
SELECT start, open, high, low, close, volume, known_at, source FROM instruments_candle
WHERE listing_id = %s AND "interval" = '1m' AND start >= %s AND start < %s ORDER BY start
"""


def fetchall(listing: Listing) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_FETCH, [listing.pk, FIRST, FIRST + OUT * MINUTE.length])
        found = cursor.fetchall()
    assert len(found) == OUT
    return found


def arrays(listing: Listing) -> None:
    RING.clear()
    found = candles(listing, MINUTE, FIRST, FIRST + OUT * MINUTE.length)
    assert len(found) == OUT


def milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def reading() -> dict[str, object]:
    """The same 100,000 bars: psycopg from the table, ours from the table, ours from the months' files."""
    rows, files = a_listing("ROWS"), a_listing("FILES")
    told = walk(OUT)
    for listing in (rows, files):
        write_bars(listing, MINUTE, told, source="bench", now=clock.now())
    series = CandleSeries.objects.get(listing=files)
    for due in months_due(now=clock.now(), only=series):
        file_month(series, due.month, now=clock.now())
    with owner_connection() as owner:
        owner.execute("ANALYZE instruments_candle")
    found: dict[str, list[float]] = {}
    ways: dict[str, Callable[[], object]] = {
        "psycopg fetchall": lambda: fetchall(rows),
        "ours from the table": lambda: arrays(rows),
        "ours from files": lambda: arrays(files),
    }
    for _ in range(2 * ROUNDS):
        for name, act in ways.items():
            found.setdefault(name, []).append(milliseconds(act))
    took = {name: round(statistics.median(values), 1) for name, values in found.items()}
    ratio = {name: round(took["psycopg fetchall"] / took[name], 1) for name in ways if name != "psycopg fetchall"}
    listing = files
    latest = (FIRST + (OUT - 300) * MINUTE.length, FIRST + OUT * MINUTE.length)
    candles(listing, MINUTE, *latest)
    ring = statistics.median(milliseconds(lambda: candles(listing, MINUTE, *latest)) for _ in range(50))
    return {"milliseconds": {**took, "last 300 from the ring": round(ring, 2)}, "ratio": ratio}


def main() -> None:
    call_command("setup", verbosity=0)
    with owner_connection() as owner:
        owner.execute(
            "CREATE TABLE bench_candle (id bigserial PRIMARY KEY, listing_id uuid NOT NULL, "
            "interval varchar(4) NOT NULL, start timestamptz NOT NULL, known_at timestamptz NOT NULL, "
            "open float8 NOT NULL, high float8 NOT NULL, low float8 NOT NULL, close float8 NOT NULL, "
            "volume float8 NOT NULL, source varchar(40) NOT NULL, UNIQUE (listing_id, interval, start))"
        )
        owner.execute("GRANT ALL ON bench_candle TO plumbline_app, plumbline_operator")
        owner.execute("GRANT ALL ON bench_candle_id_seq TO plumbline_app, plumbline_operator")
    written, read = writing(), reading()
    is_met = {
        "new >= 5x": written["ratio"]["new"] >= 5,  # type: ignore[index]
        "same >= 2.5x": written["ratio"]["same"] >= 2.5,  # type: ignore[index]
        "corrected >= 2.5x": written["ratio"]["corrected"] >= 2.5,  # type: ignore[index]
        "files >= 15x fetchall": read["ratio"]["ours from files"] >= 15,  # type: ignore[index]
    }
    write_result("candles", {"in": written, "out": read, "met": is_met})
    _folder.cleanup()
    sys.exit(0 if all(is_met.values()) else 1)


if __name__ == "__main__":
    main()
