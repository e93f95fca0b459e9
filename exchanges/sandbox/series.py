"""What a price was and is at any moment: days, and inside each day a path that keeps to what the day says.

A price depends on the seed, the listing and the time alone, so nothing has to be kept, and whoever looks twice sees the
same. Days are real ones that are replayed, or made from the seed; the path inside a day is always made.
"""

import csv
import datetime as dt
import hashlib
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exchanges.sandbox.sessions import MINUTE, Sessions, Span, day_at

_KEPT_DAYS = 16
#: Minutes in which accounts traded that bars are still told by.
_KEPT_MINUTES = 4000
#: Made days begin here, so that a day's price does not depend on when the sandbox was started.
_FIRST_DAY = (dt.date(2022, 1, 1) - dt.date(1970, 1, 1)).days
_LAST_DAY = (dt.date(2042, 1, 1) - dt.date(1970, 1, 1)).days
#: How fast a made price comes back to where it began.
_PULL = 0.004


@dataclass(frozen=True, slots=True)
class Bar:
    """`at` is its beginning, in milliseconds since 1970."""

    at: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int


class Days(Protocol):
    #: What the days are, in words for people. Made ones say SYNTHETIC.
    origin: str
    first: int

    def day(self, day: int) -> tuple[float, float, float, float, float]:
        """Open, high, low, close and volume of a day, counted from 1970."""


class MadeDays:
    """A walk that comes back in the long run."""

    def __init__(self, *, seed: str, price: float, daily: float, volume: float) -> None:
        self.origin, self.first = "SYNTHETIC, made from a seed", _FIRST_DAY
        draw = np.random.default_rng(_number(seed))
        count = _LAST_DAY - _FIRST_DAY
        steps = draw.normal(0.0, daily, count)
        walk = np.zeros(count + 1)
        for n in range(count):
            walk[n + 1] = walk[n] * (1 - _PULL) + steps[n]
        ends = price * np.exp(walk)
        opens, closes = ends[:-1], ends[1:]
        above, below = np.abs(draw.normal(0.0, daily / 2, (2, count)))
        highs = np.maximum(opens, closes) * (1 + above)
        lows = np.minimum(opens, closes) / (1 + below)
        volumes = volume * np.exp(draw.normal(0.0, 0.35, count))
        self._rows = np.stack([opens, highs, lows, closes, volumes], axis=1)

    def day(self, day: int) -> tuple[float, float, float, float, float]:
        row = self._rows[min(max(day, _FIRST_DAY), _LAST_DAY - 1) - _FIRST_DAY]
        return (float(row[0]), float(row[1]), float(row[2]), float(row[3]), float(row[4]))


class ReplayedDays:
    """Real days under later dates. When they are over they begin again, raised so that one round joins the next."""

    def __init__(self, name: str, *, first: dt.date, origin: str) -> None:
        self._rows = _rows_of(name)
        self.first = (first - dt.date(1970, 1, 1)).days
        self.origin = f"{origin}, re-dated to begin on {first}; what moves inside a day is SYNTHETIC"
        self._rise = self._rows[-1][3] / self._rows[0][0]

    def day(self, day: int) -> tuple[float, float, float, float, float]:
        rounds, row = divmod(max(day, self.first) - self.first, len(self._rows))
        scale = self._rise**rounds
        opened, high, low, closed, volume = self._rows[row]
        return opened * scale, high * scale, low * scale, closed * scale, volume


