"""Where the shared market data lie, and whose hours their markets keep."""

import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from instruments.adapters.bar_files import read_bars
from instruments.domain.calendars import calendar_named
from instruments.domain.quality.bars import Bars
from kernel.bars import Interval

ROOT = Path(__file__).resolve().parents[2]
_NAMED = os.environ.get("PLUMBLINE_SHARED_DATA")
MARKET = ((Path(_NAMED) if _NAMED else ROOT / ".." / "shared" / "data") / "market").resolve()
#: Currencies and metals of brokers rest from Friday to Sunday evening; indices and the EIA's prices follow New York.
CALENDARS = {"crypto": "always", "forex": "forex", "india": "XBOM", "us": "XNYS", "indices": "XNYS"}


def demand_data() -> None:
    if not MARKET.is_dir():
        sys.exit(f"no market data were found at {MARKET}; PLUMBLINE_SHARED_DATA names the folder that holds them")


def calendar_of(name: str) -> str:
    if name.startswith("commodities/"):
        return "forex" if "XAU" in name else "XNYS"
    return CALENDARS[name.partition("/")[0]]


@cache
def bars_of(name: str) -> Bars:
    interval = Interval(name.split("/")[1].partition("_")[0])
    return read_bars(MARKET / f"{name}.parquet", interval=interval, calendar=calendar_named(calendar_of(name)))


def splits_of(name: str) -> list[tuple[str, float]]:
    """Day and ratio, where the file tells them in a column."""
    table = pq.read_table(MARKET / f"{name}.parquet")
    if "split" not in table.column_names:
        return []
    ratios = table["split"].to_numpy()
    days = table["timestamp"].to_numpy().astype("datetime64[D]")
    return [(str(days[row]), float(ratios[row])) for row in np.flatnonzero(ratios != 1)]


def every_series() -> list[str]:
    found = sorted(str(path.relative_to(MARKET))[: -len(".parquet")] for path in MARKET.glob("*/*/*.parquet"))
    return [name for name in found if not name.split("/")[1].startswith("1mo")]
