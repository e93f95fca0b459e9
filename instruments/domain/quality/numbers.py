"""Figures that are no numbers, and prices that are not above nought."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, Floats, counted, runs, said
from instruments.domain.quality.findings import Finding, Kind, Severity

_NAMES = ("open", "high", "low", "close")
#: Within so many usual moves of its neighbours, a price with the other sign is theirs, and its sign is wrong.
_NEAR = 8.0
_USUALLY = 0.5


def find_no_numbers(bars: Bars) -> Iterator[Finding]:
    prices = {name: ~np.isfinite(values) for name, values in zip(_NAMES, bars.prices, strict=True)}
    missing_volume = ~np.isfinite(bars.volume)
    if missing_volume.mean() < _USUALLY:
        prices["volume"] = missing_volume
    anywhere = np.logical_or.reduce(list(prices.values()))
    for first, end in runs(anywhere):
        names = [name for name, flags in prices.items() if flags[first:end].any()]
        yield bars.finding(
            Kind.NOT_A_NUMBER,
            Severity.ERROR,
            range(first, end),
            f"{counted(end - first, 'bar')} from {said(int(bars.starts[first]), bars)} on without a number "
            f"for {', '.join(names)}.",
        )


def find_not_positive(bars: Bars) -> Iterator[Finding]:
    """Nought, or the right price with the wrong sign, is an error. Some goods did trade below nought: then look."""
    below = np.logical_or.reduce([np.isfinite(one) & (one <= 0) for one in bars.prices])
    for first, end in runs(below):
        rows = range(first, end)
        values = [float(values[row]) for row in rows for values in bars.prices if values[row] <= 0]
        is_error = end - first > 1 or any(_is_slip(bars, first, value) for value in values)
        words = "which no price is" if is_error else "far from its neighbours: it may be true, so it is left as it is"
        yield bars.finding(
            Kind.NOT_POSITIVE,
            Severity.ERROR if is_error else Severity.LOOK,
            rows,
            f"{said(int(bars.starts[first]), bars)} has the price {min(values):g}, {words}.",
        )
    negative = np.flatnonzero(bars.volume < 0)
    if negative.size:
        yield bars.finding(
            Kind.NOT_POSITIVE,
            Severity.ERROR,
            negative,
            f"{counted(len(negative), 'bar')} with a volume below nought, first on "
            f"{said(int(bars.starts[negative[0]]), bars)}.",
        )


def _is_slip(bars: Bars, row: int, value: float) -> bool:
    if value == 0:
        return True
    around = bars.close[max(0, row - 5) : row + 6]
    around = around[np.isfinite(around) & (around > 0)]
    if not around.size:
        return True
    usual = _usual_move(bars.close)
    return bool(np.abs(np.log(-value / around)).min() < _NEAR * usual)


def _usual_move(close: Floats) -> float:
    whole = close[np.isfinite(close) & (close > 0)]
    moves = np.abs(np.diff(np.log(whole)))
    moving = moves[moves > 0]
    return float(np.median(moving)) * 1.4826 if moving.size else 0.01
