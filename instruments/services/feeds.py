"""The feeds of the operator: named, changed, paused, and asked when their time has come. And files of news."""

import datetime as dt
from pathlib import Path
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from accounts.services.audit import record
from instruments.adapters.feeds import MOST_BYTES, SECONDS, Feed, Given, Mark, NewsFailure
from instruments.adapters.news_files import NewsFile
from instruments.domain.news.standing import next_question
from instruments.models import NewsSource
from instruments.models.news import LONGEST_TROUBLE
from instruments.services.news import Stored, store_news
from kernel.jobs.enqueue import enqueue
from kernel.logs.setup import get_logger
from kernel.outgoing.client import AddressRefused, Limits, NoAnswer, configured_client
from kernel.outgoing.destination import BadDestination
from kernel.tenancy.scope import operator

log = get_logger(__name__)

LEAST_MINUTES, MOST_MINUTES = 1, 7 * 24 * 60
_LIMITS = Limits(seconds=SECONDS, answer_bytes=MOST_BYTES)
_REFUSALS_KEPT = 10


class FeedNotKept(ValueError):
    """The feed cannot be kept as it was told; the message says what is wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        #: Which of what was told is wrong.
        self.field = field


def add_feed(*, name: str, address: str, every_minutes: int, licence: str, by: UUID, now: dt.datetime) -> NewsSource:
    """A feed, to be asked at once."""
    _check_address(address)
    with operator():
        try:
            with transaction.atomic():
                made = NewsSource.objects.create(
                    name=name, address=address, every_minutes=every_minutes, licence=licence, made_at=now, asks_at=now
                )
        except IntegrityError as error:
            raise FeedNotKept(f"There is a source by the name {name} already.", field="name") from error
        record("news_feed.added", now=now, person_id=by, target=str(made.pk), facts={"name": name})
        enqueue("instruments.ask_feed", made.pk, queue="data")
    return made


def change_feed(
    *, feed: NewsSource, name: str, address: str, every_minutes: int, licence: str, by: UUID, now: dt.datetime
) -> None:
    """What was told before stays, by the feed's key. A new address is asked within a minute, as one not known yet."""
    _check_address(address)
    with operator():
        values: dict[str, object] = {"name": name, "every_minutes": every_minutes, "licence": licence}
        if address != feed.address:
            values |= {
                "address": address,
                "etag": "",
                "last_modified": "",
                "failures": 0,
                "trouble": "",
                "asks_at": now,
            }
        elif feed.answered_at is not None and not feed.failures:
            values["asks_at"] = feed.answered_at + dt.timedelta(minutes=every_minutes)
        try:
            with transaction.atomic():
                NewsSource.objects.filter(pk=feed.pk).exclude(address="").update(**values)
        except IntegrityError as error:
            raise FeedNotKept(f"There is a source by the name {name} already.", field="name") from error
        facts = {"name": name, "is_address_new": address != feed.address, "every_minutes": every_minutes}
        record("news_feed.changed", now=now, person_id=by, target=str(feed.pk), facts=facts)


def pause_feed(*, feed: NewsSource, by: UUID, now: dt.datetime) -> bool:
    """Asks it no more; what it told stays. False when it was paused already."""
    return _switch(feed, is_enabled=False, by=by, now=now)


def resume_feed(*, feed: NewsSource, by: UUID, now: dt.datetime) -> bool:
    """Asks it again, at once. False when it was asked anyway."""
    return _switch(feed, is_enabled=True, by=by, now=now)


def _switch(feed: NewsSource, *, is_enabled: bool, by: UUID, now: dt.datetime) -> bool:
    with operator():
        rows = NewsSource.objects.filter(pk=feed.pk, is_enabled=not is_enabled).exclude(address="")
        if rows.update(is_enabled=is_enabled, asks_at=now) != 1:
            return False
        record("news_feed.resumed" if is_enabled else "news_feed.paused", now=now, person_id=by, target=str(feed.pk))
        if is_enabled:
            enqueue("instruments.ask_feed", feed.pk, queue="data")
    return True


def ask_feed_now(*, feed: NewsSource, by: UUID, now: dt.datetime) -> bool:
    """Asks it out of its turn, also while it rests. False for one that is paused."""
    with operator():
        rows = NewsSource.objects.filter(pk=feed.pk, is_enabled=True).exclude(address="")
        if rows.update(asks_at=now) != 1:
            return False
        record("news_feed.asked", now=now, person_id=by, target=str(feed.pk))
        enqueue("instruments.ask_feed", feed.pk, queue="data")
    return True


