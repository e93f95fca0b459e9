"""News on its page and on the instrument's, by API, in data health: what there is, how old, why, and who adds feeds."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.doors import access_of
from accounts.models import Membership
from accounts.services.tokens import create_token
from instruments.domain.news.told import Document, Form, Told
from instruments.models import NewsItem, NewsSource, Watchlist, WatchlistEntry
from instruments.news import mark_news
from instruments.services.news import store_news
from kernel import clock
from kernel.bars import Interval
from kernel.tenancy.access import Right
from kernel.tenancy.scope import operator, tenant
from tests.accounts.rooms.conftest import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(now):
    with operator():
        return NewsSource.objects.create(name="Wire & <b>Co</b>", made_at=now)


def tell(source, *items, now):
    return store_news(source, Document(Form.RSS, "", items), now=now)


def item(key="a", title="Bitcoin soars to a record high", **told):
    return Told(key, title, f"https://wire.example/{key}", **told)


@pytest.fixture
def told(catalogue, source):
    now = clock.now()
    hours = dt.timedelta(hours=1)
    tell(
        source,
        item("a", published_at=now - 3 * hours, summary="Traders cheer."),
        item("b", "Apple shares plunge after a profit warning", published_at=now - 2 * hours),
        item("c", "Mayor opens a library in town", published_at=now - hours),
        now=now,
    )
    return catalogue


@pytest.fixture
def page(team):
    return f"/w/{team.slug}/news/"


def titles(html):
    known = {"Bitcoin soars": "bitcoin", "Apple shares plunge": "apple", "Mayor opens": "mayor"}
    return {name for words, name in known.items() if words in html}


def test_page_shows_title_source_age_tone_and_why(alice, page, told):
    html = browser_of(alice).get(page).content.decode()
    assert titles(html) == {"bitcoin", "apple", "mayor"}
    assert 'href="https://wire.example/a" rel="noopener noreferrer nofollow"' in html
    for words in (
        "Wire &amp; &lt;b&gt;Co&lt;/b&gt;",
        "3 h",
        "POSITIVE",
        "NEGATIVE",
        "profit warning",
        "BTC/USDT",
    ):
        assert words in html
    for words in ("About nothing that is in the catalogue", "its name", "Traders cheer.", "−2.60"):
        assert words in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"instrument": "BTC"}, {"bitcoin"}),
        ({"instrument": "Apple"}, {"apple"}),
        ({"instrument": "nothing-of-the-kind"}, set()),
        ({"tone": "negative"}, {"apple"}),
        ({"tone": "neutral"}, {"mayor"}),
        ({"source": "Wire & <b>Co</b>", "tone": "positive"}, {"bitcoin"}),
        ({"watched": "on"}, set()),
        ({"after": "rubbish"}, {"bitcoin", "apple", "mayor"}),
        ({"after": "2026-01-01T00:00~x"}, {"bitcoin", "apple", "mayor"}),
        ({"after": "2020-01-01T00:00:00+00:00~01a1ffd4-9961-700e-a97b-c65586edb0f7"}, set()),
    ],
)
def test_filters_leave_what_was_asked_for(alice, page, told, query, found):
    answer = browser_of(alice).get(page, query)
    assert answer.status_code == 200
    assert titles(answer.content.decode()) == found


@pytest.mark.parametrize("query", [{"tone": "loud"}, {"source": "nobody"}, {"instrument": "x" * 10_000}])
def test_filter_that_cannot_be_is_said(alice, page, told, query):
    answer = browser_of(alice).get(page, query)
    assert answer.status_code == 422
    assert "Nothing was looked for" in answer.content.decode()


@pytest.mark.parametrize("words", ["🚀", "حالة السوق", "\x00", "%_'\"", "' OR 1=1"])
def test_odd_words_are_looked_for_like_others(alice, page, told, words):
    assert browser_of(alice).get(page, {"instrument": words}).status_code in {200, 422}


def test_watched_are_those_of_this_workspace(alice, charlie, page, team, strangers, told, now):
    with tenant(strangers.pk):
        watchlist = Watchlist.objects.create(workspace=strangers, name="His", position=1, made_at=now)
        WatchlistEntry.objects.create(
            workspace=strangers, watchlist=watchlist, instrument=told["BTC/EUR"], position=1, added_at=now
        )
    his = browser_of(charlie).get(f"/w/{strangers.slug}/news/", {"watched": "on"}).content.decode()
    hers = browser_of(alice).get(page, {"watched": "on"}).content.decode()
    assert (titles(his), titles(hers)) == ({"bitcoin"}, set())


def test_stranger_finds_no_such_page(charlie, page, told):
    assert browser_of(charlie).get(page).status_code == 404


def test_empty_page_says_who_can_add_a_feed(alice, page, db):
    html = browser_of(alice).get(page).content.decode()
    assert "No feed is set up" in html
    assert "An operator of this instance adds them" in html


def test_empty_page_names_the_feeds_that_there_are(alice, page, catalogue, wire):
    html = browser_of(alice).get(page).content.decode()
    assert "Our wire" in html
    assert "not asked yet" in html
    assert "receiver.test" not in html


def test_instrument_shows_its_own_news_and_those_of_its_other_pairs_alike(alice, team, told):
    for code in ("BTC/USDT", "BTC/EUR"):
        html = browser_of(alice).get(f"/w/{team.slug}/markets/{told[code].pk}/").content.decode()
        assert titles(html) == {"bitcoin"}
    html = browser_of(alice).get(f"/w/{team.slug}/markets/{told['XAU/USD'].pk}/").content.decode()
    assert "No news of it" in html


def test_older_page_goes_on_where_the_first_ended(alice, page, catalogue, source, monkeypatch):
    now = clock.now()
    tell(source, *(item(str(n), f"Bitcoin story number {n} of seven") for n in range(7)), now=now)
    monkeypatch.setattr("instruments.views.news.PAGE", 3)
    seen, address = [], page
    while address:
        answer = browser_of(alice).get(address)
        seen += [one.title for one in answer.context["items"]]
        address = page + answer.context["older"] if answer.context["older"] else ""
    assert len(seen) == len(set(seen)) == 7


def test_page_takes_as_many_questions_for_1_row_as_for_3(alice, page, catalogue, source):
    browser, counts = browser_of(alice), []
    for number in (1, 3):
        tell(
            source,
            *(item(str(n), f"Bitcoin and Apple shares rise for reason {n}") for n in range(number)),
            now=clock.now(),
        )
        browser.get(page)
        with CaptureQueriesContext(connection) as asked:
            browser.get(page)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_story_of_two_names_the_other(alice, page, catalogue, source, now):
    with operator():
        other = NewsSource.objects.create(name="Echo", made_at=now)
    tell(source, item(), now=clock.now())
    tell(other, item("z"), now=clock.now())
    html = browser_of(alice).get(page).content.decode()
    assert "The same story: <bdi>Echo</bdi>" in html


def test_language_that_is_not_weighed_is_said(alice, page, catalogue, source):
    tell(source, item(title="Bitcoin steigt auf ein Rekordhoch", language="de"), now=clock.now())
    html = browser_of(alice).get(page).content.decode()
    assert "NOT SCORED" in html
    assert "this says it is <bdi>de</bdi>" in html


def test_data_health_tells_of_failing_feeds(alice, team, wire, now):
    with operator():
        NewsSource.objects.update(failures=3, failed_at=now, trouble="It answered with status 500.", asks_at=now)
    html = browser_of(alice).get(f"/w/{team.slug}/data-health/").content.decode()
    for words in ("Our wire", "It answered with status 500.", "3 times on end", "RESTS", "none yet"):
        assert words in html
    assert "receiver.test" not in html


def test_chart_marks_the_news_of_its_instrument(told, catalogue):
    now = clock.now()
    listing = catalogue["BTC/USDT"].listings.get()
    day = dt.timedelta(days=1)
    found = [(one.manner, one.words) for one in mark_news(listing, Interval("1h"), now - day, now + day, 10)]
    assert found == [("good", "Bitcoin soars to a record high (Wire & <b>Co</b>)")]
    assert list(mark_news(listing, Interval("1h"), now + day, now + 2 * day, 10)) == []


@pytest.fixture
def ask(client, team, alice):
    with tenant(team.pk):
        access = access_of(Membership.objects.get(person=alice))
        _, secret = create_token(
            access=access, name="t", scopes={Right.VIEW}, now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    headers = {"Authorization": f"Bearer {secret.reveal()}"}
    return lambda address="/api/v1/news/", **query: client.get(address, query, headers=headers)


def test_api_says_all_of_an_item(ask, told):
    row = ask(instrument=str(told["BTC/USDT"].pk)).json()["results"][0]
    kept = NewsItem.objects.get(key="a")
    assert {"words": "record high", "weight": 2.3, "turned": False} in row.pop("because")
    (about,) = row.pop("about")
    assert (about["subject"], about["words"], about["how"], about["in_title"]) == ("coin:BTC", "Bitcoin", "name", True)
    assert row.pop("score") == kept.score
    times = {name: row.pop(name) for name in ("published_at", "known_at", "at")}
    assert times["published_at"] == times["at"] < times["known_at"]
    assert row == {
        "id": str(kept.pk),
        "source": "Wire & <b>Co</b>",
        "title": "Bitcoin soars to a record high",
        "link": "https://wire.example/a",
        "summary": "Traders cheer.",
        "language": "",
        "revision": 1,
        "is_backfilled": False,
        "story": str(kept.pk),
        "tone": "positive",
        "scorer": kept.scorer,
    }


def keys(answer):
    return {row["title"].split()[0] for row in answer.json()["results"]}


def test_api_filters(ask, told):
    now = clock.now()
    assert keys(ask()) == {"Bitcoin", "Apple", "Mayor"}
    assert keys(ask(source="Wire & <b>Co</b>")) == {"Bitcoin", "Apple", "Mayor"}
    assert keys(ask(source="nobody")) == set()
    assert keys(ask(min_score=0.1)) == {"Bitcoin"}
    assert keys(ask(max_score=-0.1)) == {"Apple"}
    assert keys(ask(since=(now - dt.timedelta(minutes=150)).isoformat())) == {"Apple", "Mayor"}
    assert keys(ask(until=(now - dt.timedelta(minutes=150)).isoformat())) == {"Bitcoin"}


def test_api_tells_of_a_moment_what_was_known_then(ask, told, source):
    before = clock.now()
    tell(source, item(title="Bitcoin plunges after an exploit"), now=before + dt.timedelta(microseconds=1))
    pair = str(told["BTC/USDT"].pk)
    assert ask(instrument=pair, known_by=before.isoformat()).json()["results"][0]["revision"] == 1
    assert ask(instrument=pair).json()["results"][0]["revision"] == 2
    assert ask(instrument=pair, known_by="2026-01-01T00:00:00Z").json()["results"] == []


def test_api_pages_by_cursor(ask, catalogue, source):
    tell(source, *(item(str(n), f"Bitcoin story number {n} of seven") for n in range(7)), now=clock.now())
    seen, address, query = [], "/api/v1/news/", {"limit": 3}
    while address:
        body = ask(address, **query).json()
        seen += [row["id"] for row in body["results"]]
        address, query = body["next"], {}
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"instrument": "x"}, 400),
        ({"instrument": "01a1ffd4-9961-700e-a97b-c65586edb0f7"}, 404),
        ({"since": "yesterday"}, 400),
        ({"min_score": "2"}, 400),
        ({"min_score": "nan"}, 400),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, 400),
        ({"cursor": "rubbish"}, 400),
        ({"limit": "0"}, 400),
    ],
)
def test_api_refuses_what_it_cannot_ask(ask, told, query, status):
    assert ask(**query).status_code == status


def test_api_takes_as_many_questions_for_1_row_as_for_3(ask, catalogue, source):
    counts = []
    for number in (1, 3):
        tell(
            source,
            *(item(str(n), f"Bitcoin and Apple shares rise for reason {n}") for n in range(number)),
            now=clock.now(),
        )
        ask()
        with CaptureQueriesContext(connection) as asked:
            ask()
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_api_is_shut_without_a_token(client, told):
    assert client.get("/api/v1/news/").status_code == 401
