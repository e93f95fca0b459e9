"""A feed is asked in its turn, over a wire that is guarded, and what it tells is kept with when it could be known."""

import datetime as dt

import pytest

from instruments.models import NewsItem, NewsMatch, NewsSource
from instruments.services.feeds import _note_failure, ask_due_feeds, ask_feed
from instruments.tasks import ask_due_feeds as ask_due_feeds_task
from instruments.tasks import ask_feed as ask_feed_task
from kernel.tenancy.scope import operator
from tests.instruments.news.papers import ATOM, JSON_ITEM, item, json_feed, rss
from tests.jobs import enqueued as enqueued
from tests.loopback import status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outgoing")]
MINUTE = dt.timedelta(minutes=1)


def gives(receiver, *bodies, **headers):
    receiver.replies = [status(200, body, **headers) for body in bodies]


def test_item_is_kept_matched_and_scored(wire, receiver, catalogue, now):
    gives(receiver, rss(item(summary="Traders &lt;b&gt;cheer&lt;/b&gt;")))
    stored = ask_feed(wire.pk, now=now)
    assert (stored.new, stored.revised, stored.matched) == (1, 0, 1)
    row = NewsItem.objects.get()
    assert (row.title, row.summary, row.link) == (
        "Bitcoin soars to a record high",
        "Traders cheer",
        "https://wire.example/1",
    )
    assert row.published_at == dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    assert (row.known_at, row.at, row.revision, row.is_backfilled) == (now, min(now, row.published_at), 1, False)
    assert row.score > 0.5
    assert row.scorer.startswith("vader-")
    assert "record high" in [words for words, _, _ in row.because]
    match = NewsMatch.objects.get()
    assert (match.subject, match.words, match.how, match.is_in_title) == ("coin:BTC", "Bitcoin", "name", True)
    assert match.instrument.base == "BTC"
    wire.refresh_from_db()
    assert (wire.state, wire.form, wire.title, wire.told) == ("well", "rss", "Our wire", 1)
    assert (wire.asked_at, wire.answered_at, wire.asks_at) == (now, now, now + 15 * MINUTE)


@pytest.mark.parametrize(
    ("body", "form", "title"),
    [
        (ATOM, "atom", "Apple shares fall & rise"),
        (json_feed(JSON_ITEM), "json_feed", "Gold prices climb"),
    ],
)
def test_form_is_found_by_itself(wire, receiver, catalogue, now, body, form, title):
    gives(receiver, body)
    ask_feed(wire.pk, now=now)
    wire.refresh_from_db()
    assert wire.form == form
    assert NewsItem.objects.get().title == title


def test_asking_twice_at_once_asks_once(wire, receiver, catalogue, now):
    gives(receiver, rss())
    ask_feed(wire.pk, now=now)
    assert ask_feed(wire.pk, now=now) is None
    assert len(receiver.received) == 1


def test_told_twice_nothing_changes(wire, receiver, catalogue, now):
    gives(receiver, rss())
    ask_feed(wire.pk, now=now)
    again = ask_feed(wire.pk, now=now + 15 * MINUTE)
    assert (again.new, again.revised, again.unchanged) == (0, 0, 1)
    assert NewsItem.objects.count() == NewsMatch.objects.count() == 1


def test_changed_item_is_a_further_revision(wire, receiver, catalogue, now):
    gives(receiver, rss(), rss(item("Bitcoin crashes after an exploit")))
    ask_feed(wire.pk, now=now)
    later = now + 15 * MINUTE
    assert ask_feed(wire.pk, now=later).revised == 1
    first, second = NewsItem.objects.order_by("revision")
    assert (first.title, first.superseded_at) == ("Bitcoin soars to a record high", later)
    assert (second.title, second.known_at, second.superseded_at) == ("Bitcoin crashes after an exploit", later, None)
    assert (second.revision, second.story) == (2, first.pk)
    assert first.score > 0 > second.score


def test_marks_are_sent_back_and_304_changes_nothing(wire, receiver, catalogue, now):
    receiver.replies = [
        status(200, rss(), ETag='"a1"', Last_Modified="Fri, 20 Nov 2026 09:00:00 GMT"),
        status(304),
    ]
    ask_feed(wire.pk, now=now)
    stored = ask_feed(wire.pk, now=now + 15 * MINUTE)
    assert stored.new == 0
    sent = receiver.received[1].headers
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"a1"', "Fri, 20 Nov 2026 09:00:00 GMT")
    wire.refresh_from_db()
    assert (wire.state, wire.etag, wire.answered_at) == ("well", '"a1"', now + 15 * MINUTE)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (status(500), "status 500"),
        (status(404), "no feed at this address"),
        (status(403), "does not let us in"),
        (status(301, Location="https://elsewhere.example/feed"), "It has moved"),
        (status(200, b"<html><body>Hello</body></html>"), "It is a page"),
        (status(200, b"hello"), "neither XML nor JSON"),
        (status(200, b""), "neither XML nor JSON"),
        (status(200, b"<rss><channel><item>"), "no well-formed XML"),
        (status(200, rss(), Content_Encoding="gzip"), "packs its answer"),
        (status(200, b'{"version": 1}'), "no JSON Feed"),
    ],
)
def test_failure_is_told_in_words_and_keeps_what_there_was(wire, receiver, catalogue, now, reply, words):
    receiver.replies = [reply]
    assert ask_feed(wire.pk, now=now) is None
    wire.refresh_from_db()
    assert words in wire.trouble
    assert "hidden-in-path" not in wire.trouble
    assert (wire.state, wire.failures, wire.failed_at, wire.answered_at) == ("failing", 1, now, None)
    assert not NewsItem.objects.exists()


