"""Moves that are too great for here and now, and what becomes of them: back at once, to a new level, or by a ratio."""

from dataclasses import dataclass

import numpy as np

from instruments.domain.quality.bars import Bars, Floats
from instruments.domain.quality.scales import robust_scale

#: In usual moves. From normal noise there would be none of these in a lifetime; from prices there are a few.
_LEAST = 3.0
#: Where no bar has a range, every move is a step between bars, true ones too.
_LEAST_WITHOUT_RANGES = 8.0
_TIMES_THE_TAIL = 3.0
#: A tick is back when what is left of it is less than this part of it.
_BACK = 0.4
#: A wrong level may hold for so many bars before it goes back.
_LONGEST = 6
#: Of several bars each must stand further apart, for trends turn.
_MORE_FOR_EACH = 0.4
_ENOUGH = 30


@dataclass(frozen=True, slots=True)
class Excursion:
    """Positions of the bars that stood apart, and how far, in usual moves."""

    first: int
    end: int
    size: float


def excursions(bars: Bars) -> list[Excursion]:
    """Where the price jumped away between two bars and jumped back between two others, to where it was.

    Of a whole bar that is wrong, both its steps, from the close before and to the open after, are far and opposite.
    Prices that truly moved do so within bars, and seldom come back to where they were.
    """
    sound = bars.sound
    if len(sound) < 3:
        return []
    steps = sound.gaps / step_scale(bars)
    both = np.minimum(np.abs(steps[1:-1]), np.abs(steps[2:])) * (steps[1:-1] * steps[2:] < 0)
    least = max(_LEAST if sound.has_ranges else _LEAST_WITHOUT_RANGES, _TIMES_THE_TAIL * float(np.quantile(both, 0.99)))
    sizes = np.abs(steps)
    far = np.flatnonzero(sizes >= least)
    found: list[Excursion] = []
    free_from = 1
    for number, first in enumerate(far.tolist()):
        if first < free_from:
            continue
        for other in far[number + 1 : number + 1 + _LONGEST].tolist():
            bars_apart = other - first
            size = float(min(sizes[first], sizes[other]))
            if bars_apart > _LONGEST or size < least * (1 + _MORE_FOR_EACH * (bars_apart - 1)):
                continue
            if _is_back(sound.close, sound.open, sound.gaps, first, other):
                found.append(Excursion(first, other, size))
                free_from = other + 1
                break
    return found


def step_scale(bars: Bars) -> Floats:
    """How far a close and the next open are apart, at most, hereabouts: by night that may be more than within a day."""
    sound = bars.sound
    scale = sound.scale.copy()
    if bars.interval.is_session_based or bars.calendar.is_always_open:
        return scale
    after_rest = np.concatenate([[False], np.diff(sound.starts) > bars.length])
    if after_rest.sum() > _ENOUGH:
        scale[after_rest] = np.maximum(scale[after_rest], robust_scale(sound.gaps[after_rest]))
    return scale


def _is_back(close: Floats, open_: Floats, gaps: Floats, first: int, other: int) -> bool:
    """The steps are opposite and alike; from the close before to the open after little is left."""
    away, home = gaps[first], gaps[other]
    if away * home >= 0:
        return False
    smaller = min(abs(away), abs(home))
    left = abs(float(np.log(open_[other] / close[first - 1]))) if first else np.inf
    # Of several bars the level within may wander; the steps themselves must be alike all the same.
    return bool(left < _BACK * smaller and abs(away + home) < 1.5 * _BACK * max(abs(away), abs(home)))


def inner_slips(bars: Bars) -> list[tuple[int, float]]:
    """Bars of which the close alone, or the open alone, is far from all around it; with how far.

    The step into the body and the step out of it are opposite, one of them within the bar.
    """
    sound = bars.sound
    if len(sound) < 3:
        return []
    scale = sound.scale
    after = np.concatenate([sound.gaps[1:], [0.0]])
    found: dict[int, float] = {}
    for one, two in ((sound.bodies, after), (sound.gaps, sound.bodies)):
        smaller = np.minimum(np.abs(one), np.abs(two))
        is_back = (one * two < 0) & (np.abs(one + two) < _BACK * smaller)
        sizes = smaller / scale * is_back
        least = max(_LEAST_WITHOUT_RANGES, 2 * _TIMES_THE_TAIL * float(np.quantile(sizes, 0.99)))
        for position in np.flatnonzero(sizes >= least).tolist():
            found[position] = max(found.get(position, 0.0), float(sizes[position]))
    return sorted(found.items())
