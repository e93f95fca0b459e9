"""A price that jumps away and comes straight back: nobody traded there, or one trade that says nothing."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, counted, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.jumps import excursions, inner_slips

#: A high or low this many usual moves beyond open and close.
_WICK = 12.0
_TIMES_THE_TAIL = 5.0
#: Below these a panic at the opening, or the night of an election, does it too: then it is for a look.
_SURELY, _SURELY_WITHIN = 10.0, 15.0


def find_bad_ticks(bars: Bars) -> Iterator[Finding]:
    sound = bars.sound
    taken: set[int] = set()
    for one in excursions(bars):
        taken |= set(range(one.first, one.end))
        if not sound.has_ranges:
            # Closes alone cannot tell a wrong price from a true one that lasted a day; find_extremes tells of it.
            continue
        yield sound.finding(
            Kind.BAD_TICK,
            Severity.ERROR if one.size >= _SURELY else Severity.LOOK,
            range(one.first, one.end),
            f"The price jumps to {sound.close[one.first]:g} from {sound.close[one.first - 1]:g} on "
            f"{said(int(sound.starts[one.first]), bars)} and is back after {counted(one.end - one.first, 'bar')}: "
            f"{one.size:.0f} times the usual move.",
        )
    for position, size in inner_slips(bars):
        if position in taken:
            continue
        yield sound.finding(
            Kind.BAD_TICK,
            Severity.ERROR if size >= _SURELY_WITHIN else Severity.LOOK,
            [position],
            f"Within the bar of {said(int(sound.starts[position]), bars)} the price goes from "
            f"{sound.open[position]:g} to {sound.close[position]:g} and comes back: {size:.0f} times the usual move.",
        )


def find_bad_wicks(bars: Bars) -> Iterator[Finding]:
    """A high or a low that open and close know nothing of. Flash crashes look the same, so it is for a look."""
    sound = bars.sound
    if len(sound) < 3:
        return
    top, bottom = np.maximum(sound.open, sound.close), np.minimum(sound.open, sound.close)
    usual = np.maximum(sound.scale, np.abs(sound.bodies))
    wicks = np.maximum(np.log(sound.high / top), np.log(bottom / sound.low)) / usual
    least = max(_WICK, _TIMES_THE_TAIL * float(np.quantile(wicks, 0.99)))
    for position in np.flatnonzero(wicks >= least).tolist():
        yield sound.finding(
            Kind.BAD_WICK,
            Severity.LOOK,
            [position],
            f"The bar of {said(int(sound.starts[position]), bars)} reaches from {sound.low[position]:g} to "
            f"{sound.high[position]:g} while it opens at {sound.open[position]:g} and closes at "
            f"{sound.close[position]:g}: {wicks[position]:.0f} times the usual move.",
        )
