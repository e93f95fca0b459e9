"""A line of closes with the marks of what was found, as places on a sheet; drawn by a template."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 1_000, 240
_EDGE = 10
_POINTS = 600
#: A mark is seen from this width on.
_LEAST = 4.0


@dataclass(frozen=True, slots=True)
class Marked:
    start: dt.datetime
    end: dt.datetime
    severity: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    left: float
    width: float
    severity: str
    words: str


@dataclass(frozen=True, slots=True)
class Drawing:
    points: str
    marks: tuple[Mark, ...]
    first: dt.datetime
    last: dt.datetime
    least: str
    most: str
    width: int = WIDTH
    height: int = HEIGHT


def drawn(closes: Sequence[tuple[dt.datetime, float]], marks: Sequence[Marked]) -> Drawing:
    """Bars stand side by side, whatever time lies between them. A mark of what is missing stands between its bars."""
    starts = [start for start, _ in closes]
    values = [close for _, close in closes]
    least, most = min(values), max(values)
    span = (most - least) or 1.0
    step = WIDTH / (len(values) - 1)
    points = " ".join(
        f"{one * step:.1f},{_EDGE + (HEIGHT - 2 * _EDGE) * (most - values[one]) / span:.1f}" for one in _telling(values)
    )
    placed = tuple(_mark(starts, step, one) for one in marks)
    return Drawing(points, placed, starts[0], starts[-1], f"{least:,.6g}", f"{most:,.6g}")


def _telling(values: Sequence[float]) -> Sequence[int]:
    """Of each stretch the least and the greatest, so that no spike is lost when there are more bars than points."""
    if len(values) <= _POINTS:
        return range(len(values))
    edges = [round(len(values) * one / (_POINTS // 2)) for one in range(_POINTS // 2 + 1)]
    chosen = {0, len(values) - 1}
    for first, end in pairwise(edges):
        stretch = range(first, end)
        chosen |= {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
    return sorted(chosen)


def _mark(starts: Sequence[dt.datetime], step: float, marked: Marked) -> Mark:
    first, last = bisect_left(starts, marked.start), bisect_right(starts, marked.end) - 1
    left = min(max(first - 0.5, 0) * step, WIDTH - _LEAST)
    width = min(max((last - first + 1) * step, _LEAST), WIDTH - left)
    when = f"{marked.start:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
    return Mark(round(left, 1), round(width, 1), marked.severity, f"{marked.kind.replace('_', ' ')}, {when}")
