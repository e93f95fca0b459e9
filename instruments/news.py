"""Reads of news. The platform's rows, so in any scope and in none.

Whoever decides as of a moment says so by `known_by`: he reads each item as it was known then, and none that was not.
What was told or corrected later changes nothing of what he read.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any
from uuid import UUID

from django.db.models import Avg, CharField, Count, F, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from instruments.domain.calendars import ALWAYS
from instruments.domain.news.matching import LEAST_SURE
from instruments.domain.news.scores import LEAST_TONE
from instruments.domain.news.subjects import subject_of
from instruments.marks import Mark, MarkKind
from instruments.models import Instrument, Listing, NewsItem, NewsMatch, NewsSource
from kernel.bars import Interval

SHOWN = 10


@dataclass(frozen=True, slots=True)
class NewsFigures:
    """What was told of an instrument within a span, as it was known at a moment."""

    items: int = 0
    #: One title told by many counts once, here and in the mean.
    stories: int = 0
    scored: int = 0
    #: None where nothing was scored: not nought, which is a tone.
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class NewsAsked:
    """Which news is wanted; None and empty: whatever it is."""

    subjects: frozenset[str] | None = None
    source: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    known_by: dt.datetime | None = None
    least: float | None = None
    most: float | None = None
    tone: str = ""


def subject_for(instrument: Instrument) -> str:
    """What news of this instrument is about."""
    is_always_open = instrument.calendar == ALWAYS
    return subject_of(kind=instrument.kind, base=instrument.base, quote=instrument.quote, is_always_open=is_always_open)


def known_at_moment(moment: dt.datetime) -> Q:
    """The revisions that stood at this moment: the condition behind every read here."""
    return Q(known_at__lte=moment) & (Q(superseded_at=None) | Q(superseded_at__gt=moment))


def news_of(
    instrument: Instrument,
    since: dt.datetime,
    until: dt.datetime,
    known_by: dt.datetime,
    *,
    least_sure: float = LEAST_SURE,
) -> list[NewsItem]:
    """What was told of it from `since` on and before `until`, as it was known at `known_by`, newest first."""
    matches = NewsMatch.objects.filter(
        subject=subject_for(instrument), at__gte=since, at__lt=until, sure__gte=least_sure
    )
    rows = NewsItem.objects.filter(known_at_moment(known_by), pk__in=matches.order_by().values("item_id"))
    return list(rows.select_related("source").order_by("-at", "-id"))


def news_figures(
    instruments: Iterable[Instrument],
    since: dt.datetime,
    until: dt.datetime,
    known_by: dt.datetime,
    *,
    least_sure: float = LEAST_SURE,
) -> dict[UUID, NewsFigures]:
    """Of each instrument how much was told and how it sounded on average, by one question for all of them."""
    subjects = {one.pk: subject_for(one) for one in instruments}
    rows = NewsMatch.objects.filter(
        known_by_of_match(known_by),
        subject__in=set(subjects.values()),
        at__gte=since,
        at__lt=until,
        sure__gte=least_sure,
    )
    # A title too short to tell a story by is a story of its own.
    story = Coalesce(NullIf(F("item__title_key"), Value("")), Cast("item_id", CharField()))
    told: dict[str, list[tuple[int, int, float | None]]] = defaultdict(list)
    for subject, items, scored, mean in (
        rows.order_by()
        .annotate(told=story)
        .values("subject", "told")
        .annotate(items=Count("pk"), scored=Count("item__score"), mean=Avg("item__score"))
        .order_by("subject", "told")
        .values_list("subject", "items", "scored", "mean")
    ):
        told[subject].append((items, scored, mean))
    return {key: _figures(told[subject]) for key, subject in subjects.items()}


def known_by_of_match(moment: dt.datetime) -> Q:
    return Q(item__known_at__lte=moment) & (Q(item__superseded_at=None) | Q(item__superseded_at__gt=moment))


def _figures(stories: Sequence[tuple[int, int, float | None]]) -> NewsFigures:
    means = [mean for _, _, mean in stories if mean is not None]
    return NewsFigures(
        items=sum(items for items, _, _ in stories),
        stories=len(stories),
        scored=sum(scored for _, scored, _ in stories),
        mean=fsum(means) / len(means) if means else None,
    )


def news_rows(asked: NewsAsked, *, now: dt.datetime) -> QuerySet[NewsItem]:
    """What is asked for, newest first, in no more than is read of it."""
    rows: QuerySet[Any] = NewsItem.objects.filter(known_at_moment(asked.known_by or now))
    if asked.subjects is not None:
        matches = NewsMatch.objects.filter(subject__in=asked.subjects)
        rows = rows.filter(pk__in=matches.order_by().values("item_id"))
    bounds: dict[str, Any] = {
        "source__name": asked.source or None,
        "at__gte": asked.since,
        "at__lt": asked.until,
        "score__gte": asked.least,
        "score__lte": asked.most,
    }
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    match asked.tone:
        case "positive":
            rows = rows.filter(score__gte=LEAST_TONE)
        case "negative":
            rows = rows.filter(score__lte=-LEAST_TONE)
        case "neutral":
            rows = rows.filter(score__gt=-LEAST_TONE, score__lt=LEAST_TONE)
    return rows.order_by("-at", "-id")


def with_matches(rows: QuerySet[NewsItem]) -> QuerySet[NewsItem]:
    """With the source, and with what each is about."""
    matches = NewsMatch.objects.select_related("instrument")
    return rows.select_related("source").prefetch_related(Prefetch("matches", queryset=matches))


def newest_news(instrument: Instrument, *, now: dt.datetime) -> list[NewsItem]:
    """The last few of this instrument."""
    asked = NewsAsked(subjects=frozenset({subject_for(instrument)}))
    return list(with_matches(news_rows(asked, now=now))[:SHOWN])


def also_told_by(items: Iterable[NewsItem], *, now: dt.datetime) -> Mapping[UUID, list[str]]:
    """For each of these items who else tells its story now, by name."""
    wanted = {one.pk: one for one in items}
    rows = NewsItem.objects.filter(known_at_moment(now), story__in={one.story for one in wanted.values()})
    tellers: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    for story, key, name in rows.order_by().values_list("story", "key", "source__name"):
        tellers[story].add((key, name))
    return {
        pk: sorted({name for key, name in tellers[one.story] if key != one.key and name != one.source.name})
        for pk, one in wanted.items()
    }


def news_sources() -> list[NewsSource]:
    return list(NewsSource.objects.order_by("name"))


_MANNERS = {"positive": "good", "negative": "bad", "neutral": "neutral", "": "neutral"}


def mark_news(
    listing: Listing, interval: Interval, since: dt.datetime, until: dt.datetime, most: int
) -> Iterable[Mark]:
    """The instrument's news on its chart, each where it was published, as it is told now."""
    matches = NewsMatch.objects.filter(subject=subject_for(listing.instrument), at__gte=since, at__lt=until)
    rows = NewsItem.objects.filter(superseded_at=None, pk__in=matches.order_by().values("item_id"))
    for one in rows.select_related("source").order_by("-at", "-id")[:most]:
        yield Mark(one.at, MarkKind.NEWS, _MANNERS[one.tone], f"{one.title} ({one.source.name})")
