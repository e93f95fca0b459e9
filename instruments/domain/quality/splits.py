"""Jumps to another level: by a ratio as companies split their shares, or as markets do when the world changes."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.jumps import excursions, step_scale

#: How many for how many. Nearer to one, a ratio cannot be told from news.
_RATIOS = (
    (4, 3),
    (3, 2),
    (2, 1),
    (5, 2),
    (3, 1),
    (7, 2),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (9, 1),
    (10, 1),
    (12, 1),
)
_GREAT_RATIOS = ((15, 1), (20, 1), (25, 1), (30, 1), (40, 1), (50, 1), (75, 1), (100, 1), (1000, 1))
_LEAST, _LEAST_WITHOUT_RANGES = 5.0, 10.0
#: The step must lie so near to the ratio, in usual moves: a night's news comes on top of the split.
_NEAR = 4.0
_AT_MOST = 0.12
#: News moves prices by a quarter or a third now and then, seldom just so: the smaller the ratio, the nearer it must be.
_NEAR_ENOUGH = ((1.45, 0.03), (1.9, 0.12), (np.inf, 0.16))
_LEAST_STEP = 0.25
#: How many bars before and after tell whether the level stays.
_AROUND = 10
#: Of all bars, the share that is told as extreme at most; and never below so many usual moves.
_SHARE, _EXTREME = 2e-4, 8.0


def find_splits(bars: Bars) -> Iterator[Finding]:
    for position, words in _splits(bars).items():
        sound = bars.sound
        yield sound.finding(
            Kind.SPLIT,
            Severity.WARNING,
            [position],
            f"From {said(int(sound.starts[position]), bars)} on prices stand at another scale: "
            f"{sound.close[position - 1]:g}, then {sound.open[position]:g}. {words}",
        )


def find_extremes(bars: Bars) -> Iterator[Finding]:
    """The greatest moves of the series, that no other rule explains. They may well be true, so they stay."""
    sound = bars.sound
    if len(sound) < 3:
        return
    sizes = np.abs(sound.returns) / sound.scale
    taken = set(_splits(bars))
    for one in excursions(bars):
        taken |= set(range(one.first, one.end + 1))
        if not sound.has_ranges:
            yield sound.finding(
                Kind.EXTREME,
                Severity.LOOK,
                range(one.first, one.end),
                f"Extreme, look: from {sound.close[one.first - 1]:g} to {sound.close[one.first]:g} on "
                f"{said(int(sound.starts[one.first]), bars)} and back, {one.size:.0f} times the usual move. Closes "
                "alone do not tell whether it is true, so it stays as it is.",
            )
    least = max(_EXTREME, float(np.quantile(sizes, 1 - _SHARE)))
    for position in np.flatnonzero(sizes >= least).tolist():
        if position in taken:
            continue
        yield sound.finding(
            Kind.EXTREME,
            Severity.LOOK,
            [position],
            f"Extreme, look: {np.expm1(sound.returns[position]):+.1%} on {said(int(sound.starts[position]), bars)}, "
            f"{sizes[position]:.0f} times the usual move. It may be true and stays as it is.",
        )


def _splits(bars: Bars) -> dict[int, str]:
    sound = bars.sound
    if len(sound) < 2 * _FEWEST:
        return {}
    apart = {position for one in excursions(bars) for position in range(one.first, one.end + 1)}
    scale = sound.scale
    least = _LEAST if sound.has_ranges else _LEAST_WITHOUT_RANGES
    far = np.flatnonzero((np.abs(sound.gaps) / step_scale(bars) >= least) & (np.abs(sound.gaps) > _LEAST_STEP))
    found = {}
    for position in far.tolist():
        if position in apart:
            continue
        usual = float(np.median(scale[max(0, position - 30) : position + 30]))
        ratio = _ratio(float(sound.gaps[position]), usual)
        if ratio and _stays(bars, position, float(sound.gaps[position]), usual):
            many, few = ratio
            falls = sound.gaps[position] < 0
            found[position] = f"That is {many} for {few}, {'a split' if falls else 'a reverse split'} not adjusted for."
    return found


_FEWEST = 3


def _ratio(step: float, usual: float) -> tuple[int, int] | None:
    near = {abs(abs(step) - float(np.log(many / few))): (many, few) for many, few in (*_RATIOS, *_GREAT_RATIOS)}
    best = min(near)
    many, few = near[best]
    near_enough = next(part for below, part in _NEAR_ENOUGH if many / few < below)
    return near[best] if best <= min(_AT_MOST, near_enough * abs(step), _NEAR * usual + 0.01) else None


def _stays(bars: Bars, position: int, step: float, usual: float) -> bool:
    """The level after is the level before by that step, within what it wanders over so many bars anyway."""
    close = np.log(bars.sound.close)
    before, after = close[max(0, position - _AROUND) : position], close[position : position + _AROUND]
    moved = float(np.median(after) - np.median(before))
    return bool(abs(moved - step) < max(0.45 * abs(step), 3 * usual))
