"""A dump as long as Kite's, made of the shared list of Indian shares: shares, futures, and options at many strikes."""

import csv
import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange"
)
#: Contracts besides the shares themselves.
CONTRACTS = 110_000
_UNDERLYINGS, _STRIKES = 200, 60
#: The indices have weeks too, and far more strikes.
_INDICES = {"NIFTY": (24_500, 50), "BANKNIFTY": (52_000, 100), "FINNIFTY": (23_500, 50), "MIDCPNIFTY": (12_400, 25)}
_INDEX_STRIKES, _WEEKS = 160, 8
_FIRST = dt.date(2026, 11, 24)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: Kite writes the month of a weekly contract by one sign.
_WEEKLY = "123456789OND"


def dump_of(shares: Path, *, seed: int) -> str:
    """The whole CSV."""
    with shares.open(encoding="utf-8") as told:
        rows = [(row["symbol"], row["name"].upper().replace(",", " ")) for row in csv.DictReader(told)]
    chance = random.Random(seed)
    lines = [HEADER]
    for symbol, name in rows:
        for exchange in ("NSE", "BSE"):
            lines.append(_line(len(lines), symbol, name, "", "", "0.05", "1", "EQ", exchange, exchange))
    contracts = _contracts([symbol for symbol, _ in rows[:_UNDERLYINGS]], chance)
    for (symbol, name, expiry, strike, kind), _ in zip(contracts, range(CONTRACTS), strict=False):
        segment = "NFO-FUT" if kind == "FUT" else "NFO-OPT"
        lines.append(_line(len(lines), symbol, name, expiry, strike, "0.05", "75", kind, segment, "NFO"))
    return "\n".join(lines)


def _contracts(shares: list[str], chance: random.Random) -> Iterator[tuple[str, str, str, str, str]]:
    weeks = [_FIRST + dt.timedelta(days=7 * number) for number in range(_WEEKS)]
    months = [_FIRST, _FIRST + dt.timedelta(days=35), _FIRST + dt.timedelta(days=63)]
    for name, (middle, step) in _INDICES.items():
        for day in weeks:
            weekly = f"{name}{day:%y}{_WEEKLY[day.month - 1]}{day:%d}"
            yield from _chain(name, weekly, day, middle, step, _INDEX_STRIKES)
    for day in months:
        for name in [*_INDICES, *shares]:
            stem = f"{name}{day:%y}{_MONTHS[day.month - 1]}"
            yield f"{stem}FUT", name, day.isoformat(), "0", "FUT"
    # From here on as many strikes as are wanted.
    for day in months:
        for name in shares:
            middle = chance.randrange(200, 6_000, 20)
            stem = f"{name}{day:%y}{_MONTHS[day.month - 1]}"
            yield from _chain(name, stem, day, middle, max(1, middle // 100), 2 * _STRIKES)


def _chain(
    name: str, stem: str, day: dt.date, middle: int, step: int, strikes: int
) -> Iterator[tuple[str, str, str, str, str]]:
    for number in range(strikes):
        strike = max(1, middle - strikes // 2 * step) + number * step
        for right in ("CE", "PE"):
            yield f"{stem}{strike}{right}", name, day.isoformat(), str(strike), right


def _line(number: int, symbol: str, name: str, expiry: str, strike: str, *rest: str) -> str:
    return ",".join([str(number * 256), str(number), symbol, name, "0.0", expiry, strike or "0", *rest])
