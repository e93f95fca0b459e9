"""Klines of every interval, folded out of the series' bars. binance/binance-spot-api-docs a5e0bc3 (2026-07-21),
rest-api.md "Kline/Candlestick data".

Days begin at midnight of the asked time zone, weeks on Monday. A kline of three days begins where the days since 1970
are a multiple of three: the document does not say where. One of a second is the made path's price at its two ends.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from exchanges.sandbox.binance.figures import counted, ticked
from exchanges.sandbox.market import Market
from exchanges.sandbox.series import Bar
from exchanges.sandbox.sessions import DAY, MINUTE

SECOND = 1000
#: In minutes; the others are of their own kind.
MINUTES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480, "12h": 720,
    "1d": 1440, "3d": 4320, "1w": 10_080,
}  # fmt: skip
INTERVALS = ("1s", *MINUTES, "1M")
#: 1970-01-05 was a Monday.
_MONDAY = 4 * DAY


def start_of(at: int, interval: str, offset: int = 0) -> int:
    """Where the kline begins that this moment is in. `offset`: milliseconds east of UTC."""
    if interval == "1s":
        return at // SECOND * SECOND
    local = at + offset
    if interval == "1M":
        day = dt.datetime.fromtimestamp(local / 1000, dt.UTC)
        return _millis(day.year, day.month) - offset
    shift = _MONDAY if interval == "1w" else 0
    length = MINUTES[interval] * MINUTE
    return (local - shift) // length * length + shift - offset


def next_of(start: int, interval: str, offset: int = 0) -> int:
    if interval == "1s":
        return start + SECOND
    if interval == "1M":
        day = dt.datetime.fromtimestamp((start + offset) / 1000, dt.UTC)
        return _millis(day.year + day.month // 12, day.month % 12 + 1) - offset
    return start + MINUTES[interval] * MINUTE


def klines(
    market: Market, interval: str, *, now: int, begin: int | None, end: int | None, most: int, offset: int = 0
) -> list[Bar]:
    """With a beginning the oldest from it on, else the youngest."""
    last = min(now, now if end is None else end)
    if begin is None:
        first = start_of(last, interval, offset)
        for _ in range(most - 1) if interval == "1M" else ():
            first = start_of(first - 1, interval, offset)
        if interval != "1M":
            first -= (most - 1) * (next_of(first, interval, offset) - first)
    else:
        first = start_of(max(begin, market.series.days.first * DAY), interval, offset)
        if first < begin:
            first = next_of(first, interval, offset)
    if interval == "1s":
        return list(_seconds(market, max(first, last - 100_000 * SECOND), last, most))
    first = max(first, start_of(market.series.days.first * DAY, interval, offset))
    return list(islice(_folded(market, interval, first, last + 1, now, offset), most))


def row(market: Market, bar: Bar, interval: str, offset: int = 0) -> list[Any]:
    base, quote = taken(bar)
    return [
        bar.at,
        ticked(market, bar.open),
        ticked(market, bar.high),
        ticked(market, bar.low),
        ticked(market, bar.close),
        counted(bar.volume),
        next_of(bar.at, interval, offset) - 1,
        counted(worth(bar)),
        bar.trades,
        counted(base),
        counted(quote),
        "0",
    ]


def worth(bar: Bar) -> float:
    """What was traded, in the quote: at the middle of the bar's prices."""
    return bar.volume * (bar.open + bar.high + bar.low + bar.close) / 4


def taken(bar: Bar) -> tuple[float, float]:
    """The part that buyers took, in both assets. Made of the bar's time."""
    share = 0.4 + (bar.at // SECOND * 2_654_435_761 % 1000) / 5000
    return bar.volume * share, worth(bar) * share


# ---- within ----


def _folded(market: Market, interval: str, begin: int, until: int, now: int, offset: int) -> Iterator[Bar]:
    whole = 1440 if interval == "1M" else MINUTES[interval]
    step = math.gcd(whole, 1440, abs(offset) // MINUTE) if offset else math.gcd(whole, 1440)
    # The last one is told as far as it has come, though it began before `until`.
    reach = next_of(start_of(until - 1, interval, offset), interval, offset)
    bars = market.series.bars(step, begin, reach, now=now)
    if step == whole and interval != "1M":
        return bars
    return _fold(bars, lambda at: start_of(at, interval, offset))


def _fold(bars: Iterable[Bar], start: Callable[[int], int]) -> Iterator[Bar]:
    one: Bar | None = None
    for bar in bars:
        at = start(bar.at)
        if one is not None and at == one.at:
            one = Bar(
                at, one.open, max(one.high, bar.high), min(one.low, bar.low), bar.close, one.volume + bar.volume,
                one.trades + bar.trades,
            )  # fmt: skip
            continue
        if one is not None:
            yield one
        one = Bar(at, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades)
    if one is not None:
        yield one


def _seconds(market: Market, begin: int, last: int, most: int) -> Iterator[Bar]:
    volumes: dict[int, float] = {}
    for at in range(begin, min(last, begin + (most - 1) * SECOND) + 1, SECOND):
        minute = at // MINUTE * MINUTE
        if minute not in volumes:
            whole = next(iter(market.series.bars(1, minute, minute + 1, now=minute + MINUTE)), None)
            volumes[minute] = 0.0 if whole is None else whole.volume / 60
        opened, closed = market.series.price(at), market.series.price(min(at + SECOND - 1, max(at, last)))
        yield Bar(at, opened, max(opened, closed), min(opened, closed), closed, volumes[minute], 1)


def _millis(year: int, month: int) -> int:
    return int(dt.datetime(year, month, 1, tzinfo=dt.UTC).timestamp()) * 1000
