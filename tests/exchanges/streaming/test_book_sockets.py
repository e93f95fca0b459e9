"""Books that Kraken and Coinbase tell by changes, as rooms keep them: right or not at all, and asked for meanwhile."""

import dataclasses
import json
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidState

from exchanges.adapters.streams import coinbase as coinbase
from exchanges.adapters.streams import kraken as kraken_streams
from exchanges.domain.listed import listing_facts
from exchanges.domain.market import Listing
from exchanges.domain.markets import LIVE, Market
from exchanges.domain.venues.coinbase import COINBASE
from exchanges.domain.venues.kraken import KRAKEN
from exchanges.streaming.prices import PriceRoom
from instruments.looks import look_at
from instruments.models import OrderBook
from instruments.selectors import book_of, listing_of
from instruments.services.catalogue import refresh_listings
from kernel import clock
from kernel.health.metrics import BOOKS_LOST
from tests.exchanges.streaming.conftest import QUICK, json_reply, keep
from tests.instruments.telling import RULES
from tests.venue_contract.kraken_books import checksum, kraken, wire
from tests.venue_contract.sockets import messages, talking

assert coinbase
assert kraken_streams
pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = dataclasses.replace(QUICK, look_at_books=0.05, ask_for_books=0.05, book_silence=0.5)
KRAKEN_SAYS, COINBASE_SAYS = messages("kraken"), messages("coinbase")
BIDS, ASKS = [("61250.3", "1.20000000")], [("61250.4", "3.00000000")]
SNAPSHOT = wire(kraken("snapshot", BIDS, ASKS, sum_of=checksum(BIDS, ASKS), at=None))


def depth(bid):
    """What REST answers."""
    body = {"asks": [["61299.0", "3.000", 1763711999]], "bids": [[bid, "1.200", 1763711998]]}
    return json_reply({"error": [], "result": {"XXBTZUSD": body}})


class Place:
    """A venue on loopback; which life a socket of a book gets, and what is asked of REST."""

    def __init__(self, replay, listing):
        self.replay, self.listing = replay, listing
        self.lives, self.asked, self.answer = [], [], lambda: depth("61200.0")
        replay.lives, replay.route = [self.live], self.route

    def live(self, talk):
        said = talk.hear()
        talk._taken = 0
        channel = said.get("params", said)["channel"]
        if channel in {"book", "level2"}:
            life = self.lives.pop(0) if len(self.lives) > 1 else self.lives[0]
            life(talk)
        else:
            talk.hold()

    def route(self, request):
        path = urlsplit(request.path)
        if path.path == "/0/public/Depth":
            self.asked.append(request)
            return self.answer()
        return json_reply({"error": ["EService:Unavailable"]})

    @property
    def sockets(self):
        return [one for one in self.replay.talks if _channel(one) in {"book", "level2"}]


def _channel(talk):
    return talk.said[0].get("params", talk.said[0])["channel"] if talk.said else ""


def listed(facts, symbol, base, now):
    told = Listing(symbol, base, "USD", "spot", is_tradable=True, rules=RULES)
    refresh_listings(venue=facts.name, listings=[listing_facts(told, facts)], now=now)
    return listing_of(facts.name, symbol)


@pytest.fixture
def at_kraken(settings, now):
    yield from _place(KRAKEN, "XBTUSD", "XBT", settings, now)


@pytest.fixture
def at_coinbase(settings, now):
    yield from _place(COINBASE, "BTC-USD", "BTC", settings, now)


def _place(facts, symbol, base, settings, now):
    with talking() as replay:
        settings.VENUE_ADDRESSES = {facts.name: replay.address}
        place = Place(replay, listed(facts, symbol, base, now))
        look_at(facts.name, symbol, now=clock.now())
        yield place


def room(facts, **more):
    return PriceRoom(Market(facts, LIVE), patience=dataclasses.replace(PATIENCE, **more))


def seen(place):
    return book_of(place.listing, now=clock.now())


def bid(place):
    told = seen(place)
    return f"{told.bids[0].price:f}" if told else None


def beat_on(talk):
    """A second of the venue's is a tenth here; until the client goes."""
    with suppress(InvalidState):
        while True:
            talk.say(KRAKEN_SAYS["heartbeat"])
            talk.hold(0.1)


def says(*told, beats=False):
    def life(talk):
        talk.hear()
        talk.say(KRAKEN_SAYS["book_subscribed"], *told)
        if beats:
            beat_on(talk)
        talk.hold()

    return life


def lost_of(venue):
    return BOOKS_LOST.labels(venue)._value.get()


