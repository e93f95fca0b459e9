"""What a source told, kept: new items, further revisions, what each is about and how it sounds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from instruments.domain.news.matching import matches_of
from instruments.domain.news.scores import Score
from instruments.domain.news.standing import known_at
from instruments.domain.news.texts import title_key
from instruments.domain.news.told import Document, Told
from instruments.models import NewsItem, NewsMatch, NewsSource
from instruments.services.news_index import NewsIndex, news_index
from kernel.ids import new_id
from kernel.logs.setup import get_logger
from kernel.tenancy.scope import operator

log = get_logger(__name__)

_AT_ONCE = 500
#: Two items with one title so near each other tell one story.
_ONE_STORY = dt.timedelta(hours=48)
#: A source that tells an item otherwise each time it is asked would fill the table.
_MOST_REVISIONS = 50
_PRUNED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of the items."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    #: Older than what is kept.
    too_old: int = 0
    matched: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.new + other.new,
            self.revised + other.revised,
            self.unchanged + other.unchanged,
            self.too_old + other.too_old,
            self.matched + other.matched,
        )


def store_news(
    source: NewsSource, document: Document, *, now: dt.datetime, delay: dt.timedelta | None = None
) -> Stored:
    """Keeps what was told, all of it or nothing. Told twice, nothing changes the second time.

    `delay` says that it is a file of the past: see `instruments.domain.news.standing.known_at`.
    """
    oldest = now - dt.timedelta(days=settings.NEWS_KEPT_DAYS)
    recent = [one for one in document.items if one.published_at is None or one.published_at >= oldest]
    stored = Stored(too_old=len(document.items) - len(recent))
    with operator():
        # Two workers that read one source at once would both find an item new.
        NewsSource.objects.select_for_update(no_key=True).get(pk=source.pk)
        index = news_index(now=now)
        for start in range(0, len(recent), _AT_ONCE):
            stored += _store(source, recent[start : start + _AT_ONCE], index, now=now, delay=delay)
    return stored


def _store(
    source: NewsSource, items: Sequence[Told], index: NewsIndex, *, now: dt.datetime, delay: dt.timedelta | None
) -> Stored:
    newest = {
        row.key: row
        for row in NewsItem.objects.filter(source=source, key__in=[one.key for one in items], superseded_at=None)
    }
    changed = [one for one in items if one.key not in newest or _is_told_otherwise(newest[one.key], one)]
    stories = _Stories(changed, now=now)
    rows: list[NewsItem] = []
    for told in changed:
        before = newest.get(told.key)
        known, is_backfilled = known_at(told.published_at, now=now, delay=delay if before is None else None)
        if before is not None:
            # No revision is known before the one that it follows.
            known = max(known, before.known_at)
            NewsItem.objects.filter(pk=before.pk, superseded_at=None).update(superseded_at=known)
        row = _row(source, told, before, known=known, is_backfilled=is_backfilled, now=now)
        row.story = before.story if before is not None else stories.of(row)
        rows.append(row)
    NewsItem.objects.bulk_create(rows)
    matches = [match for row, told in zip(rows, changed, strict=True) for match in _matches(row, told, index)]
    NewsMatch.objects.bulk_create(matches)
    new = sum(row.revision == 1 for row in rows)
    return Stored(new, len(rows) - new, len(items) - len(rows), 0, len({match.item_id for match in matches}))


def _is_told_otherwise(row: NewsItem, told: Told) -> bool:
    if row.digest == told.digest:
        return False
    if row.revision >= _MOST_REVISIONS:
        log.warning("news.too_many_revisions", item=str(row.pk), source=str(row.source_id))
        return False
    return True


def _row(
    source: NewsSource,
    told: Told,
    before: NewsItem | None,
    *,
    known: dt.datetime,
    is_backfilled: bool,
    now: dt.datetime,
) -> NewsItem:
    score = _score(told)
    return NewsItem(
        id=new_id(),
        source=source,
        key=told.key,
        revision=1 if before is None else before.revision + 1,
        digest=told.digest,
        title=told.title,
        link=told.link,
        summary=told.summary,
        language=told.language,
        published_at=told.published_at,
        known_at=known,
        at=min(told.published_at or known, known),
        stored_at=now,
        is_backfilled=is_backfilled,
        title_key=title_key(told.title),
        score=score.value if score else None,
        scorer=score.scorer if score else "",
        because=[[one.words, one.weight, one.is_turned] for one in score.because] if score else [],
    )


def _score(told: Told) -> Score | None:
    """None for a language that the word lists do not speak; one that names none is taken for English."""
    # A worker's alone: no page scores anything.
    from instruments.domain.heavy.sentiment import score_news  # noqa: PLC0415

    is_english = not told.language or told.language.casefold().replace("_", "-").split("-")[0] in {"en", "eng"}
    return score_news(told.title, told.summary) if is_english else None


def _matches(row: NewsItem, told: Told, index: NewsIndex) -> Iterator[NewsMatch]:
    for one in matches_of(index.index, title=told.title, summary=told.summary, symbols=told.symbols):
        yield NewsMatch(
            item=row,
            subject=one.subject,
            instrument_id=index.leading[one.subject],
            how=one.how.value,
            words=one.words[:200],
            is_in_title=one.is_in_title,
            sure=one.sure,
            at=row.at,
        )


class _Stories:
    """Which story each new item tells: that of the first item with its title within two days, or its own."""

    def __init__(self, items: Sequence[Told], *, now: dt.datetime) -> None:
        keys = {title_key(one.title) for one in items} - {""}
        self._known: dict[str, list[tuple[dt.datetime, UUID]]] = defaultdict(list)
        rows = NewsItem.objects.filter(title_key__in=keys).order_by("stored_at", "id")
        for key, at, pk, story in rows.values_list("title_key", "at", "id", "story"):
            # Measured from the first alone: else a title told each day would be one story for ever.
            if pk == story:
                self._known[key].append((at, pk))

    def of(self, row: NewsItem) -> UUID:
        if not row.title_key:
            return row.pk
        for at, story in self._known[row.title_key]:
            if abs(row.at - at) <= _ONE_STORY:
                return story
        self._known[row.title_key].append((row.at, row.pk))
        return row.pk


def prune_news(*, now: dt.datetime) -> int:
    """Deletes what is older than the setting keeps, a batch at a time; how many revisions that were."""
    oldest = now - dt.timedelta(days=settings.NEWS_KEPT_DAYS)
    pruned = 0
    while True:
        with operator():
            keys = list(
                NewsItem.objects.filter(at__lt=oldest).order_by("at").values_list("pk", flat=True)[:_PRUNED_AT_ONCE]
            )
            NewsItem.objects.filter(pk__in=keys).delete()
        pruned += len(keys)
        if len(keys) < _PRUNED_AT_ONCE:
            break
    if pruned:
        log.info("news.pruned", items=pruned)
    return pruned
