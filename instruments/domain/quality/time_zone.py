"""Bars that lie in the session once the clock is put right: local times taken for UTC, or a shifted stretch."""

from collections.abc import Iterator

import numpy as np

from instruments.domain.quality.bars import Bars, Rows, counted, runs, said
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.session_arrays import DAY

_HALF_HOUR = 1_800
#: Nearest first: the least that explains it.
_SHIFTS = sorted((step * _HALF_HOUR for step in range(-28, 29) if step), key=abs)
_FEWEST = 4
_MUST_EXPLAIN, _MUST_EXPLAIN_OF_A_STRETCH = 0.9, 0.95


def find_time_zone(bars: Bars) -> Iterator[Finding]:
    for rows, shift in _shifted(bars):
        hours = abs(shift) / 3600
        yield bars.finding(
            Kind.TIME_ZONE,
            Severity.ERROR,
            rows,
            f"{counted(len(rows), 'bar')} from {said(int(bars.starts[rows].min()), bars)} on lie outside of the "
            f"session, and inside when put {hours:g} hours {'later' if shift > 0 else 'earlier'}: another time zone.",
        )


def shifted_rows(bars: Bars) -> Rows:
    return np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in _shifted(bars))])


def _shifted(bars: Bars) -> list[tuple[Rows, int]]:
    if bars.interval.is_session_based:
        return _days_off_midnight(bars)
    if bars.calendar.is_always_open or not len(bars.sound):
        return []
    sound = bars.sound
    if sound.is_outside.mean() > 1 - _MUST_EXPLAIN:
        shift = _best_shift(bars, sound.starts, least=_MUST_EXPLAIN)
        if shift is not None:
            return [(sound.rows, shift)]
    return list(_stretches(bars))


def _stretches(bars: Bars) -> Iterator[tuple[Rows, int]]:
    """Days on end that have bars outside of the session, each of them put right by one shift."""
    sound = bars.sound
    days = sound.starts // DAY
    _, place = np.unique(days, return_inverse=True)
    share_outside = np.bincount(place, weights=sound.is_outside) / np.bincount(place)
    is_odd = share_outside >= 1 - _MUST_EXPLAIN
    for first, end in runs(is_odd):
        outside = np.flatnonzero((place >= first) & (place < end) & sound.is_outside)
        those = _with_their_session(bars, int(outside[0]), int(outside[-1]))
        if len(outside) < _FEWEST:
            continue
        shift = _best_shift(bars, sound.starts[those], least=_MUST_EXPLAIN_OF_A_STRETCH)
        if shift is None:
            continue
        # Where a bar stands already, nothing was moved from: those of a short day's afternoon are too many, not late.
        others = np.delete(sound.starts, those)
        is_free = ~np.isin(sound.starts[those] + shift, others)
        # On a day that is shut throughout every bar would lie inside of another day's session.
        if is_free.mean() > _MUST_EXPLAIN and (bars.interval.is_session_based or _is_of_a_day(bars, those)):
            yield sound.rows[those], shift


def _with_their_session(bars: Bars, first: int, last: int) -> Rows:
    """The bars between, and those that stand without a break beside them."""
    breaks = np.flatnonzero(np.diff(bars.sound.starts) > bars.length)
    begin = breaks[breaks < first]
    end = breaks[breaks >= last]
    return np.arange(begin[-1] + 1 if begin.size else 0, end[0] + 1 if end.size else len(bars.sound))


def _is_of_a_day(bars: Bars, positions: Rows) -> bool:
    """Some of them lie inside of the session, or they are a night's and the day that they left is empty."""
    days = np.unique(bars.sound.starts[positions] // DAY)
    return bool(np.isin(days, bars.sessions.days).any())


def _best_shift(bars: Bars, starts: Rows, *, least: float) -> int | None:
    shares = {shift: bars.sessions.is_legitimate(starts + shift, bars.interval).mean() for shift in _SHIFTS}
    best = max(_SHIFTS, key=lambda shift: (round(float(shares[shift]), 3), -abs(shift)))
    return best if shares[best] >= least else None


def _days_off_midnight(bars: Bars) -> list[tuple[Rows, int]]:
    """Daily bars are named by midnight UTC of the session's date."""
    within = bars.starts % DAY
    rows = np.flatnonzero(within != 0)
    if not rows.size:
        return []
    offset = int(np.median(within[rows]))
    return [(rows, -offset if offset <= DAY // 2 else DAY - offset)]
