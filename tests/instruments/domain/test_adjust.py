"""Splits and dividends reckoned in, held against factors that somebody else made.

The factors are those of Lean (QuantConnect, Data/equity/usa/factor_files, Apache-2.0): each row says what holds up to
and with its day: the price factor (dividends), the split factor, and the last raw close.
"""

import csv
import datetime as dt
import itertools

import numpy as np
import pyarrow.parquet as pq
import pytest

from instruments.domain.adjust import Dividend, Split, adjusted, factors_of
from instruments.domain.bars import MOMENT, Bars, moment64
from instruments.domain.calendars import AlwaysOpen, calendar_named
from kernel.bars import Interval
from tests.shared_data import shared

DAY, HOUR = Interval("1d"), Interval("1h")


def days(*closes, first=dt.datetime(2026, 3, 2, tzinfo=dt.UTC), every=DAY.length):
    starts = np.array([moment64(first + every * number) for number in range(len(closes))], dtype=MOMENT)
    close = np.array(closes, dtype=np.float64)
    count = len(closes)
    figures = {"open": close, "high": close, "low": close, "close": close, "volume": np.full(count, 100.0)}
    rest = {"revision": np.ones(count, np.int16), "source_codes": np.zeros(count, np.int16)}
    return Bars.of({"start": starts, "known_at": starts, **figures, **rest}, ("x",))


def reckoned(bars, *actions, interval=DAY, calendar=None):
    calendar = calendar or AlwaysOpen()
    factors = factors_of(
        bars.start, actions, interval=interval, calendar=calendar, close_starts=bars.start, closes=bars.close
    )
    return adjusted(bars, factors)


def test_split_divides_prices_before_it_and_multiplies_volumes():
    found = reckoned(days(100, 104, 26, 27), Split(dt.date(2026, 3, 4), 4))
    assert found.close.tolist() == [25, 26, 26, 27]
    assert found.volume.tolist() == [400, 400, 100, 100]


def test_dividend_takes_its_share_of_the_last_close_before_it():
    found = reckoned(days(100, 50, 49), Dividend(dt.date(2026, 3, 4), 1.0))
    assert found.close.tolist() == [98, 49, 49]
    assert found.volume.tolist() == [100, 100, 100]


def test_several_actions_multiply_in_any_order():
    actions = [Split(dt.date(2026, 3, 3), 2), Split(dt.date(2026, 3, 5), 5), Dividend(dt.date(2026, 3, 4), 5.0)]
    expected = [100 / 10 * 0.9, 50 / 5 * 0.9, 45 / 5, 10]
    for order in (actions, actions[::-1]):
        assert reckoned(days(100, 50, 45, 10), *order).close.tolist() == pytest.approx(expected)


def test_bars_themselves_stay_as_they_were_told():
    bars = days(100, 25)
    reckoned(bars, Split(dt.date(2026, 3, 3), 4))
    assert bars.close.tolist() == [100, 25]


def test_hours_are_adjusted_by_the_opening_of_the_session_and_not_by_midnight():
    """In New York the session of the fourth begins at 14:30 UTC."""
    bars = days(100, 100, 25, 25, first=dt.datetime(2026, 3, 4, 12, 30, tzinfo=dt.UTC), every=HOUR.length)
    found = reckoned(bars, Split(dt.date(2026, 3, 4), 4), interval=HOUR, calendar=calendar_named("XNYS"))
    assert found.close.tolist() == [25, 25, 25, 25]


@pytest.mark.parametrize("name", ["aapl", "spy", "qqq", "iwm"])
def test_factors_are_those_that_lean_reckoned(name):
    folder = shared("market/us")
    rows = _rows(folder / f"factor_files_lean/{name}.csv")
    raw = pq.read_table(folder / f"1d_raw_lean/{name.upper()}.parquet", columns=["timestamp"])
    starts = raw.column("timestamp").to_numpy().astype(MOMENT)
    ends = np.array([np.datetime64(day, "us") for day, *_ in rows], dtype=MOMENT)
    # The last close before each action, as the file itself tells it.
    closes = np.array([close for *_, close in rows])
    actions = [one for before, after in itertools.pairwise(rows) for one in _actions(before, after)]
    assert len(actions) > 20
    factors = factors_of(starts, actions, interval=DAY, calendar=AlwaysOpen(), close_starts=ends, closes=closes)
    at = np.minimum(np.searchsorted(ends, starts), len(rows) - 1)
    price = np.array([rows[number][1] * rows[number][2] for number in at]) / (rows[-1][1] * rows[-1][2])
    split = np.array([rows[number][2] for number in at]) / rows[-1][2]
    assert len(starts) > 3000
    assert np.abs(factors.price / price - 1).max() < 1e-6
    assert np.abs(1 / factors.split / split - 1).max() < 1e-6


@pytest.mark.parametrize("name", ["aapl", "spy", "iwm"])
def test_last_close_before_a_dividend_is_found_among_the_bars(name):
    """The closes that Lean names are those of the raw bars, to a hundredth; so are the factors made of the bars."""
    folder = shared("market/us")
    rows = _rows(folder / f"factor_files_lean/{name}.csv")
    raw = pq.read_table(folder / f"1d_raw_lean/{name.upper()}.parquet", columns=["timestamp", "close"])
    starts, closes = raw.column("timestamp").to_numpy().astype(MOMENT), raw.column("close").to_numpy()
    actions = [one for before, after in itertools.pairwise(rows) for one in _actions(before, after)]
    factors = factors_of(starts, actions, interval=DAY, calendar=AlwaysOpen(), close_starts=starts, closes=closes)
    ends = np.array([np.datetime64(day, "us") for day, *_ in rows], dtype=MOMENT)
    at = np.minimum(np.searchsorted(ends, starts), len(rows) - 1)
    price = np.array([rows[number][1] * rows[number][2] for number in at]) / (rows[-1][1] * rows[-1][2])
    assert np.abs(factors.price / price - 1).max() < 1e-3


def _rows(path):
    """Day, price factor, split factor, last raw close."""
    told = csv.reader(path.read_text().splitlines())
    return [(dt.date.fromisoformat(day), float(price), float(split), float(close)) for day, price, split, close in told]


def _actions(before, after):
    """What happened on the day after that of `before`: a change of either factor."""
    day, price, split, close = before
    _, next_price, next_split, _ = after
    ex_date = day + dt.timedelta(days=1)
    if abs(price / next_price - 1) > 1e-9:
        yield Dividend(ex_date, close * (1 - price / next_price))
    if abs(split / next_split - 1) > 1e-9:
        yield Split(ex_date, next_split / split)
