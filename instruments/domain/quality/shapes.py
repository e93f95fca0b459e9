"""Bars as a few figures of their shape, for a forest to find the odd ones (`domain/heavy/odd_shapes.py`)."""

import numpy as np

from instruments.domain.quality.bars import Bars, Floats
from instruments.domain.quality.scales import robust_scale


def shapes(bars: Bars) -> Floats:
    """One row for each sound bar: range, step from the close before, body, the two wicks and volume, against what is
    usual around it."""
    sound = bars.sound
    scale = sound.scale
    top, bottom = np.maximum(sound.open, sound.close), np.minimum(sound.open, sound.close)
    figures = [
        np.log(sound.high / sound.low) / scale,
        np.abs(sound.gaps) / scale,
        np.abs(sound.bodies) / scale,
        np.log(sound.high / top) / scale,
        np.log(bottom / sound.low) / scale,
    ]
    volume = np.nan_to_num(sound.volume)
    if (volume > 0).any():
        logs = np.log1p(np.maximum(volume, 0))
        figures.append(np.abs(logs - np.median(logs)) / np.maximum(robust_scale(logs - np.median(logs)), 1e-9))
    return np.log1p(np.clip(np.nan_to_num(np.stack(figures, axis=1)), 0, 1e6))
