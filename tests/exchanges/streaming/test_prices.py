"""A venue's prices: the newest of each symbol is written, a few times a second, and what was missed is asked for."""

import dataclasses
import datetime as dt
import json
import tracemalloc
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import F

from exchanges.domain.markets import LIVE, SANDBOX, Market
from exchanges.domain.venues.binance import BINANCE
from exchanges.domain.venues.kraken import KRAKEN
from exchanges.models import PriceFeed
from exchanges.streaming import feeds
from exchanges.streaming.prices import PriceRoom
from instruments.models import CandleRow, LastPrice, Listing
from instruments.wanted import register_wanted, wanted_symbols
from kernel import clock
from kernel.tenancy.scope import operator
from tests.exchanges.streaming.conftest import AT_BINANCE, QUICK, TOLD, keep, list_pairs, paths

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal


@pytest.fixture
def wanted(settings, bitcoin):
    settings.PRICE_SYMBOLS = {"binance": ["BTCUSDT"]}


def ticker(symbol="BTCUSDT", last="61250.40000000", *, at=None, **more):
    # A little ahead of what REST tells meanwhile.
    stamp = int((at or clock.now() + dt.timedelta(seconds=30)).timestamp() * 1000)
    return {**TOLD["ticker"], "s": symbol, "c": last, "C": stamp, "E": stamp, **more}


def granting(*told, after=None, end=None):
    def life(talk):
        talk.hear()
        talk.say(TOLD["subscribed"], *told)
        if after is not None:
            after(talk)
        if end is not None:
            getattr(talk, end)()
        else:
            talk.hold()

    return life


def rest_ticker(last):
    def answer(_):
        stamp = int(clock.now().timestamp() * 1000)
        figures = {"lastPrice": last, "bidPrice": "1.0", "askPrice": "2.0", "volume": "3.0"}
        return {"symbol": "BTCUSDT", "closeTime": stamp, **figures}

    return answer


def minutes(request):
    """Two closed minutes and the one that runs, whatever is asked."""
    start = int(request.query["startTime"])
    rows = [[start + n * 60_000, "1.0", "3.0", "0.5", f"{2 + n}.0", "10.0"] for n in range(3)]
    return [[*row, row[0] + 59_999, "0", 1, "0", "0", "0"] for row in rows]


@pytest.fixture(autouse=True)
def _rest(rest):
    rest.answers |= {"/api/v3/ticker/24hr": rest_ticker("1.5"), "/api/v3/klines": minutes}


def room(**more):
    return PriceRoom(AT_BINANCE, patience=dataclasses.replace(QUICK, **more))


def last(symbol="BTCUSDT"):
    return LastPrice.objects.filter(listing__symbol=symbol).first()


def feed():
    return PriceFeed.objects.filter(pk="binance").first()


def test_price_that_is_heard_is_written_to_the_last_digit(venue, wanted):
    venue.lives = [granting(ticker(last="61250.40000001"))]
    assert keep(room(), lambda: (row := last()) and row.last == D("61250.40000001") and (feed() and feed().heard))
    row = last()
    assert (row.bid, row.ask, row.source) == (D("61250.39"), D("61250.41"), "binance")
    assert venue.talks[0].said[0]["params"] == ["btcusdt@ticker"]
    stand = feed()
    assert (stand.wanted, stand.heard, stand.trouble, stand.reconnects) == (1, 1, "", 0)
    assert stand.heard_at is not None


def test_sandboxs_prices_are_the_sandboxs_alone(venue, settings, bitcoin):
    settings.SANDBOX_ADDRESS, settings.VENUE_ADDRESSES = venue.address, {"binance": "http://127.0.0.1:1"}
    settings.PRICE_SYMBOLS = {"binance.sandbox": ["BTCUSDT"]}
    with operator():
        Listing.objects.update(venue="binance.sandbox")
    venue.lives = [granting(ticker(last="61250.40"))]
    assert keep(PriceRoom(Market(BINANCE, SANDBOX), patience=QUICK), last)
    assert {row.listing.venue for row in LastPrice.objects.all()} == {"binance.sandbox"}
    assert PriceFeed.objects.get().pk == "binance.sandbox"