def test_book_of_kraken_comes_by_its_socket_and_nothing_is_asked(at_kraken):
    at_kraken.lives = [says(SNAPSHOT, beats=True)]
    assert keep(room(KRAKEN, book_silence=20.0), lambda: seen(at_kraken))
    assert (bid(at_kraken), seen(at_kraken).source, at_kraken.asked) == ("61250.3", "kraken", [])


def test_wrong_checksum_is_counted_and_the_book_is_had_anew(at_kraken):
    before = lost_of("kraken")
    wrong = wire(kraken("update", [("61250.35", "9.00000000")], sum_of=1))
    newer = [("61250.2", "5.00000000")]
    at_kraken.lives = [
        says(SNAPSHOT, wrong),
        says(wire(kraken("snapshot", newer, ASKS, sum_of=checksum(newer, ASKS))), beats=True),
    ]
    shown = set()

    def is_renewed():
        shown.add(bid(at_kraken))
        return bid(at_kraken) == "61250.2"

    assert keep(room(KRAKEN), is_renewed)
    assert "61250.35" not in shown
    assert lost_of("kraken") == before + 1
    assert len(at_kraken.sockets) >= 2


def test_refused_socket_has_the_book_asked_for_and_says_so(at_kraken):
    at_kraken.lives = [lambda talk: talk.hear() and talk.say(KRAKEN_SAYS["book_refused"])]
    assert keep(room(KRAKEN), lambda: seen(at_kraken))
    assert (bid(at_kraken), seen(at_kraken).source) == ("61200.0", "kraken when asked")


def test_silent_socket_has_the_book_asked_for_until_it_speaks_again(at_kraken):
    moved = [("61250.9", "1.00000000")], [("61251.0", "1.00000000")]
    again = wire(kraken("snapshot", *moved, sum_of=checksum(*moved)))
    spoken, sources = [], []

    def life(talk):
        talk.hear()
        talk.say(KRAKEN_SAYS["book_subscribed"], SNAPSHOT)
        while "kraken" not in sources:
            talk.say(KRAKEN_SAYS["heartbeat"])
            talk.hold(0.05)
        before = len(at_kraken.asked)
        while len(at_kraken.asked) < before + 2:
            talk.hold(0.05)
        talk.say(again)
        spoken.append(True)
        beat_on(talk)

    at_kraken.lives = [life]

    def is_back():
        told = seen(at_kraken)
        if told and (not sources or sources[-1] != told.source):
            sources.append(told.source)
        return spoken and bid(at_kraken) == "61250.9"

    assert keep(room(KRAKEN), is_back)
    # Where connecting is slow it is asked for before the socket's first word, too.
    assert sources[-3:] == ["kraken", "kraken when asked", "kraken"]


def test_answer_that_is_older_than_what_the_socket_told_meanwhile_is_dropped(at_kraken):
    def life(talk):
        talk.hear()
        while not at_kraken.asked:
            talk.hold(0.05)
        talk.say(KRAKEN_SAYS["book_subscribed"], SNAPSHOT)
        beat_on(talk)

    answered = []

    def slow():
        time.sleep(1.0)
        answered.append(time.monotonic())
        return depth("61100.0")

    at_kraken.lives, at_kraken.answer = [life], slow
    shown = set()

    def is_told():
        shown.add(bid(at_kraken))
        # The answer came a second after the question, and would be written within another.
        return "61250.3" in shown and answered and time.monotonic() > answered[0] + 1

    keep(room(KRAKEN, book_silence=5.0), is_told)
    assert "61250.3" in shown
    assert "61100.0" not in shown


def test_book_of_coinbase_is_had_anew_after_a_gap(at_coinbase):
    before = lost_of("coinbase")
    snapshot, joined = COINBASE_SAYS["level2_snapshot"], COINBASE_SAYS["subscribed_level2"]
    gap = {**COINBASE_SAYS["heartbeat"], "sequence_num": 7}
    newer = json.loads(json.dumps(snapshot).replace("61250.39", "61250.40"))

    def life(*told):
        def live(talk):
            talk.hear()
            talk.hear()
            talk.say(*told)
            talk.hold()

        return live

    at_coinbase.lives = [life(snapshot, joined, gap), life(newer, joined)]
    assert keep(room(COINBASE), lambda: bid(at_coinbase) == "61250.40" or bid(at_coinbase) == "61250.4")
    assert lost_of("coinbase") == before + 1
    assert OrderBook.objects.get().source == "coinbase"


def test_symbol_that_is_no_longer_listed_ends_nobodys_prices(at_kraken):
    at_kraken.lives = [says(SNAPSHOT, beats=True)]
    look_at("kraken", "GONEUSD", now=clock.now())
    assert keep(room(KRAKEN), lambda: seen(at_kraken))
    assert bid(at_kraken) == "61250.3"
