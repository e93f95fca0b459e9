"""A bar's high is its greatest figure and its low its least."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, counted, runs, said
from instruments.domain.quality.findings import Finding, Kind, Severity

#: Vendors compute adjusted prices one by one; the last digits differ.
_SLACK = 1e-6


def find_bad_order(bars: Bars) -> Iterator[Finding]:
    slack = np.abs(bars.close) * _SLACK
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    with np.errstate(invalid="ignore"):
        wrong = (bars.high < np.maximum(top, bars.low) - slack) | (bars.low > np.minimum(bottom, bars.high) + slack)
    for first, end in runs(wrong):
        yield bars.finding(
            Kind.BAD_ORDER,
            Severity.ERROR,
            range(first, end),
            f"{counted(end - first, 'bar')} from {said(int(bars.starts[first]), bars)} on whose open or close lies "
            f"outside of low and high: {bars.open[first]:g} {bars.high[first]:g} {bars.low[first]:g} "
            f"{bars.close[first]:g}.",
        )
