"""What was found in the series that are kept. The platform's rows, so in any scope."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from instruments.domain.quality.drawing import Drawing, Marked, drawn
from instruments.models import CheckedSeries, QualityFinding, QualityScore, RepairProposal
from instruments.selectors import candles_of
from kernel.bars import Interval

#: So many bars are drawn.
_DRAWN = 1_500
#: A year of sessions spans more days than it has.
_STRETCH = 1.6
_SHOWN = 50
_LAST_DAYS = 30


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """One series with all that its page shows."""

    series: CheckedSeries
    drawing: Drawing | None
    findings: Sequence[QualityFinding]
    #: The moment before which the next page of findings begins; None: there are no more.
    older: dt.datetime | None
    days: Sequence[QualityScore]
    repairs: Sequence[RepairProposal]


def checked_series() -> QuerySet[CheckedSeries]:
    """The least trusted first."""
    return CheckedSeries.objects.select_related("listing__instrument").order_by("score", "listing__symbol", "interval")


def report_of(series: CheckedSeries, *, severity: str = "", before: dt.datetime | None = None) -> SeriesReport:
    findings = QualityFinding.objects.filter(series=series)
    if severity:
        findings = findings.filter(severity=severity)
    if before is not None:
        findings = findings.filter(start__lt=before)
    page = list(findings[: _SHOWN + 1])
    return SeriesReport(
        series,
        _drawing(series),
        page[:_SHOWN],
        page[_SHOWN - 1].start if len(page) > _SHOWN else None,
        list(QualityScore.objects.filter(series=series, score__lt=100)[:_LAST_DAYS]),
        list(RepairProposal.objects.filter(series=series)[:_SHOWN]),
    )


def _drawing(series: CheckedSeries) -> Drawing | None:
    interval = Interval(series.interval)
    since = series.last_start - interval.length * _DRAWN * _STRETCH
    candles = candles_of(series.listing_id, interval, since, series.last_start + interval.length)[-_DRAWN:]
    if len(candles) < 2:
        return None
    marks = [
        Marked(one.start, one.end, one.severity, one.kind)
        for one in QualityFinding.objects.filter(series=series, end__gte=candles[0].start).order_by("start")
    ]
    return drawn([(one.start, one.close) for one in candles], marks)
