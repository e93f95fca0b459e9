"""One start, one bar; and each later than the one before."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, Rows, counted, said
from instruments.domain.quality.findings import Finding, Kind, Severity

#: So many are told one by one; more, in one finding.
_ONE_BY_ONE = 50


def find_duplicates(bars: Bars) -> Iterator[Finding]:
    order = np.argsort(bars.starts, kind="stable")
    starts = bars.starts[order]
    again = np.flatnonzero(np.diff(starts) == 0) + 1
    if not again.size:
        return
    first_of = order[np.searchsorted(starts, starts[again])]
    alike = np.logical_and.reduce([one[order[again]] == one[first_of] for one in (*bars.prices,)])
    if again.size <= _ONE_BY_ONE:
        for position, first, same in zip(order[again], first_of, alike, strict=True):
            words = "with the same prices" if same else "with other prices"
            yield bars.finding(
                Kind.DUPLICATE,
                Severity.WARNING if same else Severity.ERROR,
                [first, position],
                f"{said(int(bars.starts[position]), bars)} is there again, {words}.",
            )
        return
    others = int((~alike).sum())
    yield bars.finding(
        Kind.DUPLICATE,
        Severity.ERROR if others else Severity.WARNING,
        order[again],
        f"{counted(len(again), 'row')} repeat the start of another, {others:,} of them with other prices.",
    )


def find_unsorted(bars: Bars) -> Iterator[Finding]:
    back: Rows = np.flatnonzero(np.diff(bars.starts) < 0) + 1
    if back.size:
        yield bars.finding(
            Kind.UNSORTED,
            Severity.WARNING,
            back,
            f"Time goes back at {counted(len(back), 'row')}, first at {said(int(bars.starts[back[0]]), bars)}.",
        )
