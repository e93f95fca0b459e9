"""A market that never shuts, told by somebody who does."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, counted
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.session_arrays import DAY

_WEEKS = 4
_FEW = 0.25


def lacks_weekends(bars: Bars) -> bool:
    if not bars.calendar.is_always_open or bars.length > DAY or not len(bars.sound):
        return False
    starts = bars.sound.starts
    weeks = (starts[-1] - starts[0]) / (7 * DAY)
    if weeks < _WEEKS:
        return False
    on_weekends = (starts // DAY + 3) % 7 >= 5
    a_day = (~on_weekends).sum() / 5
    return bool(on_weekends.sum() / 2 < _FEW * a_day)


def find_no_weekends(bars: Bars) -> Iterator[Finding]:
    if lacks_weekends(bars):
        starts = bars.sound.starts
        weeks = int((starts[-1] - starts[0]) // (7 * DAY))
        yield bars.finding(
            Kind.NO_WEEKENDS,
            Severity.WARNING,
            (),
            f"The market never shuts, and {counted(weeks, 'week')} of bars have next to none on Saturdays and Sundays: "
            "a feed that rests on weekends, so its Mondays hide two days.",
            at=(int(np.min(starts)), int(np.max(starts))),
        )