def test_nothing_is_asked_where_nothing_is_wanted(venue, settings, bitcoin):
    settings.PRICE_SYMBOLS = {}
    venue.lives = [granting()]
    keep(room(), lambda: False, seconds=1)
    assert (venue.talks, venue.requests, feed()) == ([], [], None)


def test_symbol_that_the_catalogue_does_not_know_is_named_and_not_asked_for(venue, settings, bitcoin):
    settings.PRICE_SYMBOLS = {"binance": ["BTCUSDT", "GONEUSDT"]}
    venue.lives = [granting(ticker())]
    assert keep(room(), lambda: feed() and feed().heard)
    assert feed().unknown == ["GONEUSDT"]
    assert [one["params"] for talk in venue.talks for one in talk.said] == [["btcusdt@ticker"]]


def test_prices_are_written_four_times_a_second_at_the_most(venue, wanted, monkeypatch):
    written = []
    before = feeds.write_tickers

    def write(venue_name, tickers, *, now):
        written.append((clock.monotonic(), len(tickers)))
        return before(venue_name, tickers, now=now)

    monkeypatch.setattr(feeds, "write_tickers", write)

    def flows(talk):
        for number in range(100):
            talk.say(ticker(last=f"{60_000 + number}.5"))
            talk.hold(0.02)

    venue.lives = [granting(after=flows)]
    assert keep(room(), lambda: (row := last()) and row.last == D("60099.5"))
    assert all(count == 1 for _, count in written)
    assert len(written) >= 4
    # One more may be what REST was asked for at the beginning.
    assert max(sum(at <= other < at + 1 for other, _ in written) for at, _ in written) <= 5


def test_flood_takes_no_more_memory_than_there_are_symbols(venue, wanted):
    told = [json.dumps(ticker(last=f"{60_000 + number}.5")) for number in range(200)]

    def flood(talk):
        began = clock.monotonic()
        for _ in range(150):
            talk.say(*told)
        talk.took = clock.monotonic() - began
        talk.say(ticker(last="99999.5"))

    venue.lives = [granting(after=flood)]
    kept = room()
    most = []

    def until():
        most.append((len(kept._latest), tracemalloc.get_traced_memory()[0]))
        return (row := last()) and row.last == D("99999.5")

    tracemalloc.start()
    try:
        assert keep(kept, until, seconds=60)
    finally:
        tracemalloc.stop()
    # 30,000 messages of about 400 bytes went by.
    assert max(count for count, _ in most) <= 1
    assert max(size for _, size in most) - most[0][1] < 20_000_000


def test_reconnect_asks_for_the_price_and_for_the_minutes_that_were_missed(venue, wanted, bitcoin):
    gap = clock.now() - dt.timedelta(minutes=3)
    feeds.write_stand("binance", stand(heard_at=gap), now=gap)
    venue.lives = [granting(end="tear"), granting()]
    until = lambda: len(venue.talks) >= 2 and CandleRow.objects.count() >= 2 and feed().gap_from is None  # noqa: E731
    assert keep(room(), until)
    assert last().last == D("1.5")
    assert feed().reconnects >= 1
    asked = next(one for one in venue.requests if one.path == "/api/v3/klines")
    assert (asked.query["symbol"], asked.query["interval"]) == ("BTCUSDT", "1m")
    since = dt.datetime.fromtimestamp(int(asked.query["startTime"]) / 1000, tz=dt.UTC)
    assert since <= gap < since + dt.timedelta(minutes=1)
    # The minute that runs is not over, and is not kept.
    assert set(CandleRow.objects.values_list("listing_id", "interval", "source")) == {(bitcoin.pk, "1m", "binance")}
    assert not CandleRow.objects.filter(known_at__lt=F("start")).exists()


def stand(**more):
    given = dict.fromkeys(("connected_at", "heard_at", "gap_from", "trouble_at"))
    return feeds.Stand(**{**given, "wanted": 1, "heard": 1, "unknown": (), "reconnects": 0, "trouble": "", **more})


def test_price_that_the_socket_told_meanwhile_is_not_asked_for(venue, wanted):
    venue.lives = [granting(ticker())]
    keep(room(hints=0.3), lambda: last() and feed(), seconds=4)
    assert "/api/v3/ticker/24hr" not in paths(venue)


