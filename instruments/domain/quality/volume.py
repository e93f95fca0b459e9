"""Days on which the market was open, the price was told, and nothing was traded."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, counted, runs, said
from instruments.domain.quality.findings import Finding, Kind, Severity

#: Where more bars than this have no volume, that is how the series is.
_HABIT = 0.02
_MOST_MOVING = 0.002


def find_no_volume(bars: Bars) -> Iterator[Finding]:
    sound = bars.sound
    told = np.isfinite(sound.volume)
    inside = sound.is_legitimate & told
    if not (sound.volume[told] > 0).any():
        return
    nothing = inside & (sound.volume == 0)
    if nothing.sum() > _HABIT * max(1, inside.sum()):
        nothing &= sound.high > sound.low
        if nothing.sum() > _MOST_MOVING * max(1, inside.sum()):
            return
    for first, end in runs(nothing):
        moved = bool((sound.high[first:end] > sound.low[first:end]).any())
        yield sound.finding(
            Kind.NO_VOLUME,
            Severity.WARNING,
            range(first, end),
            f"{counted(end - first, 'bar')} from {said(int(sound.starts[first]), bars)} on with volume nought while "
            f"the market was open{', and the price moved all the same' if moved else ''}.",
        )
