"""Two vendors' tellings of one series beside each other. Neither is believed, and never an average is taken."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, counted, runs, said
from instruments.domain.quality.findings import Finding, Kind, Severity

_FEWEST = 20
#: A ratio this far from one is another adjustment; nearer, it is another moment of the close.
_OTHER = 0.003
#: Within this the ratio is constant.
_CONSTANT = 0.004
_LEAST, _TIMES_USUAL = 0.005, 8.0
_LAGS = tuple(lag for lag in range(-12, 13) if lag)


def find_disagreements(first: Bars, second: Bars) -> Iterator[Finding]:
    """What the closes of bars with the same start say. Rows are those of `first`."""
    one, two = first.sound, second.sound
    _, left, right = np.intersect1d(one.starts, two.starts, assume_unique=True, return_indices=True)
    if len(left) < _FEWEST:
        return
    ratios = np.log(one.close[left] / two.close[right])
    middle = float(np.median(ratios))
    spread = float(np.median(np.abs(ratios - middle))) * 1.4826
    if abs(middle) > _OTHER and spread < _CONSTANT:
        yield one.finding(
            Kind.VENDOR_RATIO,
            Severity.WARNING,
            left,
            f"Over {counted(len(left), 'common bar')} the closes stand in the constant ratio {np.exp(middle):.5f}: "
            "the vendors adjust differently.",
        )
    lag = _lag(one.returns[left], two.returns[right])
    if lag is not None:
        yield one.finding(
            Kind.TIME_ZONE,
            Severity.ERROR,
            left,
            f"The moves are those of the other vendor {counted(abs(lag), 'bar')} {'before' if lag > 0 else 'after'}: "
            "one of the two clocks is shifted.",
        )
        return
    apart = np.abs(ratios - middle) > max(_LEAST, _TIMES_USUAL * spread)
    for begins, ends in runs(apart):
        those = left[begins:ends]
        at = int(those[0])
        yield one.finding(
            Kind.VENDOR_DISAGREES,
            Severity.WARNING,
            those,
            f"From {said(int(one.starts[at]), first)} on, {counted(ends - begins, 'bar')}: one vendor says "
            f"{one.close[at]:g}, the other {two.close[right[begins]]:g}.",
        )


def _lag(
    one: np.ndarray[tuple[int], np.dtype[np.float64]], two: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> int | None:
    """By how many bars one follows the other, when their moves go together then and not at once."""
    if len(one) < 5 * max(_LAGS):
        return None

    def together(lag: int) -> float:
        a, b = (one[lag:], two[: len(two) - lag]) if lag >= 0 else (one[:lag], two[-lag:])
        return float(np.corrcoef(np.sign(a), np.sign(b))[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0

    best = max(_LAGS, key=together)
    return best if together(best) > 0.6 and together(best) > together(0) + 0.4 else None