def test_answer_too_large_is_refused(wire, receiver, catalogue, now):
    gives(receiver, rss(item(summary="x" * (5 << 20))))
    ask_feed(wire.pk, now=now)
    wire.refresh_from_db()
    assert "more than 5 MB" in wire.trouble


def test_failing_feed_rests_twice_as_long_each_time_and_a_day_at_the_most(wire, receiver, now):
    receiver.replies = [status(500)]
    rests = []
    for _ in range(9):
        ask_feed(wire.pk, now=now)
        wire.refresh_from_db()
        rests.append((wire.asks_at - now) // MINUTE)
        now = wire.asks_at
    assert rests == [30, 60, 120, 240, 480, 960, 1440, 1440, 1440]


def test_answer_ends_the_rest(wire, receiver, catalogue, now):
    receiver.replies = [status(500), status(200, rss())]
    ask_feed(wire.pk, now=now)
    ask_feed(wire.pk, now=now + 30 * MINUTE)
    wire.refresh_from_db()
    assert (wire.state, wire.failures, wire.trouble) == ("well", 0, "")
    assert wire.asks_at == now + 45 * MINUTE


def test_wish_for_quiet_is_kept(wire, receiver, now):
    receiver.replies = [status(429, Retry_After="7200")]
    ask_feed(wire.pk, now=now)
    wire.refresh_from_db()
    assert wire.asks_at == now + 120 * MINUTE


def test_address_inside_is_refused(wire, settings, now):
    settings.OUTGOING_CLIENT = "kernel.outgoing.client.public_client"
    with operator():
        NewsSource.objects.filter(pk=wire.pk).update(address="https://127.0.0.1:8443/feed")
    ask_feed(wire.pk, now=now)
    wire.refresh_from_db()
    assert "this machine" in wire.trouble
    assert wire.state == "failing"


def test_address_changed_while_it_was_asked_keeps_no_failure_of_the_old_one(wire, now):
    with operator():
        NewsSource.objects.filter(pk=wire.pk).update(address="https://elsewhere.example/")
    _note_failure(wire, "It answered with status 500.", wait=None, now=now)
    wire.refresh_from_db()
    assert (wire.failures, wire.trouble) == (0, "")


def test_due_feeds_alone_are_sent(wire, enqueued, now):
    with operator():
        rows = {"made_at": now, "address": "https://a.example/"}
        NewsSource.objects.create(name="paused", is_enabled=False, asks_at=now, **rows)
        NewsSource.objects.create(name="later", asks_at=now + MINUTE, **rows)
        NewsSource.objects.create(name="file", made_at=now)
    assert ask_due_feeds(now=now) == 1


def test_tasks_do_it(wire, receiver, catalogue):
    gives(receiver, rss())
    ask_due_feeds_task()
    ask_feed_task(str(wire.pk))
    assert NewsItem.objects.count() == 1


def test_same_title_from_another_source_is_the_same_story_and_both_stay(wire, receiver, catalogue, now):
    with operator():
        other = NewsSource.objects.create(name="Another", address=receiver.url, made_at=now, asks_at=now)
    gives(receiver, rss(), rss(item("BITCOIN soars to a record high!", guid="x9")))
    ask_feed(wire.pk, now=now)
    ask_feed(other.pk, now=now)
    first, second = NewsItem.objects.order_by("stored_at", "id")
    assert first.source != second.source
    assert second.story == first.pk == first.story


@pytest.mark.parametrize(
    "second",
    [
        item("Market update", guid="2"),
        item("Bitcoin soars to a record high", guid="2", date="Mon, 16 Nov 2026 09:00:00 GMT"),
    ],
    ids=["a title too short to tell by", "four days apart"],
)
def test_what_only_looks_alike_is_a_story_of_its_own(wire, receiver, catalogue, now, second):
    first = item("Market update") if "update" in second else item()
    gives(receiver, rss(first, second))
    ask_feed(wire.pk, now=now)
    assert len({row.story for row in NewsItem.objects.all()}) == 2


def test_item_without_a_readable_date_is_known_when_it_was_read(wire, receiver, catalogue, now):
    gives(receiver, rss(item(date="yesterday, about noon")))
    ask_feed(wire.pk, now=now)
    row = NewsItem.objects.get()
    assert (row.published_at, row.known_at, row.at) == (None, now, now)


def test_item_of_tomorrow_is_ordered_by_when_it_was_known(wire, receiver, catalogue, now):
    gives(receiver, rss(item(date="Fri, 20 Nov 2037 09:00:00 GMT")))
    ask_feed(wire.pk, now=now)
    row = NewsItem.objects.get()
    assert row.published_at.year == 2037
    assert row.at == row.known_at == now


def test_language_that_is_not_weighed_has_no_score_rather_than_nought(wire, receiver, catalogue, now):
    gives(receiver, rss().replace(b"en-gb", b"de-de"))
    ask_feed(wire.pk, now=now)
    row = NewsItem.objects.get()
    assert (row.language, row.score, row.scorer, row.tone) == ("de-de", None, "", "")


def test_item_that_says_nothing_is_told_and_the_others_are_kept(wire, receiver, catalogue, now):
    gives(receiver, rss("<item><link>https://wire.example/2</link></item>", item()))
    ask_feed(wire.pk, now=now)
    wire.refresh_from_db()
    assert NewsItem.objects.count() == 1
    assert wire.refused == ["Item 1: it has neither title nor summary."]


def test_what_is_older_than_is_kept_is_not_taken_up(wire, receiver, catalogue, now, settings):
    settings.NEWS_KEPT_DAYS = 30
    gives(receiver, rss(item(date="Fri, 20 Feb 2026 09:00:00 GMT")))
    assert ask_feed(wire.pk, now=now).too_old == 1
    assert not NewsItem.objects.exists()
