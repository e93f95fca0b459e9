"""Bars of a shape that no other of the series has, found by a forest of random cuts."""

from collections.abc import Iterator

import numpy as np
from sklearn.ensemble import IsolationForest

from instruments.domain.quality.bars import Bars, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.shapes import shapes

_TREES, _GROWN_FROM = 100, 256
_FEWEST = 200
#: More bars than this are looked at by a sample.
_MOST = 200_000
#: The share that is told at most, and how lonely a bar must be: 0.5 is one among many, 1 stands alone.
_SHARE, _LONELY = 5e-5, 0.78


def find_odd_shapes(bars: Bars) -> Iterator[Finding]:
    """The loneliest few, for a look. The same bars give the same answer."""
    sound = bars.sound
    if len(sound) < _FEWEST:
        return
    figures = shapes(bars)
    forest = IsolationForest(n_estimators=_TREES, max_samples=_GROWN_FROM, random_state=0)
    chosen = np.linspace(0, len(figures) - 1, min(len(figures), _MOST)).astype(np.int64)
    forest.fit(figures[chosen])
    # No tree can part what lies within every cut: the greatest of each figure are enough candidates.
    candidates = np.unique(np.argsort(figures, axis=0)[-500:].ravel())
    loneliness = -forest.score_samples(figures[candidates])
    most = max(1, round(_SHARE * len(figures)))
    for place in np.argsort(-loneliness)[:most].tolist():
        if loneliness[place] < _LONELY:
            break
        position = int(candidates[place])
        yield sound.finding(
            Kind.ODD_SHAPE,
            Severity.LOOK,
            [position],
            f"The bar of {said(int(sound.starts[position]), bars)} has a shape like no other of the series: open "
            f"{sound.open[position]:g}, high {sound.high[position]:g}, low {sound.low[position]:g}, close "
            f"{sound.close[position]:g}, volume {sound.volume[position]:g}.",
        )
