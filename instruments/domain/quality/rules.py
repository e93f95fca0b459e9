"""Every rule, by name. A rule is a function of the bars; it knows no instrument, no file and no date."""

from collections.abc import Callable, Iterator

from instruments.domain.quality.bad_ticks import find_bad_ticks, find_bad_wicks
from instruments.domain.quality.bars import Bars
from instruments.domain.quality.duplicates import find_duplicates, find_unsorted
from instruments.domain.quality.findings import Finding
from instruments.domain.quality.holes import find_gaps
from instruments.domain.quality.numbers import find_no_numbers, find_not_positive
from instruments.domain.quality.order import find_bad_order
from instruments.domain.quality.outside import find_outside
from instruments.domain.quality.precision import find_rounded
from instruments.domain.quality.splits import find_extremes, find_splits
from instruments.domain.quality.stale import find_stale
from instruments.domain.quality.time_zone import find_time_zone
from instruments.domain.quality.volume import find_no_volume
from instruments.domain.quality.weekends import find_no_weekends

Rule = Callable[[Bars], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    find_no_numbers,
    find_not_positive,
    find_bad_order,
    find_duplicates,
    find_unsorted,
    find_time_zone,
    find_outside,
    find_no_weekends,
    find_gaps,
    find_bad_ticks,
    find_bad_wicks,
    find_splits,
    find_extremes,
    find_stale,
    find_no_volume,
    find_rounded,
)


def check_bars(bars: Bars, rules: tuple[Rule, ...] = RULES) -> list[Finding]:
    """What all rules find, by time."""
    if not len(bars):
        return []
    found = [finding for rule in rules for finding in rule(bars)]
    return sorted(found, key=lambda one: (one.start, one.end, one.kind))
