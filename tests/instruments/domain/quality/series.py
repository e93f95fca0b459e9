"""Series of bars made for a test: a random walk in the hours of a calendar, with nothing wrong about it."""

import datetime as dt
from dataclasses import replace

import numpy as np

from instruments.domain.calendars import calendar_named
from instruments.domain.quality.bars import Bars
from instruments.domain.session_arrays import DAY, length_of, session_arrays
from kernel.bars import Interval

COLUMNS = ("starts", "open", "high", "low", "close", "volume")


def walk(calendar="XNYS", interval="1d", count=1_000, *, seed=1, since=dt.date(2019, 1, 1), step=0.01, price=100.0):
    """Prices to the cent, gaps between bars smaller than what happens within them."""
    random = np.random.default_rng(seed)
    interval, hours = Interval(interval), calendar_named(calendar)
    arrays = session_arrays(hours, since, dt.date(2026, 12, 31))
    first = (since - dt.date(1970, 1, 1)).days * DAY
    grid = first + np.arange(count * 12) * length_of(interval)
    starts = grid[arrays.is_legitimate(grid, interval)][:count]
    moves = random.normal(0, step, count)
    opens = price * np.exp(np.cumsum(moves))
    closes = opens * np.exp(random.normal(0, step, count))
    opens[1:] = closes[:-1] * np.exp(random.normal(0, step / 3, count - 1))
    closes = opens * np.exp(random.normal(0, step, count))
    for at in range(1, count):
        opens[at] = closes[at - 1] * np.exp(random.normal(0, step / 3))
        closes[at] = opens[at] * np.exp(random.normal(0, step))
    highs = np.maximum(opens, closes) * np.exp(np.abs(random.normal(0, step / 2, count)))
    lows = np.minimum(opens, closes) * np.exp(-np.abs(random.normal(0, step / 2, count)))
    prices = [np.round(one, 2) for one in (opens, highs, lows, closes)]
    prices[1], prices[2] = np.max(prices, axis=0), np.min(prices, axis=0)
    volume = random.integers(1_000, 100_000, count).astype(np.float64)
    return Bars(starts, *prices, volume, interval, hours)


def changed(bars, **columns):
    return replace(bars, **columns)


def at(bars, row, **values):
    """The same bars with other figures in one row."""
    copies = {name: getattr(bars, name).copy() for name in values}
    for name, value in values.items():
        copies[name][row] = value
    return replace(bars, **copies)


def scaled(bars, rows, factor):
    columns = {name: getattr(bars, name).copy() for name in COLUMNS[1:5]}
    for values in columns.values():
        values[rows] *= factor
    return replace(bars, **columns)


def only(bars, rows):
    return replace(bars, **{name: getattr(bars, name)[rows] for name in COLUMNS})


def added(bars, **row):
    """With one more row, at its place in time."""
    columns = {name: np.append(getattr(bars, name), row[name]) for name in COLUMNS}
    order = np.argsort(columns["starts"], kind="stable")
    return replace(bars, **{name: values[order] for name, values in columns.items()})
