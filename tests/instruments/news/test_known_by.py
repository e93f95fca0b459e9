"""Whoever decides as of a moment reads what was known then: nothing later, no later revision, whatever came since."""

import datetime as dt
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instruments.domain.news.standing import known_at
from instruments.domain.news.told import Document, Form, Told
from instruments.models import NewsItem, NewsSource
from instruments.news import news_figures, news_of
from instruments.services.news import prune_news, store_news
from kernel.tenancy.scope import operator

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
TITLES = (
    "Bitcoin soars to a record high",
    "Bitcoin plunges after an exploit",
    "Bitcoin trades sideways on Monday",
    "Apple shares fall again today",
)


@pytest.fixture
def sources(db):
    with operator():
        return [NewsSource.objects.create(name=name, made_at=START) for name in ("one", "two")]


def told(source, *items, now, delay=None):
    return store_news(source, Document(Form.RSS, "", tuple(items)), now=now, delay=delay)


def seen(instrument, known_by):
    """All that can be read of the past as of a moment."""
    since, until = START - 1000 * HOUR, START + 1000 * HOUR
    rows = news_of(instrument, since, until, known_by)
    figures = news_figures([instrument], since, until, known_by)[instrument.pk]
    return [(one.pk, one.title, one.score) for one in rows], figures


ACTS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from("abcd"),
        st.sampled_from(TITLES),
        st.integers(-300, 300),
        st.sampled_from([None, 0, 5, 60]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, seed=st.integers(0, 2**32))
def test_nothing_that_comes_later_changes_what_was_known(catalogue, sources, acts, seed):
    with operator():
        NewsItem.objects.all().delete()
    bitcoin = catalogue["BTC/USDT"]
    chance = random.Random(seed)
    now, before = START, {}
    for source, key, title, published, delay in acts:
        now += HOUR
        item = Told(key, title, published_at=START + published * HOUR if chance.random() < 0.8 else None)
        # A file of the past brings what could be known in the past: it alone may add there, and says so.
        is_file = delay is not None
        told(sources[source], item, now=now, delay=dt.timedelta(minutes=delay) if is_file else None)
        if is_file:
            before = {moment: seen(bitcoin, moment) for moment in before}
        for moment, was in before.items():
            assert seen(bitcoin, moment) == was
        before[now] = seen(bitcoin, now)
    for moment in before:
        rows, figures = seen(bitcoin, moment)
        assert figures.items == len(rows)
        for pk, _, _ in rows:
            row = NewsItem.objects.get(pk=pk)
            assert row.known_at <= moment
            assert row.is_backfilled or row.stored_at <= moment
            assert row.published_at is None or not row.is_backfilled or row.known_at >= row.published_at


def test_revision_is_read_from_when_it_was_known(catalogue, sources):
    bitcoin = catalogue["BTC/USDT"]
    told(sources[0], Told("a", TITLES[0]), now=START)
    told(sources[0], Told("a", TITLES[1]), now=START + HOUR)
    at = [seen(bitcoin, START + minutes * dt.timedelta(minutes=1))[0] for minutes in (-1, 0, 59, 60)]
    assert [[title for _, title, _ in rows] for rows in at] == [[], [TITLES[0]], [TITLES[0]], [TITLES[1]]]


def test_every_instrument_of_an_asset_finds_its_news(catalogue, sources):
    told(sources[0], Told("a", TITLES[0]), now=START)
    assert seen(catalogue["BTC/USDT"], START) == seen(catalogue["BTC/EUR"], START)
    assert seen(catalogue["AAPL/USD"], START)[0] == []


def test_story_told_by_two_counts_once_in_the_mean(catalogue, sources):
    bitcoin = catalogue["BTC/USDT"]
    told(sources[0], Told("a", TITLES[0]), Told("b", TITLES[1]), now=START)
    _, alone = seen(bitcoin, START)
    told(sources[1], Told("x", TITLES[0].upper()), now=START + HOUR)
    _, both = seen(bitcoin, START + HOUR)
    assert (alone.items, alone.stories, both.items, both.stories) == (2, 2, 3, 2)
    assert both.mean == pytest.approx(alone.mean, abs=0.1)
    assert both.mean != pytest.approx((2 * 0.7 + alone.mean) / 3, abs=0.01)


def test_nothing_told_has_no_mean_rather_than_nought(catalogue, sources):
    figures = seen(catalogue["BTC/USDT"], START)[1]
    assert (figures.items, figures.stories, figures.mean) == (0, 0, None)


def test_figures_of_many_take_one_question(catalogue, sources):
    told(sources[0], *(Told(str(number), title) for number, title in enumerate(TITLES)), now=START)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = news_figures(catalogue.values(), START - HOUR, START + HOUR, START)
    assert len(asked) == 1
    assert [found[catalogue[code].pk].items for code in ("BTC/USDT", "BTC/EUR", "AAPL/USD", "XAU/USD")] == [3, 3, 1, 0]


@pytest.mark.parametrize(
    ("published", "delay", "known", "is_backfilled"),
    [
        (-10, None, 0, False),
        (-10, 15, -9.75, True),
        (-0.1, 15, 0, False),
        (5, 15, 0, False),
        (None, 15, 0, False),
    ],
    ids=["a feed", "a file of the past", "a file of now", "a file of tomorrow", "a file without a date"],
)
def test_item_is_known_never_earlier_than_it_could_be(published, delay, known, is_backfilled):
    at = None if published is None else START + published * HOUR
    told = known_at(at, now=START, delay=None if delay is None else dt.timedelta(minutes=delay))
    assert told == (START + known * HOUR, is_backfilled)


def test_correction_of_a_file_is_known_from_when_it_came(catalogue, sources):
    delay = dt.timedelta(minutes=15)
    told(sources[0], Told("a", TITLES[0], published_at=START - 100 * HOUR), now=START, delay=delay)
    told(sources[0], Told("a", TITLES[1], published_at=START - 100 * HOUR), now=START + HOUR, delay=delay)
    first, second = NewsItem.objects.order_by("revision")
    assert (first.is_backfilled, first.known_at, first.superseded_at) == (True, START - 99.75 * HOUR, START + HOUR)
    assert (second.is_backfilled, second.known_at) == (False, START + HOUR)


def test_source_that_tells_otherwise_each_time_does_not_fill_the_table(catalogue, sources, monkeypatch):
    monkeypatch.setattr("instruments.services.news._MOST_REVISIONS", 3)
    for number in range(6):
        told(sources[0], Told("a", f"Bitcoin at {number} today again"), now=START + number * HOUR)
    assert NewsItem.objects.count() == 3


def test_pruning_deletes_what_is_older_than_the_setting_and_twice_deletes_nothing(catalogue, sources, settings):
    settings.NEWS_KEPT_DAYS = 10
    told(sources[0], Told("a", TITLES[0], published_at=START - 200 * HOUR), Told("b", TITLES[1]), now=START)
    later = START + dt.timedelta(days=5)
    assert (prune_news(now=later), prune_news(now=later)) == (1, 0)
    assert [one.title for one in NewsItem.objects.all()] == [TITLES[1]]
    # The feed still tells it; it is not taken up again.
    again = told(sources[0], Told("a", TITLES[0], published_at=START - 200 * HOUR), now=later)
    assert (again.new, again.too_old) == (0, 1)
