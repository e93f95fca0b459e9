"""What stands on a chart beside its bars. Each room that has something to mark there says so: what was found in the
bars, news, and of the workspace whose page it is its own signals and fills."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from instruments.models import Listing, QualityFinding
from kernel.bars import Interval

#: A chart with more says nothing any more; of each kind the newest are told.
MOST = 300


class MarkKind(StrEnum):
    QUALITY = "quality"
    NEWS = "news"
    SIGNAL = "signal"
    FILL = "fill"


#: What a mark of each kind may be; the page draws each in its own shape, so that none is told by colour alone.
MANNERS = {
    MarkKind.QUALITY: frozenset({"look", "warning", "error"}),
    MarkKind.NEWS: frozenset({"good", "bad", "neutral"}),
    MarkKind.SIGNAL: frozenset({"buy", "sell", "hold"}),
    MarkKind.FILL: frozenset({"buy", "sell"}),
}


@dataclass(frozen=True, slots=True)
class Mark:
    #: Drawn at the bar that this moment is in.
    at: dt.datetime
    kind: MarkKind
    manner: str
    words: str

    def __post_init__(self) -> None:
        if self.manner not in MANNERS[self.kind]:
            raise ValueError(
                f"A mark of {self.kind} is none of {', '.join(sorted(MANNERS[self.kind]))}: {self.manner}."
            )


#: Given a listing, the length of the chart's bars, two moments and how many at most: what is to be marked from the
#: first to before the second, the newest of it. Called in the scope of the workspace whose page it is.
Marking = Callable[[Listing, Interval, dt.datetime, dt.datetime, int], Iterable[Mark]]

_markings: dict[MarkKind, Marking] = {}


def register_marking(kind: MarkKind, marking: Marking) -> None:
    _markings[kind] = marking


def marked_kinds() -> list[MarkKind]:
    """What somebody marks; the page offers to draw these."""
    return [kind for kind in MarkKind if kind in _markings]


def marks_of(listing: Listing, interval: Interval, since: dt.datetime, until: dt.datetime) -> list[Mark]:
    """Of every room, oldest first."""
    found = (mark for marking in _markings.values() for mark in marking(listing, interval, since, until, MOST))
    return sorted(found, key=lambda mark: mark.at)


def mark_findings(
    listing: Listing, interval: Interval, since: dt.datetime, until: dt.datetime, most: int
) -> Iterable[Mark]:
    """What began before `since` and is not over by then stands at its first bar that is drawn."""
    found = QualityFinding.objects.filter(
        series__listing=listing, series__interval=interval.name, end__gte=since, start__lt=until
    ).order_by("-start")[:most]
    for one in found:
        words = f"{one.get_kind_display().capitalize()}, {one.severity}: {one.detail}"
        yield Mark(max(one.start, since), MarkKind.QUALITY, one.severity, words)
