"""Bars at times at which nobody could trade: weekend stubs, ghosts of holidays, hours of the night."""

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from instruments.domain.quality.bars import Bars, counted, moment, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.time_zone import shifted_rows

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
#: So many of one weekday are a habit of the vendor, and told in one finding.
_HABIT = 20


def find_outside(bars: Bars) -> Iterator[Finding]:
    """What a shifted clock explains is told by that rule."""
    sound = bars.sound
    outside = np.flatnonzero(sound.is_outside)
    outside = outside[~np.isin(sound.rows[outside], shifted_rows(bars))]
    weekdays = np.array([moment(int(one)).weekday() for one in sound.starts[outside]], np.int64)
    for weekday, name in enumerate(_DAYS):
        those = outside[weekdays == weekday]
        if len(those) >= _HABIT:
            outside, weekdays = outside[weekdays != weekday], weekdays[weekdays != weekday]
            yield sound.finding(
                Kind.OUTSIDE_SESSION,
                Severity.WARNING,
                those,
                f"{counted(len(those), 'bar')} on {name} while {bars.calendar.name} is shut, first on "
                f"{said(int(sound.starts[those[0]]), bars)}: stubs of the vendor's day.",
            )
    for _, group in groupby(outside.tolist(), key=lambda position: moment(int(sound.starts[position])).date()):
        those = np.array(list(group))
        is_ghost = bool((sound.volume[those] == 0).all())
        words = "with volume nought: a ghost" if is_ghost else "which nobody could have traded"
        yield sound.finding(
            Kind.OUTSIDE_SESSION,
            Severity.ERROR,
            those,
            f"{counted(len(those), 'bar')} on {said(int(sound.starts[those[0]]), bars)} while {bars.calendar.name} "
            f"is shut, {words}.",
        )
