"""Whether an answer's bars are worth keeping at all. Single odd bars are for the quality rules; this asks whether the
source works."""

import datetime as dt
from collections.abc import Sequence
from math import isfinite

from instruments.domain.candles import Candle

#: With more odd bars than this share, or all of a few, the source is failing.
_ODD = 0.05
_REPEATS = 5


def why_poor(candles: Sequence[Candle], *, since: dt.datetime, until: dt.datetime) -> str | None:
    """What is wrong with the answer as a whole, in words; None when it can be kept."""
    if not candles:
        return None
    odd = sum(not _is_sound(one) for one in candles)
    if odd > len(candles) * _ODD:
        return f"{odd} of {len(candles)} bars are no prices, or contradict themselves"
    outside = sum(not since <= one.start < until for one in candles)
    if outside:
        return f"{outside} of {len(candles)} bars are of another time than was asked for"
    if len(candles) >= _REPEATS and len({one[1:] for one in candles}) == 1 and candles[0].volume > 0:
        return f"all {len(candles)} bars have the same figures: it repeats an old one"
    return None


def _is_sound(candle: Candle) -> bool:
    prices = candle[1:5]
    if not all(map(isfinite, (*prices, candle.volume))):
        return False
    return min(prices) > 0 and candle.volume >= 0 and candle.high >= max(prices) and candle.low <= min(prices)
