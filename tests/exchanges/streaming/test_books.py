"""The books that somebody looks at: told by a socket each, or asked for in turn; of nobody else's."""

import asyncio
import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
import redis

from exchanges.domain.market import Book, Level
from exchanges.domain.markets import LIVE, Market
from exchanges.domain.venues.binance import BINANCE
from exchanges.domain.venues.kraken import KRAKEN
from exchanges.streaming import books, opening
from exchanges.streaming.prices import PriceRoom
from instruments.domain.books import DepthSeen
from instruments.looks import look_at
from instruments.models import OrderBook
from instruments.selectors import book_of
from kernel import clock
from tests.exchanges.streaming.conftest import AT_BINANCE, QUICK, TOLD, keep

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = dataclasses.replace(QUICK, look_at_books=0.05, ask_for_books=0.05)
DEPTH = {"lastUpdateId": 160, "bids": [["61250.10", "0.5"], ["61250.00", "2"]], "asks": [["61250.40", "1.25"]]}


def room(market=AT_BINANCE):
    return PriceRoom(market, patience=PATIENCE)


def granting(*told, end=None):
    def life(talk):
        talk.hear()
        talk.say(TOLD["subscribed"], *told)
        getattr(talk, end)() if end else talk.hold()

    return life


def seen(listing) -> DepthSeen | None:
    return book_of(listing, now=clock.now())


@pytest.fixture
def looking(bitcoin):
    look_at("binance", "BTCUSDT", now=clock.now())
    return bitcoin


def by_path(*, depth):
    """One life for the socket of a book, another for that of prices; which it is, the first message says."""

    def life(talk):
        [named] = talk.hear()["params"]
        talk._taken = 0
        (depth if "@depth" in named else granting())(talk)

    return life


def test_book_that_is_looked_at_is_told_to_the_last_digit(venue, rest, looking):
    venue.lives = [by_path(depth=granting(DEPTH))]
    assert keep(room(), lambda: seen(looking))
    told = seen(looking)
    assert [(one.price, one.quantity) for one in told.bids] == [
        (Decimal("61250.10"), Decimal("0.5")), (Decimal("61250.00"), Decimal(2)),
    ]  # fmt: skip
    assert (told.spread, told.source) == (Decimal("0.30"), "binance")
    assert told.age < dt.timedelta(seconds=20)
    named = sorted(one["params"][0] for talk in venue.talks for one in talk.said)
    # Who looks at it sees its price move too.
    assert named == ["btcusdt@depth20@100ms", "btcusdt@ticker"]


def test_nobody_looks_and_no_book_is_asked_for(venue, bitcoin):
    look_at("binance", "BTCUSDT", now=clock.now() - dt.timedelta(minutes=3))
    venue.lives = [granting(DEPTH)]
    keep(room(), lambda: False, seconds=1)
    assert (venue.talks, venue.requests, seen(bitcoin)) == ([], [], None)


def test_socket_of_a_book_ends_with_the_last_look(venue, looking, settings):
    venue.lives = [by_path(depth=granting(DEPTH))]

    def is_over():
        if seen(looking) is None:
            return False
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.delete("looks:binance")
        depths = [talk for talk in venue.talks if "@depth" in talk.said[0]["params"][0]]
        return depths and all(talk.closed_by_client for talk in depths)

    assert keep(room(), is_over)


def test_where_no_socket_tells_books_they_are_asked_for_in_turn(venue, rest, looking, monkeypatch):
    monkeypatch.setattr(books, "BOOKS", {})
    asked = []

    def depth(request):
        asked.append(request)
        return {**DEPTH, "lastUpdateId": 160 + len(asked)}

    rest.answers["/api/v3/depth"] = depth
    venue.lives = [granting()]
    assert keep(room(), lambda: len(asked) > 2 and seen(looking))
    assert seen(looking).asks[0].quantity == Decimal("1.25")


def test_book_that_contradicts_itself_is_not_shown(venue, looking):
    crossed = {**DEPTH, "asks": [["61250.05", "1"]]}
    venue.lives = [by_path(depth=granting(DEPTH, crossed))]
    assert keep(room(), lambda: seen(looking))
    assert seen(looking).asks[0].price == Decimal("61250.40")


def test_broken_socket_is_opened_again(venue, looking):
    newer = {**DEPTH, "bids": [["61250.30", "9"]]}
    lives = [granting(newer), granting(DEPTH, end="tear")]

    def next_life(talk):
        lives.pop()(talk)

    venue.lives = [by_path(depth=next_life)]
    assert keep(room(), lambda: seen(looking) and seen(looking).bids[0].price == Decimal("61250.30"))


def test_every_venue_tells_its_books_in_some_way():
    assert set(opening.BOOKS) <= set(opening.PRICES)
    assert Market(KRAKEN, LIVE).facts.acts >= {books.Act.BOOK}
    assert BINANCE.prices is not None


def test_book_of_a_socket_that_carries_both_is_heard_only_while_it_is_looked_at(venue, looking):
    """The venue's own socket tells nothing here: the book comes as an account's socket hands it on."""
    venue.lives = [by_path(depth=granting())]
    here = room()
    told = [Book(symbol, (Level(Decimal(1), Decimal(1)),), (), None) for symbol in ("BTCUSDT", "ETHUSDT")]

    async def hand_on():
        running = asyncio.create_task(here.run())
        async with asyncio.timeout(20):
            while not await here.asker.run(seen, looking):
                for one in told:
                    here.hear(one)
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(hand_on())
    assert [row.listing_id for row in OrderBook.objects.all()] == [looking.pk]
