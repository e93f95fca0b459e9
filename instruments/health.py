"""Where bars come from and what is wrong with them, for the page that shows it. A fixed number of questions."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.db.models import Count

from instruments.domain.failover import State
from instruments.models import CandleSeries, Disagreement, Failover, SourceChoice, SourceStanding
from instruments.sources import Budget, known_sources
from kernel.bars import Interval
from kernel.jobs.models import Job

SHOWN = 30


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """One source, over all series for which it was asked."""

    name: str
    title: str
    intervals: list[str]
    budget: Budget | None
    chosen_for: int
    standings: Sequence[SourceStanding]

    @property
    def resting(self) -> int:
        return sum(one.state != State.WELL for one in self.standings)

    @property
    def well(self) -> int:
        return len(self.standings) - self.resting

    @property
    def state(self) -> str:
        if not self.standings:
            return "unasked"
        if not self.resting:
            return "well"
        return "partly" if self.well else "failing"

    @property
    def answered_at(self) -> dt.datetime | None:
        return max((one.answered_at for one in self.standings if one.answered_at), default=None)

    @property
    def trouble(self) -> SourceStanding | None:
        """The newest of those that are not over."""
        failing = [one for one in self.standings if one.state != State.WELL and one.trouble_at is not None]
        return max(failing, key=lambda one: one.trouble_at or one.since, default=None)


@dataclass(frozen=True, slots=True)
class GapSeen:
    first: dt.datetime
    last: dt.datetime
    bars: int


@dataclass(frozen=True, slots=True)
class SeriesSeen:
    """A series, how far it reaches, and its newest gap."""

    row: CandleSeries
    gap: GapSeen | None

    @property
    def given_by(self) -> str:
        """Who gave its bars; nothing where that is its own venue alone."""
        return "" if self.row.sources == [self.row.listing.venue] else ", ".join(self.row.sources)

    @property
    def is_by_session(self) -> bool:
        return Interval(self.row.interval).is_session_based


def sources_seen() -> list[SourceSeen]:
    standings: dict[str, list[SourceStanding]] = defaultdict(list)
    rows = SourceStanding.objects.select_related("listing").order_by("source", "-trouble_at")
    for name, of_source in groupby(rows, key=attrgetter("source")):
        standings[name] = list(of_source)
    chosen = dict(SourceChoice.objects.order_by().values_list("source").annotate(Count("pk")))
    return [
        SourceSeen(
            one.name,
            one.title,
            sorted(one.intervals, key=lambda name: Interval(name).length),
            one.budget,
            chosen.get(one.name, 0),
            standings[one.name],
        )
        for one in known_sources()
    ]


def series_seen() -> tuple[list[SeriesSeen], int]:
    """Those with gaps first, then the newest; and how many there are."""
    rows = CandleSeries.objects.exclude(first=None).select_related("listing")
    shown = rows.order_by("-gap_bars", "-written_at")[:SHOWN]
    return [SeriesSeen(one, _newest_gap(one)) for one in shown], rows.count()


def _newest_gap(series: CandleSeries) -> GapSeen | None:
    if not series.gaps:
        return None
    first, last, bars = series.gaps[0]
    return GapSeen(dt.datetime.fromisoformat(first), dt.datetime.fromisoformat(last), bars)


def newest_failovers() -> list[Failover]:
    return list(Failover.objects.select_related("listing")[:SHOWN])


def newest_disagreements() -> list[Disagreement]:
    return list(Disagreement.objects.select_related("listing")[:SHOWN])


def collections_here(kind: str) -> list[Job]:
    """The workspace's own; in its scope."""
    return list(Job.objects.filter(kind=kind)[:10])