def test_socket_that_falls_silent_is_dead(venue, wanted):
    venue.lives = [granting(), granting(ticker())]
    assert keep(room(least_silence=0.3, beats=0), lambda: (row := last()) and row.last == D("61250.4"))
    assert len(venue.talks) >= 2


def test_server_that_shuts_down_is_left_for_another(venue, wanted):
    venue.lives = [granting(TOLD["shutdown"]), granting(ticker())]
    assert keep(room(), lambda: (row := last()) and row.last == D("61250.4"))
    assert len(venue.talks) == 2


def test_venue_that_is_down_is_tried_again_with_pauses_that_grow(venue, wanted):
    venue.refusals = [(503, {})] * 4
    venue.lives = [granting(ticker())]
    assert keep(room(), lambda: (row := last()) and row.last == D("61250.4"))
    assert [QUICK.pause(n) <= 0.05 * 2 ** (n - 1) for n in (1, 2, 3)] == [True] * 3
    assert QUICK.pause(50) <= QUICK.longest_pause


def test_symbol_that_somebody_begins_to_want_is_listened_to(venue, wanted, now, monkeypatch):
    list_pairs("BTC", "ETH", now=now)
    also = set()
    monkeypatch.setattr("instruments.wanted._wanted", [])
    register_wanted(lambda name: also if name == "binance" else set())
    venue.lives = [granting(ticker())]

    def until():
        if last():
            also.add("ETHUSDT")
        return any("ethusdt@ticker" in one["params"] for talk in venue.talks for one in talk.said)

    assert keep(room(), until)
    assert wanted_symbols("binance") == {"BTCUSDT", "ETHUSDT"}
    assert wanted_symbols("kraken") == set()
    assert venue.talks[0].closed_by_client


def test_last_prices_are_written_when_it_is_told_to_stop(venue, wanted):
    venue.lives = [granting(ticker(last="1.25"), after=lambda talk: talk.say(ticker(last="2.25")))]
    # So slow a writer writes the second price only at the end.
    keep(room(write=60.0), lambda: (row := last()) and row.last == D("1.25"), seconds=5)
    assert last().last == D("2.25")


def test_socket_may_tell_what_nobody_asked_for(venue, wanted, now):
    list_pairs("BTC", "ETH", now=now)
    venue.lives = [granting(ticker("ETHUSDT"), ticker())]
    assert keep(room(), last)
    assert last("ETHUSDT") is None


def test_many_symbols_share_few_sockets(venue, settings, bitcoin, now):
    few = dataclasses.replace(BINANCE, prices=dataclasses.replace(BINANCE.prices, most_symbols=2, most_sockets=2))
    names = [f"A{n}USDT" for n in range(5)]
    list_pairs(*(name[:2] for name in names), now=now)
    settings.PRICE_SYMBOLS = {"binance": names}
    venue.lives = [granting()]
    assert keep(
        PriceRoom(Market(few, LIVE), patience=QUICK), lambda: len([one for one in venue.talks if one.said]) == 2
    )
    told = sorted(tuple(talk.said[0]["params"]) for talk in venue.talks)
    assert told == [("a0usdt@ticker", "a1usdt@ticker"), ("a2usdt@ticker", "a3usdt@ticker")]


# ---- the walls ----


def test_everybody_reads_how_feeds_stand_and_only_the_operator_writes_it(now):
    feeds.write_stand("binance", stand(), now=now)
    assert PriceFeed.objects.count() == 1
    with pytest.raises(ProgrammingError), transaction.atomic():
        PriceFeed.objects.update(trouble="forged")
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('plumbline_app', 'exchanges_pricefeed', 'INSERT')")
        assert cursor.fetchone() == (False,)


def test_listing_of_another_venue_by_the_same_name_keeps_its_price(venue, wanted, now):
    list_pairs("BTC", facts=KRAKEN, now=now)
    venue.lives = [granting(ticker())]
    assert keep(room(), last)
    assert not LastPrice.objects.filter(listing=Listing.objects.get(venue="kraken")).exists()