def ask_due_feeds(*, now: dt.datetime) -> int:
    """Sends a task for each feed whose time has come; how many."""
    with operator():
        due = list(NewsSource.objects.filter(_due(now)).order_by("asks_at").values_list("pk", flat=True))
        for key in due:
            enqueue("instruments.ask_feed", key, queue="data")
    return len(due)


def ask_feed(key: UUID, *, now: dt.datetime) -> Stored | None:
    """Asks the feed if its time has come, and keeps what it tells. None when somebody else asks it, or it failed."""
    with operator():
        # Whoever moves its time on has it; the other finds it not due.
        every = F("every_minutes") * dt.timedelta(minutes=1)
        claimed = NewsSource.objects.filter(_due(now), pk=key).update(asks_at=now + every, asked_at=now)
        if claimed != 1:
            return None
        feed = NewsSource.objects.get(pk=key)
    try:
        given = _ask(feed)
    except NewsFailure as failure:
        _note_failure(feed, str(failure), wait=failure.wait, now=now)
        return None
    try:
        with operator():
            stored = store_news(feed, given.document, now=now) if given.document is not None else Stored()
            _note_answer(feed, given, now=now)
    except Exception as error:
        # Told where operators look, and the feed is asked less often meanwhile.
        words = f"It answered, and keeping it failed on our side ({type(error).__name__})."
        _note_failure(feed, words, wait=None, now=now)
        raise
    log.info("news.feed_answered", feed=str(feed.pk), new=stored.new, revised=stored.revised)
    return stored


def _due(now: dt.datetime) -> Q:
    return Q(is_enabled=True, asks_at__lte=now) & ~Q(address="")


def _ask(feed: NewsSource) -> Given:
    client = configured_client()
    giver = Feed(feed.address, get=lambda address, headers: client.get(address, headers, limits=_LIMITS))
    try:
        return giver.ask(Mark(feed.etag, feed.last_modified))
    except (AddressRefused, BadDestination, NoAnswer) as error:
        raise NewsFailure(str(error)) from error
    except NewsFailure:
        raise
    except Exception as error:
        # A defect of ours must not be asked of the feed again each minute, and be told nowhere.
        log.exception("news.defect", feed=str(feed.pk))
        raise NewsFailure(f"Something failed on our side ({type(error).__name__}).") from error


def _note_failure(feed: NewsSource, words: str, *, wait: float | None, now: dt.datetime) -> None:
    failures = feed.failures + 1
    asks_at = next_question(now, every=dt.timedelta(minutes=feed.every_minutes), failures=failures, wait=wait)
    with operator():
        # Its address may have been changed while it was asked: then this says nothing of the new one.
        NewsSource.objects.filter(pk=feed.pk, address=feed.address).update(
            failures=failures, failed_at=now, trouble=words[:LONGEST_TROUBLE], asks_at=asks_at
        )
    log.warning("news.feed_failed", feed=str(feed.pk), failures=failures)


def _note_answer(feed: NewsSource, given: Given, *, now: dt.datetime) -> None:
    values: dict[str, object] = {"answered_at": now, "failures": 0, "trouble": ""}
    values |= {"etag": given.mark.etag, "last_modified": given.mark.last_modified}
    if given.document is not None:
        found = given.document
        values |= {"form": found.form.value, "title": found.title, "told": len(found.items) + len(found.refused)}
        values["refused"] = list(found.refused[:_REFUSALS_KEPT])
    NewsSource.objects.filter(pk=feed.pk, address=feed.address).update(**values)


def _check_address(address: str) -> None:
    try:
        configured_client().check(address)
    except BadDestination as error:
        raise FeedNotKept(str(error), field="address") from error


def import_news(path: Path, *, source: str, delay: dt.timedelta, now: dt.datetime) -> Stored:
    """The items of a file, under this name: all of them or, where one cannot be read, none."""
    given = NewsFile(path).ask(Mark())
    assert given.document is not None
    with operator():
        found, _ = NewsSource.objects.get_or_create(name=source, defaults={"made_at": now})
        if found.is_feed:
            raise FeedNotKept(f"{source} is a feed's name. A file needs one of its own.", field="name")
        stored = store_news(found, given.document, now=now, delay=delay)
        told = given.document
        NewsSource.objects.filter(pk=found.pk).update(
            form=told.form.value, answered_at=now, asked_at=now, told=len(told.items), refused=[]
        )
        facts = {"source": source, "items": len(told.items), "new": stored.new, "revised": stored.revised}
        record("news.imported", now=now, target=str(found.pk), facts=facts)
    return stored
