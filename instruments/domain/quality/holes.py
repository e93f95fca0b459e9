"""Bars that are missing while the market was open."""

from collections.abc import Iterator
from math import ceil, log

import numpy as np

from instruments.domain.quality.bars import Bars, Rows, counted, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.weekends import lacks_weekends
from instruments.domain.session_arrays import DAY

#: Where there are more holes than this to a bar, the vendor writes none when nobody trades: a short one is a habit.
_HABIT, _FEW = 0.01, 60
#: A long hole counts as so many usual ones, lest it excuse the others.
_LONG = 3
#: A hole is told when fewer than this many of its length would be there by chance.
_BY_CHANCE = 0.01
#: Quiet hours follow quiet hours, so holes by habit are longer than by a coin's toss.
_QUIET = 3
_MOST = 500
_WEEKEND = 76 * 3600

Hole = tuple[int, int, int]


def find_gaps(bars: Bars) -> Iterator[Finding]:
    holes = _missing_days(bars) if bars.interval.is_session_based else _missing_bars(bars)
    if lacks_weekends(bars):
        holes = [one for one in holes if not _is_a_weekend(one)]
    if len(holes) > max(_FEW, _HABIT * len(bars.sound)):
        usual = _LONG * max(1.0, float(np.median([number for _, _, number in holes])))
        missing = sum(min(number, usual) for _, _, number in holes)
        share = missing / (missing + len(bars.sound))
        least = _QUIET * log((len(bars.sound) + missing) / _BY_CHANCE) / -log(min(share, 0.95))
        short = [one for one in holes if one[2] < least]
        holes = [one for one in holes if one[2] >= least]
        if short:
            yield bars.finding(
                Kind.GAP,
                Severity.LOOK,
                (),
                f"{share:.1%} of the bars are missing by habit, in {counted(len(short), 'short hole')}: no bar "
                "where nobody traded, or a vendor that loses some.",
                at=(short[0][0], short[-1][1]),
            )
    longest = sorted(holes, key=lambda one: -one[2])[:_MOST]
    for first, last, number in sorted(longest):
        yield bars.finding(
            Kind.GAP,
            Severity.WARNING,
            (),
            f"{counted(number, 'bar')} missing{_between(first, last, bars)}, while the market was open.",
            at=(first, last),
        )
    if len(holes) > _MOST:
        yield bars.finding(
            Kind.GAP,
            Severity.WARNING,
            (),
            f"{len(holes) - _MOST:,} further holes, none longer than {longest[-1][2]:,} bars.",
            at=(holes[0][0], holes[-1][1]),
        )


def _between(first: int, last: int, bars: Bars) -> str:
    return f" at {said(first, bars)}" if first == last else f" from {said(first, bars)} to {said(last, bars)}"


def _missing_days(bars: Bars) -> list[Hole]:
    days: Rows = np.unique(bars.starts[bars.is_whole] // DAY)
    if not days.size:
        return []
    step = bars.length // DAY
    if bars.calendar.is_always_open or step > 1:
        due = np.arange(days[0], days[-1] + 1, step)
        if step > 1:
            held = bars.sessions.is_legitimate(due * DAY, bars.interval)
            due = due[held]
    else:
        due = bars.sessions.due_days()
        due = due[(due >= days[0]) & (due <= days[-1])]
    missing = np.flatnonzero(~np.isin(due, days))
    if not missing.size:
        return []
    pieces = np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1)
    return [(int(due[one[0]]) * DAY, int(due[one[-1]]) * DAY, len(one)) for one in pieces]


def _missing_bars(bars: Bars) -> list[Hole]:
    starts = np.unique(bars.starts[bars.is_whole])
    if len(starts) < 2:
        return []
    length, sessions = bars.length, bars.sessions
    ends = starts[:-1] + length
    lost = sessions.due_seconds(starts[1:]) - sessions.due_seconds(ends)
    known = sessions.is_known(starts[:-1]) & sessions.is_known(starts[1:])
    # Less than half a bar is the ragged end of a session.
    those = np.flatnonzero(known & (lost >= length / 2))
    return [(int(ends[one]), int(starts[one + 1]) - length, max(1, ceil(lost[one] / length - 0.5))) for one in those]


def _is_a_weekend(hole: Hole) -> bool:
    first, last, _ = hole
    # 1970 began on a Thursday; Saturday noon lies two and a half days on.
    saturday = first + (int(2.5 * DAY) - first) % (7 * DAY)
    return saturday <= last and last - first <= _WEEKEND
