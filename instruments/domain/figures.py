"""Figures of a day from bars and a last price. What cannot be reckoned is None, never nought."""

from decimal import Decimal

import numpy as np

from instruments.domain.bars import Bars, Figures

#: So many daily bars a volatility is reckoned of, and so many it needs at the least.
MOST_BARS, FEWEST_BARS = 31, 11
#: Days, and what days are made of where none are kept.
INTERVALS = ("1d", "1h")


def turnover_of(bars: Bars) -> float | None:
    """What was traded in the last bar, at its middle price; None without a bar."""
    if not len(bars):
        return None
    return float(bars.volume[-1] * (bars.high[-1] + bars.low[-1] + bars.close[-1]) / 3)


def volatility_of(closes: Figures) -> float | None:
    """The deviation of the logarithmic returns from bar to bar; None where bars are few or not above nought."""
    closes = closes[-MOST_BARS:]
    if len(closes) < FEWEST_BARS or closes.min() <= 0:
        return None
    return float(np.diff(np.log(closes)).std(ddof=1))


def spread_of(bid: Decimal | None, ask: Decimal | None) -> float | None:
    """Between bid and ask, as a part of their middle."""
    if bid is None or ask is None or bid <= 0 or ask < bid:
        return None
    return float((ask - bid) / ((ask + bid) / 2))
