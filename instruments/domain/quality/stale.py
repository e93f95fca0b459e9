"""The same bar told again and again: a feed that stands still, or a vendor that repeats yesterday's price."""

from collections.abc import Iterator, Sequence
from math import log

import numpy as np

from instruments.domain.quality.bars import Bars, counted, runs, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.session_arrays import Flags

#: A run is told when fewer than this many of its length would be there by chance.
_BY_CHANCE = 0.01
#: Quiet bars follow quiet bars.
_QUIET = 1.5
_AROUND = 300
#: So many runs say how long one usually is.
_MANY = 30


def find_stale(bars: Bars) -> Iterator[Finding]:
    sound = bars.sound
    if len(sound) < 3:
        return
    prices = (sound.open, sound.high, sound.low, sound.close)
    alike = np.concatenate([[False], np.logical_and.reduce([one[1:] == one[:-1] for one in prices])])
    volume = np.nan_to_num(sound.volume)
    same_volume = np.concatenate([[False], volume[1:] == volume[:-1]]) & (volume > 0)
    has_range = sound.high > sound.low
    # A bar with a range and a volume that all come again: no market does that, and once is enough.
    certain = alike & has_range & same_volume
    for flags, words, longest in (
        (certain, "repeats the bar before", _once),
        (alike & has_range & ~certain, "has the four prices of the bar before", _beginnings),
        (alike & ~has_range, "does not move at all", _quiet_stretch),
    ):
        spans = list(runs(flags))
        lengths = [end - first for first, end in spans]
        for place, (first, end) in enumerate(spans):
            if end - first < longest(flags, lengths, place, first, end):
                continue
            yield sound.finding(
                Kind.STALE,
                Severity.WARNING,
                range(first, end),
                f"The price of {said(int(sound.starts[first]), bars)} {words}, for {counted(end - first, 'bar')}.",
            )


def _once(flags: Flags, lengths: Sequence[int], place: int, first: int, end: int) -> float:
    return 1.0


def _beginnings(flags: Flags, lengths: Sequence[int], place: int, first: int, end: int) -> float:
    """How many times in a row chance repeats a bar with a range, by how often it does so at all."""
    others = max(1, len(lengths) - 1) / len(flags)
    around = [*lengths[max(0, place - 3) : place], *lengths[place + 1 : place + 4]]
    # Where many are near each other, prices have few steps to choose from.
    nearby = flags[max(0, first - _AROUND) : end + _AROUND].sum() - (end - first)
    share = min(max(others, nearby / (2 * _AROUND) if len(around) > 1 else others), 0.97)
    return max(1.0, log(len(flags) / _BY_CHANCE) / -log(share))


def _quiet_stretch(flags: Flags, lengths: Sequence[int], place: int, first: int, end: int) -> float:
    """How long chance lets a price stand still, by how often others do here and how long they last."""
    others = list(lengths[max(0, place - _MANY) : place]) + list(lengths[place + 1 : place + 1 + _MANY])
    around = np.concatenate([flags[max(0, first - _AROUND) : first], flags[end : end + _AROUND]])
    overall = (int(flags.sum()) - (end - first)) / max(1, len(flags) - (end - first))
    nearby = float(around.mean()) if around.size else overall
    goes_on = 1 - len(others) / sum(others) if len(others) >= _MANY else 0.0
    share = min(max(overall, nearby, goes_on, 1 / len(flags)), 0.97)
    return max(1.0, _QUIET * log(len(flags) / _BY_CHANCE) / -log(share))
