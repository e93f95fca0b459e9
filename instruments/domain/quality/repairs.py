"""What might stand in the place of a bar that is surely wrong. Proposed, never done here: an operator decides.

What may be true is not touched: nothing for a look gets a proposal, nor does what is only missing.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from instruments.domain.candles import Candle
from instruments.domain.quality.bars import Bars, moment
from instruments.domain.quality.findings import Finding, Kind, Severity


@dataclass(frozen=True, slots=True)
class Repair:
    """The raw bar, the proposed one, and why."""

    start: dt.datetime
    raw: Candle
    proposed: Candle
    reason: str


def propose_repairs(bars: Bars, findings: Iterable[Finding]) -> list[Repair]:
    """For a bar in the wrong order, the range that holds open and close; for a bad tick, the price it went back to.
    One for each start."""
    repairs: dict[dt.datetime, Repair] = {}
    for finding in findings:
        if finding.severity is not Severity.ERROR:
            continue
        for row in finding.rows:
            raw = _candle(bars, row)
            if not all(np.isfinite(raw[1:5])):
                continue
            proposed = _proposed(bars, finding, row, raw)
            if proposed is not None and proposed != raw:
                repairs.setdefault(raw.start, Repair(raw.start, raw, proposed, _REASONS[finding.kind]))
    return [repairs[start] for start in sorted(repairs)]


_REASONS = {
    Kind.BAD_ORDER: "High and low are widened, so that they hold the open and the close.",
    Kind.BAD_TICK: "The price stays at the close before, to which it went back; nothing is known of the bar's range.",
}


def _proposed(bars: Bars, finding: Finding, row: int, raw: Candle) -> Candle | None:
    match finding.kind:
        case Kind.BAD_ORDER:
            return raw._replace(high=max(raw[1:5]), low=min(raw[1:5]))
        case Kind.BAD_TICK:
            before = _before(bars, min(finding.rows))
            return None if before is None else raw._replace(open=before, high=before, low=before, close=before)
        case _:
            return None


def _before(bars: Bars, row: int) -> float | None:
    """The last close before that of the row, by time."""
    sound = bars.sound
    place = int(np.searchsorted(sound.starts, bars.starts[row]))
    return float(sound.close[place - 1]) if place else None


def _candle(bars: Bars, row: int) -> Candle:
    start = moment(int(bars.starts[row]))
    return Candle(start, *(float(one[row]) for one in (*bars.prices, bars.volume)))
