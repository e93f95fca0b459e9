"""Candles of the past.

kite.trade/docs/connect/v3/historical (read 2026-11-21): /instruments/historical/:token/:interval?from&to, times in
IST, an array of [time, open, high, low, close, volume] and, with oi=1, the open interest, nought for shares. How many
days may be asked for at once: kite.trade/forum, by interval.
"""

import datetime as dt
from functools import lru_cache
from typing import Any

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.kite.errors import bad_input
from exchanges.sandbox.kite.figures import Number
from exchanges.sandbox.kite.times import IST, date
from exchanges.sandbox.market import Market
from exchanges.sandbox.sessions import DAY, MINUTE

#: Minutes of a candle, and the days that may be asked for.
_INTERVALS = {
    "minute": (1, 60), "3minute": (3, 100), "5minute": (5, 100), "10minute": (10, 100), "15minute": (15, 200),
    "30minute": (30, 200), "60minute": (60, 400), "2hour": (120, 400), "3hour": (180, 400), "4hour": (240, 400),
    "day": (1440, 2000),
}  # fmt: skip
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_EARLIEST, _LATEST = 2000, 2100


def candles(by_token: dict[int, Market], clock: Clock, token: str, interval: str, fields: dict[str, str]) -> Any:
    is_number = token.isdigit() and token.isascii() and len(token) < 12
    market = by_token.get(int(token)) if is_number else None
    if market is None:
        raise bad_input("invalid token")
    if interval not in _INTERVALS:
        raise bad_input("invalid interval")
    minutes, most = _INTERVALS[interval]
    begin, until = _read(fields, "from"), _read(fields, "to")
    if begin > until:
        raise bad_input("invalid from date")
    if until - begin > most * DAY:
        raise bad_input(f"interval exceeds max limit: {most} days")
    if fields.get("continuous") == "1":
        raise bad_input("invalid instrument for continuous data")
    tail = [0] if fields.get("oi") == "1" else []
    if minutes == 1440:
        # A day that has begun by then is told, whatever the hour.
        begin = (begin + IST) // DAY * DAY - IST
    bars = market.series.bars(minutes, begin, until + 1, now=clock.now())
    step = float(market.listing.tick)
    return {
        "candles": [
            [
                _at(bar.at, is_day=minutes == 1440),
                *(_figure(one, step) for one in (bar.open, bar.high, bar.low, bar.close)),
                int(bar.volume),
                *tail,
            ]
            for bar in bars
        ]
    }


def _figure(value: float, step: float) -> Number:
    """On the listing's grid. A year of minutes is asked for at once, so no Decimal is made of it."""
    found = round(round(value / step) * step, 2)
    return int(found) if found.is_integer() else found


def _read(fields: dict[str, str], name: str) -> int:
    told = fields.get(name, "")
    for form in _FORMS:
        try:
            read = dt.datetime.strptime(told, form)  # noqa: DTZ007 - India's time, by the document
        except ValueError:
            continue
        if not _EARLIEST <= read.year < _LATEST:
            break
        return round(read.replace(tzinfo=dt.UTC).timestamp() * 1000) - IST
    raise bad_input(f"invalid {name} date")


def _at(at: int, *, is_day: bool) -> str:
    day, within = divmod(at + IST, DAY)
    hour, minute = (0, 0) if is_day else divmod(within // MINUTE, 60)
    return f"{_date(day)}T{hour:02d}:{minute:02d}:00+0530"


@lru_cache(maxsize=4_000)
def _date(day: int) -> str:
    return date(day * DAY - IST)
