"""An exchange's hours as calendar_data keeps them: the usual ones of each era, and the days that differ.

A file has one fact a line, times by the clock on the wall there:

    zone Asia/Tokyo
    known 1997-01-01 2027-12-31                  the first and the last day of which anything is told
    usual 2024-11-05 09:00-11:30 12:30-15:30     from that day on, Monday to Friday
    usual 2015-09-21 <17:00-16:00                "<": begins on the eve
    shut 2026 01-01 01-12                        days of that year without a session
    day 2026-11-27 09:30-13:00                   a day with other hours
    thin 12-25                                   each year: some trade and some do not, so neither says anything
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

Pause = tuple[dt.time, dt.time]


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when, by the clock on the wall there."""

    opens: dt.time
    closes: dt.time
    pauses: tuple[Pause, ...] = ()
    begins_on_the_eve: bool = False

    def __str__(self) -> str:
        begins = [self.opens, *(resumes for _, resumes in self.pauses)]
        ends = [*(stops for stops, _ in self.pauses), self.closes]
        spans = " ".join(f"{one:%H:%M}-{other:%H:%M}" for one, other in zip(begins, ends, strict=True))
        return f"<{spans}" if self.begins_on_the_eve else spans


@dataclass(frozen=True, slots=True)
class Told:
    """All that one file says."""

    zone: str
    first: dt.date
    last: dt.date
    #: Each with the day from which on it holds, oldest first.
    usual: tuple[tuple[dt.date, Hours], ...]
    days: Mapping[dt.date, Hours | None]
    thin: frozenset[tuple[int, int]] = frozenset()


def read_hours(text: str) -> Hours:
    on_the_eve = text.startswith("<")
    spans = [_span(one) for one in text.removeprefix("<").split()]
    pauses = tuple((before[1], after[0]) for before, after in pairwise(spans))
    return Hours(spans[0][0], spans[-1][1], pauses, on_the_eve)


def _span(text: str) -> tuple[dt.time, dt.time]:
    opens, _, closes = text.partition("-")
    return dt.time.fromisoformat(opens), dt.time.fromisoformat(closes)


def read_told(text: str) -> Told:
    return _laid_over(Told("", dt.date.min, dt.date.max, (), {}), text)


def laid_over(told: Told, ours: str) -> Told:
    """What the second file says takes the place of what the first says of the same day or era."""
    return _laid_over(told, ours)


def _laid_over(told: Told, text: str) -> Told:
    zone, first, last = told.zone, told.first, told.last
    usual, days, thin = dict(told.usual), dict(told.days), set(told.thin)
    for word, *rest in _facts(text):
        match word:
            case "zone":
                zone = rest[0]
            case "known":
                first, last = map(dt.date.fromisoformat, rest)
            case "usual":
                usual[dt.date.fromisoformat(rest[0])] = read_hours(" ".join(rest[1:]))
            case "shut":
                days.update({dt.date.fromisoformat(f"{rest[0]}-{one}"): None for one in rest[1:]})
            case "day":
                days[dt.date.fromisoformat(rest[0])] = read_hours(" ".join(rest[1:]))
            case "thin":
                thin |= {(int(one[:2]), int(one[3:])) for one in rest}
            case _:
                raise ValueError(f"a line of a calendar's file begins with a known word, got {word!r}")
    return Told(zone, first, last, tuple(sorted(usual.items())), days, frozenset(thin))


def _facts(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words:
            yield words


def written(told: Told) -> str:
    """The file that reads as `told`."""
    lines = [f"zone {told.zone}", f"known {told.first} {told.last}"]
    lines += [f"usual {since} {hours}" for since, hours in told.usual]
    shut = sorted(day for day, hours in told.days.items() if hours is None)
    for year, days in groupby(shut, key=lambda day: day.year):
        lines.append(f"shut {year} " + " ".join(f"{day:%m-%d}" for day in days))
    lines += [f"day {day} {hours}" for day, hours in sorted(told.days.items()) if hours is not None]
    return "\n".join(lines) + "\n"


#: So many of the next days must keep the new hours before they are called usual.
_NEXT, _ALIKE = 20, 15


def told_of(
    zone: str, first: dt.date, last: dt.date, sessions: Iterable[tuple[dt.date, Hours]], weekdays: range = range(5)
) -> Told:
    """The shortest telling of these sessions: what is usual is found, and the days that differ are named."""
    held = dict(sessions)
    order = sorted(held)
    usual: list[tuple[dt.date, Hours]] = []
    days: dict[dt.date, Hours | None] = {}
    for number, day in enumerate(order):
        hours = held[day]
        if usual and hours == usual[-1][1]:
            continue
        following = [held[one] for one in order[number : number + _NEXT]]
        if not usual or following.count(hours) >= _ALIKE:
            usual.append((day if usual else first, hours))
        else:
            days[day] = hours
    day = first
    while day <= last:
        if day not in held and day.weekday() in weekdays:
            days[day] = None
        elif day in held and day.weekday() not in weekdays:
            days[day] = held[day]
        day += dt.timedelta(days=1)
    return replace(Told(zone, first, last, (), {}), usual=tuple(usual), days=days)
