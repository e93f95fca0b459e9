"""How far a day's bars, or a series, are to be trusted: 100 is nothing found.

A day begins with 100 and keeps, for each finding that touches it, 98 of a hundred for a look, 75 for a warning and 40
for an error. A series has the mean of its days, those on which bars are missing among them. So a further finding never
raises a score, and a finding is worth what it covers.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

from instruments.domain.quality.bars import Bars, moment
from instruments.domain.quality.findings import Finding, Severity
from instruments.domain.session_arrays import DAY

KEPT: Mapping[Severity, float] = {Severity.LOOK: 0.98, Severity.WARNING: 0.75, Severity.ERROR: 0.4}
BEST = 100.0


def day_scores(bars: Bars, findings: Iterable[Finding]) -> dict[dt.date, float]:
    """For each day that has bars or should have them."""
    days = {moment(int(number) * DAY).date() for number in set((bars.starts // DAY).tolist())}
    kept: defaultdict[dt.date, float] = defaultdict(lambda: 1.0)
    for finding in findings:
        for day in days_of(bars, finding):
            kept[day] *= KEPT[finding.severity]
    return {day: round(BEST * kept[day], 2) for day in sorted(days | set(kept))}


def days_of(bars: Bars, finding: Finding) -> set[dt.date]:
    """The days of its rows; of a hole, those on which a bar is missing."""
    if finding.rows:
        numbers = {int(bars.starts[row]) // DAY for row in finding.rows}
        return {moment(number * DAY).date() for number in numbers}
    first, last = int(finding.start.timestamp()) // DAY, int(finding.end.timestamp()) // DAY
    days = range(first, last + 1)
    if bars.calendar.is_always_open:
        return {moment(number * DAY).date() for number in days}
    held = set(bars.sessions.days.tolist())
    return {moment(number * DAY).date() for number in days if number in held}


def score_of(scores: Mapping[dt.date, float]) -> float:
    return round(sum(scores.values()) / len(scores), 2) if scores else BEST