class Series:
    def __init__(self, *, days: Days, sessions: Sessions, seed: str) -> None:
        self.days, self.sessions = days, sessions
        self._seed = seed
        self._kept: OrderedDict[int, NDArray[np.float64]] = OrderedDict()
        #: From, until, factor: what a fault did to the price.
        self.spikes: list[tuple[int, int, float]] = []
        #: By minute: lowest, highest, volume and number of what accounts traded.
        self._traded: OrderedDict[int, tuple[float, float, float, int]] = OrderedDict()

    def price(self, at: int) -> float:
        """The price of this moment; while the market is shut, the last one before."""
        day, span = self._open_day(at)
        minute, within = divmod(min(at, span.closes - 1) - span.opens, MINUTE)
        row = self._minutes(day)[minute]
        turns, figures = _way(self._seed, span.opens + minute * MINUTE, row)
        return _between(turns, figures, within / MINUTE) * self._factor(at)

    def note(self, at: int, price: float, volume: float) -> None:
        """An account traded here. Bars tell of it as far back as minutes are kept."""
        minute = at // MINUTE * MINUTE
        lowest, highest, traded, number = self._traded.get(minute, (price, price, 0.0, 0))
        self._traded[minute] = (min(lowest, price), max(highest, price), traded + volume, number + 1)
        if len(self._traded) > _KEPT_MINUTES:
            self._traded.popitem(last=False)

    def bars(self, step: int, begin: int, until: int, *, now: int) -> Iterator[Bar]:
        """Bars of `step` minutes that begin from `begin` to before `until`, by the market's own midnights.

        The last one is as far as it has come by now. A day that is shut has none. What accounts traded is in them.
        """
        length = step * MINUTE
        traded = deque(sorted((at, *what) for at, what in self._traded.items() if begin <= at < until + length))
        for bar in self.made_bars(step, begin, until, now=now):
            wider = bar
            while traded and traded[0][0] < bar.at + length:
                at, lowest, highest, volume, number = traded.popleft()
                if at >= bar.at:
                    wider = replace(
                        wider,
                        low=min(wider.low, lowest),
                        high=max(wider.high, highest),
                        volume=wider.volume + volume,
                        trades=wider.trades + number,
                    )
            yield wider

    def made_bars(self, step: int, begin: int, until: int, *, now: int) -> Iterator[Bar]:
        """What the series alone says."""
        if step > 1440:
            raise ValueError("a bar is a day at the longest here")
        length = step * MINUTE
        for day in range(day_at(self.sessions, begin), day_at(self.sessions, min(until, now + 1) - 1) + 1):
            span = self.sessions.span(day)
            if span is None or span.opens > now or day < self.days.first:
                continue
            is_whole = length >= span.closes - span.opens and span.closes <= now
            if is_whole and not self._is_spiked(span.opens, span.closes):
                if begin <= span.opens < until:
                    yield Bar(span.opens, *self.days.day(day), _trades(0, (span.closes - span.opens) // MINUTE))
                continue
            first = max(0, -((span.opens - begin) // length)) * step
            minutes = self._minutes(day)
            starts = np.arange(first, len(minutes), step)
            starts = starts[: int(np.searchsorted(span.opens + starts * MINUTE, min(until, now + 1)))]
            ends = np.minimum(starts + step, len(minutes))
            over = int(np.searchsorted(span.opens + ends * MINUTE, now, side="right"))
            if self._is_spiked(span.opens, span.closes):
                over = 0
            if over:
                yield from _bars_of(span.opens, minutes[: ends[over - 1]], starts[:over], ends[:over])
            for start in starts[over:].tolist():
                yield self._bar(span.opens + start * MINUTE, start, minutes[start : start + step], now)

    # ---- within ----

    def _bar(self, at: int, start: int, rows: NDArray[np.float64], now: int) -> Bar:
        """Of these minutes, the first of which is the `start`th of its day, as far as they have come by now."""
        elapsed = (now - at) // MINUTE
        running: tuple[float, ...] | None = None
        trades = _trades(start, start + min(len(rows), elapsed))
        if elapsed < len(rows):
            running, part = self._running(at + elapsed * MINUTE, rows[elapsed], now)
            trades += int(part * (_trades(start, start + elapsed + 1) - trades))
            rows = rows[:elapsed]
        if len(rows) and self._is_spiked(at, at + len(rows) * MINUTE):
            rows = np.array([self._spiked(at + n * MINUTE, row) for n, row in enumerate(rows)])
        told = [tuple(float(figure) for figure in row) for row in rows] if len(rows) < 6 else [_joined(rows)]
        told += [running] if running is not None else []
        return Bar(
            at,
            told[0][0],
            max(one[1] for one in told),
            min(one[2] for one in told),
            told[-1][3],
            sum(one[4] for one in told),
            trades,
        )

    def _running(self, begun: int, row: NDArray[np.float64], now: int) -> tuple[tuple[float, ...], float]:
        """Of a minute that is not over, what its way has shown, and how much of it has passed."""
        share = (now - begun) / MINUTE
        seen = self._seen(begun, row, share)
        return (seen[0], max(seen), min(seen), seen[-1], float(row[4]) * share), share

    def _spiked(self, begun: int, row: NDArray[np.float64]) -> tuple[float, ...]:
        if not self._is_spiked(begun, begun + MINUTE):
            return tuple(float(figure) for figure in row)
        seen = self._seen(begun, row, 1.0)
        return (seen[0], max(seen), min(seen), seen[-1], float(row[4]))

    def _seen(self, begun: int, row: NDArray[np.float64], share: float) -> list[float]:
        """The prices at all turns of a minute's way so far; where a spike begins or ends, before and after."""
        turns, figures = _way(self._seed, begun, row)
        jumps = {(at - begun) / MINUTE for spike in self.spikes for at in spike[:2]}
        seen = []
        for turn in sorted({turn for turn in (*turns, *jumps) if 0 <= turn < share} | {share}):
            at, price = begun + round(turn * MINUTE), _between(turns, figures, turn)
            if turn > 0:
                seen.append(price * self._factor(at - 1))
            if turn < 1.0:
                seen.append(price * self._factor(at))
        return seen

    def _is_spiked(self, begin: int, until: int) -> bool:
        return any(begins < until and ends > begin for begins, ends, _ in self.spikes)

    def _open_day(self, at: int) -> tuple[int, Span]:
        """The day whose trading this moment is in, or the last before it."""
        day = day_at(self.sessions, at)
        for back in range(40):
            span = self.sessions.span(day - back)
            if span is not None and span.opens <= at:
                return day - back, span
        raise LookupError("the market was shut for forty days; the calendar is wrong")

    def _factor(self, at: int) -> float:
        factor = 1.0
        for begins, ends, by in self.spikes:
            if begins <= at < ends:
                factor *= by
        return factor

    def _minutes(self, day: int) -> NDArray[np.float64]:
        """Open, high, low, close and volume of each minute of a day."""
        kept = self._kept.get(day)
        if kept is None:
            span = self.sessions.span(day)
            if span is None:
                raise LookupError("a day that is shut has no minutes")
            count = max(1, (span.closes - span.opens) // MINUTE)
            kept = self._kept[day] = _minutes_of(self.days.day(day), count, f"{self._seed}:{day}")
            if len(self._kept) > _KEPT_DAYS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(day)
        return kept


def _minutes_of(day: tuple[float, float, float, float, float], count: int, seed: str) -> NDArray[np.float64]:
    """A path from open to close that touches high and low and leaves neither, cut into minutes."""
    opened, high, low, closed, volume = day
    draw = np.random.default_rng(_number(seed))
    first, second = sorted(draw.choice(np.arange(1, max(count, 3)), 2, replace=False)) if count > 2 else (0, count)
    ends = (high, low) if draw.random() < 0.5 else (low, high)
    marks = [(0, opened), (int(first), ends[0]), (int(second), ends[1]), (count, closed)]
    roughness = np.log(high / low) / np.sqrt(count) if high > low else 0.0
    points = np.empty(count + 1)
    points[0] = np.log(opened)
    for (begin, here), (end, there) in pairwise(marks):
        steps = end - begin
        if not steps:
            continue
        walk = np.concatenate([[0.0], np.cumsum(draw.normal(0.0, roughness, steps))])
        line = np.linspace(0.0, 1.0, steps + 1)
        points[begin : end + 1] = np.log(here) + (np.log(there) - np.log(here)) * line + walk - walk[-1] * line
    points = _folded(points, np.log(low), np.log(high))
    prices = np.clip(np.exp(points), low, high)
    for mark, figure in marks:
        # To the last digit, so that bars of every length agree.
        prices[mark] = figure
    begins, closes = prices[:-1], prices[1:]
    reach = np.abs(draw.normal(0.0, roughness / 2, (2, count)))
    highs = np.minimum(np.maximum(begins, closes) * (1 + reach[0]), high)
    lows = np.maximum(np.minimum(begins, closes) / (1 + reach[1]), low)
    weights = np.exp(draw.normal(0.0, 0.6, count))
    volumes = volume * weights / weights.sum()
    return np.stack([begins, highs, lows, closes, volumes], axis=1)


def _folded(points: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """What leaves the corridor is thrown back into it, as by a mirror."""
    width = high - low
    if width <= 0:
        return np.full_like(points, low)
    rest = np.mod(points - low, 2 * width)
    return low + np.minimum(rest, 2 * width - rest)


def _way(seed: str, at: int, row: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Where a minute's price turns, as shares of the minute, and its figures there."""
    opened, high, low, closed = (float(figure) for figure in row[:4])
    is_up_first = _number(f"{seed}:{at}") & 1
    return (0.0, 0.3, 0.7, 1.0), ((opened, high, low, closed) if is_up_first else (opened, low, high, closed))


def _between(turns: tuple[float, ...], figures: tuple[float, ...], share: float) -> float:
    for n in range(1, len(turns)):
        if share <= turns[n]:
            part = (share - turns[n - 1]) / (turns[n] - turns[n - 1])
            here, there = figures[n - 1], figures[n]
            return min(max(here + (there - here) * part, min(here, there)), max(here, there))
    return figures[-1]


def _joined(rows: NDArray[np.float64]) -> tuple[float, ...]:
    # Summed as `_bars_of` sums, to the last digit.
    highest, lowest, volume = rows[:, 1].max(), rows[:, 2].min(), np.add.reduceat(rows[:, 4], [0])[0]
    return float(rows[0, 0]), float(highest), float(lowest), float(rows[-1, 3]), float(volume)


def _bars_of(opens: int, rows: NDArray[np.float64], starts: NDArray[np.int_], ends: NDArray[np.int_]) -> Iterator[Bar]:
    """All at once, for a client may ask for months of minutes."""
    columns = (
        (opens + starts * MINUTE).tolist(),
        rows[starts, 0].tolist(),
        np.maximum.reduceat(rows[:, 1], starts).tolist(),
        np.minimum.reduceat(rows[:, 2], starts).tolist(),
        rows[ends - 1, 3].tolist(),
        np.add.reduceat(rows[:, 4], starts).tolist(),
        [_trades(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)],
    )
    for figures in zip(*columns, strict=True):
        yield Bar(*figures)


def _trades(begin: int, end: int) -> int:
    """How many trades are said to have been from one minute of a day to another: as many in parts as in one."""
    return end * 50 + end * 7919 % 50 - begin * 50 - begin * 7919 % 50


def _number(seed: str) -> int:
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest())


@cache
def _rows_of(name: str) -> list[tuple[float, float, float, float, float]]:
    text = files("exchanges.sandbox.data").joinpath(f"{name}.csv").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = []
    for row in csv.DictReader(lines):
        opened, high, low, closed, volume = (float(row[name]) for name in ("open", "high", "low", "close", "volume"))
        found.append((opened, high, low, closed, volume))
    return found
