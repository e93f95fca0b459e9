"""Looks at the series that are kept, from where the last look ended, and keeps what it found."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Avg, Count, Q

from instruments.candles import candles, series_of
from instruments.domain.bars import Bars as KeptBars
from instruments.domain.bars import moment_of
from instruments.domain.calendars import Calendar
from instruments.domain.quality.bars import Bars
from instruments.domain.quality.findings import Severity
from instruments.domain.quality.repairs import propose_repairs
from instruments.domain.quality.rules import RULES, Rule, check_bars
from instruments.domain.quality.score import BEST, day_scores
from instruments.models import CheckedSeries, Listing, QualityFinding, QualityScore, RepairProposal
from kernel.bars import Interval
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.scope import operator

#: So many bars before the first new one say what is usual there.
_LOOK_BACK = 2_000
#: A late bar, or a correction, may have come within these days.
_AGAIN = dt.timedelta(days=3)
_AT_ONCE = 100_000
_DETAIL = 400
_DAY = dt.timedelta(days=1)
_NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def bars_from(kept: KeptBars, interval: Interval, calendar: Calendar) -> Bars:
    """Kept bars as the rules see them."""
    starts = kept.start.astype("M8[s]").astype(np.int64)
    return Bars(starts, kept.open, kept.high, kept.low, kept.close, kept.volume, interval, calendar)


def check_series(
    listing_id: UUID, interval: Interval, *, now: dt.datetime, is_whole: bool = False, rules: tuple[Rule, ...] = RULES
) -> CheckedSeries | None:
    """The days since the last look, and the last of those before it; None when nothing is kept. Running twice changes
    nothing: what was found from those days on takes the place of what was found there before."""
    listing = Listing.objects.select_related("instrument").get(pk=listing_id)
    kept = series_of(listing, interval)
    if kept is None or kept.first is None or kept.last is None:
        return None
    before = CheckedSeries.objects.filter(listing=listing, interval=interval.name).first()
    since = kept.first if before is None or is_whole else max(kept.first, before.last_start - _AGAIN)
    since = since.replace(hour=0, minute=0, second=0, microsecond=0)
    series, last_seen = before, since
    for begin, end in _pieces(since, kept.last, interval):
        # Over a hole longer than that the last bar before it is looked at too.
        look_from = min(begin - max(interval.length * _LOOK_BACK, _AGAIN), last_seen)
        found = candles(listing, interval, look_from, end)
        if not len(found) or moment_of(found.start[-1]) < begin:
            continue
        last_seen = moment_of(found.start[-1])
        look = _Look(found, bars_from(found, interval, listing.sessions), begin, end, rules)
        with operator():
            # One look at a time for each listing; a writer of bars waits as little as for another writer.
            Listing.objects.select_for_update(no_key=True).get(pk=listing_id)
            # Ended in between, the next look goes on from this piece.
            series, _ = CheckedSeries.objects.update_or_create(
                listing=listing,
                interval=interval.name,
                defaults={
                    "checked_at": now,
                    "first_start": kept.first,
                    "last_start": last_seen,
                    "bars": kept.count,
                    "score": BEST,
                },
            )
            _keep(series, look)
            _propose(series, look, now=now)
            _sum_up(series)
    return series


def _pieces(since: dt.datetime, last: dt.datetime, interval: Interval) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Whole days, as many as a worker reads at once without a thought of its memory; the last one has no end."""
    span = max(interval.length * _AT_ONCE, _DAY)
    span -= span % _DAY
    begin = since
    while begin + span <= last:
        yield begin, begin + span
        begin += span
    yield begin, _NEVER


class _Look:
    """What the rules find in one piece: what ends within it, seen with the bars before it."""

    def __init__(
        self, found: KeptBars, bars: Bars, begin: dt.datetime, end: dt.datetime, rules: tuple[Rule, ...]
    ) -> None:
        self.begin, self.end = begin, end
        everything = list(check_bars(bars, rules))
        self.findings = [one for one in everything if begin <= one.end < end]
        scores = day_scores(bars, everything)
        self.scores = {day: score for day, score in scores.items() if begin.date() <= day < end.date()}
        self.repairs = [one for one in propose_repairs(bars, self.findings) if begin <= one.start < end]
        self.source = dict(zip(map(moment_of, found.start), found.source.tolist(), strict=True)) if self.repairs else {}


def check_all_series() -> int:
    """Sends a look for each series that got bars since its last one; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_NEWS)
        found = cursor.fetchall()
    for listing_id, interval in found:
        enqueue("instruments.check_series", listing_id, interval)
    return len(found)


_WITH_NEWS = """
SELECT kept.listing_id, kept."interval" FROM instruments_candleseries AS kept
LEFT JOIN instruments_checkedseries AS seen USING (listing_id, "interval")
WHERE kept.last IS NOT NULL AND (seen.last_start IS NULL OR seen.last_start < kept.last)
ORDER BY 1, 2
"""


def _keep(series: CheckedSeries, look: _Look) -> None:
    QualityFinding.objects.filter(series=series, end__gte=look.begin, end__lt=look.end).delete()
    QualityFinding.objects.bulk_create(
        [
            QualityFinding(
                series=series,
                kind=one.kind.value,
                severity=one.severity.value,
                start=one.start,
                end=one.end,
                rows=len(one.rows),
                detail=one.detail if len(one.detail) <= _DETAIL else one.detail[: _DETAIL - 1] + "…",
            )
            for one in look.findings
        ],
        batch_size=1_000,
    )
    QualityScore.objects.filter(series=series, day__gte=look.begin.date(), day__lt=look.end.date()).delete()
    QualityScore.objects.bulk_create(
        [QualityScore(series=series, day=day, score=score) for day, score in look.scores.items()], batch_size=2_000
    )


def _propose(series: CheckedSeries, look: _Look, *, now: dt.datetime) -> None:
    """A bar that has a proposal keeps it; of one that nobody decided on, the newest stands."""
    decided = set(
        RepairProposal.objects.filter(series=series)
        .exclude(state=RepairProposal.State.PROPOSED)
        .values_list("start", flat=True)
    )
    for one in look.repairs:
        if one.start in decided:
            continue
        RepairProposal.objects.update_or_create(
            series=series,
            start=one.start,
            defaults={
                "raw": list(one.raw[1:]),
                "proposed": list(one.proposed[1:]),
                "source": look.source[one.start],
                "reason": one.reason,
                "proposed_at": now,
            },
        )


def _sum_up(series: CheckedSeries) -> None:
    counted = QualityFinding.objects.filter(series=series).aggregate(
        **{f"{one.value}s": Count("pk", filter=Q(severity=one.value)) for one in Severity}
    )
    mean = QualityScore.objects.filter(series=series).aggregate(mean=Avg("score"))["mean"]
    counts = Counter(counted)
    series.score = round(mean if mean is not None else BEST, 2)
    series.looks, series.warnings, series.errors = counts["looks"], counts["warnings"], counts["errors"]
    series.save(update_fields=["score", "looks", "warnings", "errors"])
