"""Figures are reckoned from what is there, and are None where it is not enough."""

from dataclasses import replace
from decimal import Decimal
from math import exp, sqrt

import numpy as np
import pytest

from instruments.domain.bars import no_bars
from instruments.domain.figures import spread_of, turnover_of, volatility_of


def closing_at(*closes):
    return np.array(closes, np.float64)


def test_turnover_is_the_last_bars_volume_at_its_middle():
    figures = {"open": [1, 9], "high": [1, 12], "low": [1, 9], "close": [1, 9], "volume": [5, 100]}
    told = {name: np.array(values, np.float64) for name, values in figures.items()}
    starts = np.array(["2026-10-01", "2026-10-02"], "M8[us]")
    assert turnover_of(replace(no_bars(), start=starts, **told)) == 1000
    assert turnover_of(no_bars()) is None


def test_volatility_is_the_deviation_of_the_daily_returns():
    swinging = closing_at(*[100 * exp(0.01) ** (number % 2) for number in range(21)])
    assert volatility_of(swinging) == pytest.approx(0.01 * sqrt(20 / 19))
    assert volatility_of(closing_at(*[100] * 20)) == 0


@pytest.mark.parametrize("closes", [[100] * 10, [100] * 20 + [0], [100] * 20 + [-1]])
def test_volatility_is_not_known_of_few_bars_or_of_none_above_nought(closes):
    assert volatility_of(closing_at(*closes)) is None


@pytest.mark.parametrize(
    ("bid", "ask", "spread"),
    [("99", "101", 0.02), (None, "101", None), ("99", None, None), ("101", "99", None), ("0", "1", None)],
)
def test_spread_is_a_part_of_the_middle(bid, ask, spread):
    told = [None if one is None else Decimal(one) for one in (bid, ask)]
    assert spread_of(*told) == (None if spread is None else pytest.approx(spread))
