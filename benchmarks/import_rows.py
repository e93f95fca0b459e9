"""Ten million rows by `manage.py import_candles`, in a process of its own: seconds, and the most memory it held.

    python -m deploy.local.with_servers python benchmarks/import_rows.py [ROWS]

First a file whose row before the last has a fault: it is named, and nothing of the file is kept. Then the whole file.
Writes benchmarks/results/import_rows.json. Targets: < 600 MB of memory, however many rows; the fault is named.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
_folder = tempfile.TemporaryDirectory(prefix="plumbline-bench-")
os.environ["CANDLE_STORE"] = f"{_folder.name}/candles"

import django  # noqa: E402 - the environment comes first

django.setup()

import numpy as np  # noqa: E402 - needs the set-up
import pyarrow as pa  # noqa: E402 - needs the set-up
import pyarrow.csv as pa_csv  # noqa: E402 - needs the set-up
from django.db import connection  # noqa: E402 - needs the set-up

from benchmarks.machine import write_result  # noqa: E402 - needs the path
from benchmarks.processes import environment_of  # noqa: E402 - needs the path
from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts  # noqa: E402 - needs the set-up
from instruments.domain.rules import TradingRules  # noqa: E402 - needs the set-up
from instruments.models import CandleRow, CandleSeries  # noqa: E402 - needs the set-up
from instruments.services.catalogue import refresh_listings  # noqa: E402 - needs the set-up
from kernel import clock  # noqa: E402 - needs the set-up
from tests.database import database_for  # noqa: E402 - needs the set-up

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
MOST_MEGABYTES = 600
#: Minutes up to last year's end, so that all of them are over.
_LAST = np.datetime64("2025-12-31T23:59", "m")
_PART = 500_000


def write_file(path: Path) -> None:
    header = pa.schema([("time", pa.timestamp("s", "UTC"))] + [(one, pa.float64()) for one in _FIGURES])
    with pa_csv.CSVWriter(path, header) as file:
        price = 100.0
        for begin in range(0, ROWS, _PART):
            count = min(_PART, ROWS - begin)
            starts = (_LAST - np.arange(ROWS - begin - 1, ROWS - begin - 1 - count, -1)).astype("M8[s]")
            close = np.round(price + np.cumsum(np.random.default_rng(begin).normal(0, 0.01, count)), 2) % 1000 + 1
            price = float(close[-1])
            figures = [close, close + 0.1, close - 0.1, close, np.arange(count, dtype=np.float64)]
            columns = [pa.array(starts).cast(pa.timestamp("s", "UTC")), *(pa.array(one) for one in figures)]
            file.write_table(pa.table(columns, schema=header))


_FIGURES = ("open", "high", "low", "close", "volume")


def spoil(path: Path, copy: Path) -> int:
    """The same with no number in the row before the last; its number, with the header as row 1."""
    size = path.stat().st_size
    with path.open("rb") as whole, copy.open("wb") as broken:
        while block := whole.read(1 << 24):
            broken.write(block)
    with copy.open("r+b") as broken:
        broken.seek(size - 400)
        tail = broken.read()
        rows = tail.rstrip(b"\n").split(b"\n")
        fields = rows[-2].split(b",")
        # As long as it was.
        fields[4] = b"x" * len(fields[4])
        rows[-2] = b",".join(fields)
        broken.seek(size - 400)
        broken.write(b"\n".join(rows) + b"\n")
    return ROWS


def import_file(path: Path, database: str) -> dict[str, Any]:
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "import_candles", str(path), "--instrument", "BIG", "--interval", "1m"]
    running = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment_of(database, CANDLE_STORE=os.environ["CANDLE_STORE"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout
    said = running.stdout.read()
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "most_megabytes": round(usage.ru_maxrss / 1024),
        "exit": running.returncode,
        "said": [line for line in said.splitlines() if not line.startswith(("looked", "written", "months"))][-1],
        "load_average": round(os.getloadavg()[0], 2),
    }


def kept() -> tuple[int, int]:
    """Rows in the table, and as the series counts them."""
    counted = sum(CandleSeries.objects.values_list("count", flat=True))
    return CandleRow.objects.count(), counted


def run(database: str) -> dict[str, Any]:
    facts = ListingFacts("BIG", "spot", InstrumentFacts(Kind.SPOT, "BIG", "USDT"), TradingRules(), True, "always")
    refresh_listings(venue="bench", listings=[facts], now=clock.now())
    folder = Path(_folder.name)
    write_file(folder / "whole.csv")
    row = spoil(folder / "whole.csv", folder / "broken.csv")
    broken = import_file(folder / "broken.csv", database)
    left = kept()
    (folder / "broken.csv").unlink()
    whole = import_file(folder / "whole.csv", database)
    whole["rows_per_second"] = round(ROWS / whole["seconds"])
    return {
        "rows": ROWS,
        "file_megabytes": round((folder / "whole.csv").stat().st_size / 1e6),
        "broken": {**broken, "names_row": f"Row {row}" in broken["said"].replace(",", ""), "left": list(left)},
        "whole": {**whole, "series_counts": kept()[1]},
    }


def main() -> None:
    with database_for("bench"):
        found = run(connection.settings_dict["NAME"])
    is_met = {
        "the fault is named": found["broken"]["exit"] != 0 and found["broken"]["names_row"],
        "nothing of it is kept": found["broken"]["left"] == [0, 0],
        "every row is kept": found["whole"]["exit"] == 0 and found["whole"]["series_counts"] == ROWS,
        f"< {MOST_MEGABYTES} MB": max(found[one]["most_megabytes"] for one in ("broken", "whole")) < MOST_MEGABYTES,
    }
    write_result("import_rows", {**found, "met": is_met})
    _folder.cleanup()
    sys.exit(0 if all(is_met.values()) else 1)


if __name__ == "__main__":
    main()
