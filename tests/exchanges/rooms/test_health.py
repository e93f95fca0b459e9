"""The page of health says what was seen, how old it is, and what nobody knows."""

import dataclasses
import datetime as dt

import pytest

from exchanges.domain.failures import VenueFailure
from exchanges.domain.limits import Act
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import venue_named
from exchanges.lines import open_public_line
from exchanges.manners.book import Book
from exchanges.manners.health import ClockSeen, health_of, note_clock
from exchanges.models import Listening, PriceFeed
from exchanges.services.checks import check_connection
from exchanges.services.clocks import clock_seen, look_at_clocks
from exchanges.templatetags.venues import share
from kernel import clock
from kernel.health.metrics import exposition
from kernel.ids import new_id
from kernel.tenancy.scope import operator, tenant
from tests.accounts.rooms.conftest import browser_of
from tests.exchanges.rooms.conftest import again, connect, payload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Counters that no other test writes."""
    mark = str(new_id())
    for place in (
        "exchanges.lines.market_of",
        "exchanges.domain.markets.market_of",
        "exchanges.services.clocks.market_of",
    ):
        monkeypatch.setattr(place, lambda venue, mode: f"{venue}.{mode}.{mark}")
    return lambda venue: f"{venue}.live.{mark}"


@pytest.fixture
def page(team, alice):
    browser = browser_of(alice)

    def get():
        return browser.get(f"/w/{team.slug}/connections/health/").content.decode()

    return get


def ask(times=1):
    line = open_public_line(venue_named("binance"), "live", purpose=Purpose.RESOLVE)
    for _ in range(times):
        try:
            line.clock()
        except VenueFailure:
            continue


def test_calls_are_counted_by_what_came_of_them(venue, fresh):
    venue.answer(payload("clock.answered"), payload("clock.not_now"), payload("clock.answered"))
    ask(3)
    acts, _ = health_of(fresh("binance"))
    told = {one.act: (one.calls, one.answered) for one in acts}
    assert told[Act.CLOCK][0] == 3
    assert told[Act.CLOCK][1] < 3


def test_page_says_how_a_venue_answered_and_counts_nothing(venue, page):
    venue.answer(payload("clock.answered"))
    ask(7)
    html = page()
    assert "ANSWERS" in html
    assert "100 %" in html
    assert "Its clock" in html
    # How much others here asked is not to be read from it.
    assert ">7<" not in html


def test_ban_and_its_end_are_shown(venue, page):
    Book(venue="binance:live", address="").ban(120)
    html = page()
    assert "ASKED FOR QUIET" in html
    assert "nothing is sent from this server for" in html


def test_without_redis_the_page_says_that_nobody_knows(page, settings):
    html = page()
    assert "NOT ASKED" in html
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    html = page()
    assert "NOT KNOWN" in html
    assert "Redis is away" in html


def test_clock_is_seen_with_what_cannot_be_told_apart():
    now = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
    later = now + dt.timedelta(milliseconds=200)
    seen = clock_seen(now + dt.timedelta(milliseconds=100), now, later, step=dt.timedelta())
    assert (seen.ahead, seen.give_or_take) == (0, pytest.approx(0.1))
    # A clock of whole seconds is right anywhere within one.
    whole = clock_seen(now, now, now, step=dt.timedelta(seconds=1))
    assert (whole.ahead, whole.give_or_take) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("ahead", "give_or_take", "said"),
    [
        (0.2, 0.01, "200 ms behind the venue"),
        (-0.4, 0.01, "At a second apart nothing is sent"),
        (3.0, 0.1, "Orders are refused until"),
    ],
)
def test_clock_that_is_off_is_said_so(venue, page, fresh, ahead, give_or_take, said):
    note_clock(fresh("binance"), ClockSeen(ahead, give_or_take, clock.now().timestamp()))
    assert said in page()


def test_offset_within_the_doubt_is_no_alarm(venue, page, fresh):
    note_clock(fresh("kraken"), ClockSeen(0.5, 0.5, clock.now().timestamp()))
    assert "At a second apart" not in page()


def test_clocks_of_used_venues_are_looked_at(team, alice, now, enqueued):
    assert look_at_clocks() == 0
    connect(team, alice, now=now)
    enqueued.clear()
    assert look_at_clocks() == 1
    assert enqueued == [("exchanges.look_at_clock", "binance", "live")]


def test_clock_five_minutes_off_is_said_in_words_that_can_be_acted_on(team, alice, venue, now):
    made = connect(team, alice, now=now)
    off = clock.now() - dt.timedelta(minutes=5)
    told = payload("clock.answered")
    told = dataclasses.replace(told, body=b'{"serverTime": %d}' % int(off.timestamp() * 1000))
    refusal = payload("open_orders.clock")
    venue.answer(refusal, told)
    check_connection(team.pk, made.pk, now=now)
    found = again(team, made)
    assert found.met == "clock"
    assert "This server's clock is 5 min ahead of the venue's" in found.met_words
    assert found.standing(now=now) == "checking"


def test_all_but_all_is_not_all():
    assert share(1.0) == "100 %"
    assert share(0.99999) == "99.9 %"
    assert share(None) == "–"


def test_metrics_tell_of_every_process_what_venues_answered(venue, fresh):
    venue.answer(payload("clock.answered"), payload("clock.not_now"))
    ask(2)
    note_clock(fresh("binance"), ClockSeen(0.25, 0.01, clock.now().timestamp()))
    told = exposition().decode()
    labels = 'act="clock",mode="live"'
    assert f'plumbline_venue_calls_total{{{labels},outcome="answered",venue="binance"}} 1.0' in told
    assert f'plumbline_venue_calls_total{{{labels},outcome="silent",venue="binance"}} 1.0' in told
    assert f'plumbline_venue_seconds_count{{{labels},venue="binance"}} 1.0' in told
    assert 'plumbline_venue_clock_ahead_seconds{mode="live",venue="binance"} 0.25' in told


def test_metrics_say_nothing_of_venues_while_redis_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    told = exposition().decode()
    assert "plumbline_requests" in told
    assert "plumbline_venue" not in told


def feed(**more):
    now = clock.now()
    told = {
        "seen_at": now,
        "connected_at": now,
        "heard_at": now,
        "wanted": 3,
        "heard": 2,
        "unknown": ["NOSUCH"],
        **more,
    }
    with operator():
        PriceFeed.objects.create(venue="binance.live", **told)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "2 of 3 heard by socket"),
        ({}, "Listed under no such name: NOSUCH"),
        ({"connected_at": None, "trouble": "The venue hung up."}, "The venue hung up."),
        ({"seen_at": clock.now() - dt.timedelta(minutes=2)}, "the process that listened gave its last sign"),
        ({"wanted": 0, "unknown": []}, "nobody wants any"),
    ],
)
def test_page_says_how_the_socket_of_prices_stands(page, monkeypatch, more, said):
    monkeypatch.setattr("exchanges.domain.markets.market_of", lambda venue, mode: f"{venue}.{mode}")
    feed(**more)
    assert said in page()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (None, "nobody listens yet"),
        ({"connected": True}, "by socket since"),
        ({"connected": True, "gap": True}, "is still to be asked for"),
        ({"trouble": "The venue hung up."}, "no socket since"),
    ],
)
def test_page_of_a_connection_says_how_news_of_its_orders_come(team, alice, now, more, said):
    made = connect(team, alice, now=now)
    if more is not None:
        moment = clock.now()
        with tenant(team.pk):
            Listening.objects.create(
                workspace=team,
                connection=made,
                connected_at=moment if more.get("connected") else None,
                heard_at=moment,
                gap_from=moment if more.get("gap") else None,
                trouble=more.get("trouble", ""),
            )
    assert said in browser_of(alice).get(f"/w/{team.slug}/connections/{made.pk}/").content.decode()
