"""Prices that lost their last digits: a stretch that was rounded, or steps so coarse that they hide the market."""

from collections.abc import Iterator
from itertools import pairwise
from math import log

import numpy as np

from instruments.domain.quality.bars import Bars, Floats, Rows, counted, runs, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.session_arrays import Flags

_DIGITS = 8
#: A stretch is told when fewer than this many of its kind would be there by chance.
_BY_CHANCE = 0.001
#: Round figures follow round figures: traders like them.
_LIKED = 2.0
_AROUND, _BESIDE = 500, 200
#: What this part of the bars does not exceed is usual.
_MOST = 0.6
#: Beside a stretch another may lie, so fewer of the bars there need to be finer.
_BESIDE_MOST = 0.85
#: Bars that move at all move one step in most of such a block.
_BLOCK, _FEWEST_MOVING, _COARSE = 100, 20, 1.5
_STANDING = 0.2
#: A step below this part of the price hides nothing, however little the price moves.
_FINE = 3e-4


def decimals(values: Floats) -> Rows:
    """How many digits after the point each needs, up to eight. What was adjusted needs them all."""
    needed = np.full(len(values), _DIGITS, np.int64)
    for digits in range(_DIGITS - 1, -1, -1):
        scaled = values * 10.0**digits
        fits = np.abs(scaled - np.round(scaled)) < np.maximum(1e-6, np.abs(scaled) * 1e-12)
        needed[fits] = digits
    return needed


def find_rounded(bars: Bars) -> Iterator[Finding]:
    sound = bars.sound
    if len(sound) < _BLOCK:
        return
    prices = np.stack([sound.open, sound.high, sound.low, sound.close], axis=1)
    digits = np.stack([decimals(column) for column in prices.T], axis=1)
    coarse = _coarse(prices, digits)
    for first, end in runs(coarse):
        step = 10.0 ** -float(digits[first:end].max())
        closes = len(np.unique(sound.close[first:end]))
        yield sound.finding(
            Kind.ROUNDED,
            Severity.WARNING,
            range(first, end),
            f"{counted(end - first, 'bar')} from {said(int(sound.starts[first]), bars)} on have steps of {step:g}, "
            f"which is {step / float(np.median(sound.close[first:end])):.1%} of the price: {closes} different closes.",
        )
    yield from _stretches(bars, prices, digits, ~coarse)


def _coarse(prices: Floats, digits: Rows) -> Flags:
    """Blocks in which a bar that moves mostly moves by the least step there is, and many do not move."""
    edges = np.linspace(0, len(prices), max(1, len(prices) // _BLOCK) + 1).astype(np.int64)
    ranges = prices[:, 1] - prices[:, 2]
    flags = np.zeros(len(prices), np.bool_)
    for first, end in pairwise(edges.tolist()):
        step = 10.0 ** -float(digits[first:end].max())
        moving = ranges[first:end][ranges[first:end] > 0]
        is_standing = 1 - len(moving) / (end - first) > _STANDING
        is_fine = step < _FINE * float(np.median(prices[first:end, 3]))
        if is_standing and not is_fine and len(moving) >= _FEWEST_MOVING and np.median(moving) <= _COARSE * step:
            flags[first:end] = True
    return flags


def _stretches(bars: Bars, prices: Floats, digits: Rows, among: Flags) -> Iterator[Finding]:
    sound = bars.sound
    most, meaningful = digits.max(axis=1), (digits + np.floor(np.log10(prices)).astype(np.int64)).max(axis=1)
    usual, usual_meaningful = _usual(most), _usual(meaningful)
    # A format of so many figures loses a digit whenever the price gains one; that is no loss.
    fewer = (most < usual) & (meaningful < usual_meaningful) & among
    moves = np.concatenate([[False], np.diff(sound.close) != 0])
    for first, end in runs(fewer):
        kept = int(most[first:end].max())
        before, after = most[max(0, first - _BESIDE) : first], most[end : end + _BESIDE]
        # From here on, or up to here, is an era of the vendor's and no loss.
        if min(_usually(before, _BESIDE_MOST), _usually(after, _BESIDE_MOST)) <= kept:
            continue
        around = np.r_[max(0, first - _AROUND) : first, end : min(len(most), end + _AROUND)]
        share = min(max(float((digits[around] <= kept).mean()), 0.1), 0.98)
        chances = max(len(np.unique(prices[first:end])), int(moves[first:end].sum()))
        if chances * -log(share) < _LIKED * log(len(most) / _BY_CHANCE):
            continue
        yield sound.finding(
            Kind.ROUNDED,
            Severity.WARNING,
            range(first, end),
            f"{counted(end - first, 'bar')} from {said(int(sound.starts[first]), bars)} on have {kept} digits after "
            f"the point, those around have {_usually(np.concatenate([before, after]))}.",
        )


def _usually(digits: Rows, part: float = _MOST) -> int:
    return int(np.quantile(digits, part)) if digits.size else 0


def _usual(digits: Rows) -> Rows:
    """What most bars of the stretch around have."""
    edges = np.linspace(0, len(digits), max(1, len(digits) // (2 * _AROUND)) + 1).astype(np.int64)
    pieces = [_usually(digits[one:two]) for one, two in pairwise(edges)]
    return np.repeat(pieces, np.diff(edges))
