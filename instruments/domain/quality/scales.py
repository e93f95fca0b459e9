"""How much is usual here, told by medians, so that what is sought does not hide itself."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_BLOCK = 60
#: A median of absolute values times this is a standard deviation, for normal noise.
_NORMAL = 1.4826
_FEWEST = 5


def robust_scale(values: NDArray[np.float64], block: int = _BLOCK) -> NDArray[np.float64]:
    """For each value, the greatest of the medians of its block and the two beside it: calm before a storm counts as
    storm. Noughts are left out: a price that stands still says nothing of how far it moves when it does."""
    count = len(values)
    if count == 0:
        return np.empty(0)
    sizes = np.abs(values)
    moving = sizes[sizes > 0]
    overall = float(np.median(moving)) if moving.size else 1e-6
    edges = np.linspace(0, count, max(1, count // block) + 1).astype(np.int64)
    medians = np.array([_median(sizes[one:two], overall) for one, two in pairwise(edges)])
    padded = np.concatenate([medians[:1], medians, medians[-1:]])
    greatest = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return np.repeat(np.maximum(greatest, overall / 4), np.diff(edges)) * _NORMAL


def _median(sizes: NDArray[np.float64], overall: float) -> float:
    moving = sizes[sizes > 0]
    return float(np.median(moving)) if moving.size >= _FEWEST else overall
