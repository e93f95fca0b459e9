"""Books told by changes, Kraken's and Coinbase's: exact, checked, and dropped at the first doubt."""

import asyncio
import datetime as dt
from decimal import Decimal

import pytest

from exchanges.adapters.streams import ladders
from exchanges.adapters.streams.coinbase import CoinbaseBook
from exchanges.adapters.streams.kraken import KrakenBook
from exchanges.adapters.streams.kraken_words import checksums
from exchanges.adapters.wire import NoManners, WireSession
from exchanges.domain.failures import BookLost, NotNow, Refused, VenueFailure
from exchanges.domain.market import Book, Level, Listing
from exchanges.domain.news import Beat, Joined
from instruments.domain.rules import Steps, TradingRules
from tests.venue_contract.kraken_books import checksum, kraken, wire
from tests.venue_contract.sockets import messages, talking

D = Decimal
NOW = dt.datetime(2025, 11, 21, 8, 0, 0, 500_000, tzinfo=dt.UTC)
KRAKEN, COINBASE = messages("kraken"), messages("coinbase")
RULES = TradingRules(price=Steps(D("0.1")), quantity=Steps(D("0.00000001")))
BITCOIN = Listing("XBTUSD", "XBT", "USD", "spot", is_tradable=True, rules=RULES)


def levels(*told):
    return tuple(Level(D(price), D(quantity)) for price, quantity in told)


@pytest.fixture
def venue():
    with talking() as replay:
        yield replay


@pytest.fixture
def clock():
    """Goes on by a second with each look where a test wants it."""

    class Clock:
        now, step = NOW, dt.timedelta()

        def __call__(self):
            self.now += self.step
            return self.now

    return Clock()


class Pair:
    """How one venue tells a book."""

    def __init__(self, kind, symbol, listings, asks_for, granted):
        self.kind, self.symbol, self.listings, self.asks_for = kind, symbol, listings, asks_for
        self.granted = granted

    def life(self, *told, end=None):
        def live(talk):
            for _ in range(self.asks_for):
                talk.hear()
            talk.say(*self.granted, *(wire(one) if isinstance(one, dict) else one for one in told))
            getattr(talk, end)() if end else talk.hold()

        return live

    def listen(self, venue, *told, count, clock, seconds=8, end=None):
        """The first news, and what ended the socket if anything did."""
        venue.lives = [self.life(*told, end=end)]
        heard, failed = [], []

        async def go():
            enough = asyncio.Event()

            def hear(news):
                heard.append(news)
                if len(heard) >= count:
                    enough.set()

            stream = self.kind(
                credentials=None,
                symbols=[self.symbol],
                listings=self.listings,
                wire=WireSession(manners=NoManners(), seconds=2),
                clock=clock,
                base_url=venue.address,
            )
            listening = asyncio.create_task(stream.listen(hear))
            waiting = asyncio.create_task(enough.wait())
            await asyncio.wait({listening, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not listening.done():
                listening.cancel()
            waiting.cancel()
            [ended] = await asyncio.gather(listening, return_exceptions=True)
            if isinstance(ended, VenueFailure):
                failed.append(ended)
            elif isinstance(ended, Exception):
                raise ended

        asyncio.run(go())
        return heard, failed[0] if failed else None

    def books(self, venue, *told, count, clock, **more):
        heard, failed = self.listen(venue, *told, count=count + 1, clock=clock, **more)
        return [one for one in heard if isinstance(one, Book)], failed


KRAKENS = Pair(KrakenBook, "XBTUSD", (BITCOIN,), 1, [KRAKEN["book_subscribed"]])
COINBASES = Pair(CoinbaseBook, "BTC-USD", (), 2, [])


# ---- Kraken ----


BIDS = [("45283.5", "0.10000000"), ("45283.4", "1.54582015")]
ASKS = [("45285.2", "0.00100000"), ("45286.4", "1.54571953")]
SNAPSHOT = kraken("snapshot", BIDS, ASKS, sum_of=checksum(BIDS, ASKS), at=None)


def test_checksum_is_the_one_that_krakens_own_guide_reckons():
    """ "Book checksum (WebSocket v2)": its example and its result."""
    bids = levels(
        ("45283.5", "0.10000000"), ("45283.4", "1.54582015"), ("45282.1", "0.10000000"), ("45281.0", "0.10000000"),
        ("45280.3", "1.54592586"), ("45279.0", "0.07990000"), ("45277.6", "0.03310103"), ("45277.5", "0.30000000"),
        ("45277.3", "1.54602737"), ("45276.6", "0.15445238"),
    )  # fmt: skip
    asks = levels(
        ("45285.2", "0.00100000"), ("45286.4", "1.54571953"), ("45286.6", "1.54571109"), ("45289.6", "1.54560911"),
        ("45290.2", "0.15890660"), ("45291.8", "1.54553491"), ("45294.7", "0.04454749"), ("45296.1", "0.35380000"),
        ("45297.5", "0.09945542"), ("45299.5", "0.18772827"),
    )  # fmt: skip
    assert list(checksums(bids, asks, places=(1, 8))) == [3310070434] * 2
    # Should the wire leave noughts out, the pair's own places put them back.
    short = [[Level(one.price.normalize(), one.quantity.normalize()) for one in side] for side in (bids, asks)]
    assert 3310070434 in checksums(*short, places=(1, 8))


def test_kraken_tells_a_book_and_what_changes_of_it(venue, clock):
    after = ([("45284.0", "2.50000000"), BIDS[0]], [ASKS[1]])
    change = kraken(
        "update",
        [("45284.0", "2.50000000"), ("45283.4", "0")],
        [("45285.2", "0.00000000")],
        sum_of=checksum(*after),
    )
    books, failed = KRAKENS.books(venue, SNAPSHOT, change, count=2, clock=clock)
    assert failed is None
    assert books == [
        Book("XBTUSD", levels(*BIDS), levels(*ASKS), at=None),
        Book("XBTUSD", levels(*after[0]), levels(*after[1]), at=dt.datetime(2025, 11, 21, 8, 0, 1, 123456, dt.UTC)),
    ]
    [talk] = venue.talks
    wanted = {"channel": "book", "symbol": ["BTC/USD"], "depth": 25, "snapshot": True}
    assert (talk.path, talk.said) == ("/v2", [{"method": "subscribe", "params": wanted, "req_id": 1}])


def test_kraken_is_believed_where_its_numbers_leave_noughts_out(venue, clock):
    short = [("45283", "0.1")], [("45285.2", "0.001")]
    full = [("45283.0", "0.10000000")], [("45285.2", "0.00100000")]
    books, failed = KRAKENS.books(venue, kraken("snapshot", *short, sum_of=checksum(*full)), count=1, clock=clock)
    assert (len(books), failed) == (1, None)


def test_book_whose_checksum_differs_is_dropped_and_never_shown(venue, clock):
    wrong = kraken("update", [("45284.0", "2.50000000")], sum_of=checksum(BIDS, ASKS))
    books, failed = KRAKENS.books(venue, SNAPSHOT, wrong, count=2, clock=clock)
    assert [one.bids[0].price for one in books] == [D("45283.5")]
    assert type(failed) is BookLost
    assert "its own checksum contradicts" in str(failed)


def test_lost_change_shows_in_the_next_checksum(venue, clock):
    """A message that never came: what follows it is right by itself, and wrong with what is kept."""
    missing = [("45283.9", "1.00000000"), *BIDS]
    later = [("45284.1", "3.00000000"), *missing]
    change = kraken("update", [("45284.1", "3.00000000")], sum_of=checksum(later, ASKS))
    books, failed = KRAKENS.books(venue, SNAPSHOT, change, count=2, clock=clock)
    assert (len(books), type(failed)) == (1, BookLost)


def test_changes_in_the_wrong_order_are_seen(venue, clock):
    one = [("45284.0", "1.00000000"), *BIDS]
    two = [("45284.0", "2.00000000"), *BIDS]
    first = kraken("update", one[:1], sum_of=checksum(one, ASKS))
    second = kraken("update", two[:1], sum_of=checksum(two, ASKS))
    # The later one came first: the book ends with the older quantity, as its checksum confirms; the next tells.
    third = kraken("update", [("45283.0", "1.00000000")], sum_of=checksum([*two, ("45283.0", "1.00000000")], ASKS))
    books, failed = KRAKENS.books(venue, SNAPSHOT, second, first, third, count=4, clock=clock)
    assert (len(books), type(failed)) == (3, BookLost)


def test_levels_beyond_the_depth_are_forgotten_as_kraken_forgets_them(venue, clock):
    bids = [(f"{45283 - number}.0", "1.00000000") for number in range(25)]
    snapshot = kraken("snapshot", bids, ASKS, sum_of=checksum(bids, ASKS), at=None)
    better = [("45284.0", "1.00000000"), *bids]
    change = kraken("update", better[:1], sum_of=checksum(better, ASKS))
    # The 26th is not there any more: with the best gone, the 25th is what was the 24th.
    gone = kraken("update", [(price, "0.00000000") for price, _ in better[:10]], sum_of=checksum(better[10:], ASKS))
    books, failed = KRAKENS.books(venue, snapshot, change, gone, count=3, clock=clock)
    assert failed is None
    assert [len(one.bids) for one in books] == [20, 20, 15]


@pytest.mark.parametrize(
    "told",
    [
        kraken("update", BIDS, sum_of=checksum(BIDS, [])),
        {**SNAPSHOT, "data": [{**SNAPSHOT["data"][0], "symbol": "ETH/USD"}]},
        {**SNAPSHOT, "type": "surprise"},
        kraken("snapshot", [("45283.5", "-1")], ASKS, sum_of=1),
        kraken("snapshot", [("0", "1")], ASKS, sum_of=1),
        '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD"',
        '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":NaN,"qty":1}],"asks":[]}]}',
    ],
    ids=["before a snapshot", "another's", "unknown word", "below nought", "for nothing", "cut off", "no number"],
)
def test_what_leaves_a_doubt_ends_krakens_book(venue, clock, told):
    books, failed = KRAKENS.books(venue, told, count=1, clock=clock)
    assert (books, type(failed)) == ([], BookLost)


def test_kraken_that_refuses_a_book_is_told_as_refused(venue, clock):
    refused = Pair(KrakenBook, "XBTUSD", (BITCOIN,), 1, [KRAKEN["book_refused"]])
    _, failed = refused.listen(venue, count=1, clock=clock)
    assert type(failed) is Refused


def test_pair_that_is_not_listed_is_refused_and_not_dialled(venue, clock):
    _, failed = Pair(KrakenBook, "XBTUSD", (), 1, []).listen(venue, count=1, clock=clock)
    assert (type(failed), venue.talks) == (Refused, [])


def test_unchanged_book_is_told_again_while_the_socket_lives(venue, clock):
    clock.step = dt.timedelta(seconds=2)
    heard, failed = KRAKENS.listen(venue, SNAPSHOT, *[KRAKEN["heartbeat"]] * 4, count=5, clock=clock)
    kinds = [type(one) for one in heard]
    assert (kinds[:2], failed) == ([Joined, Book], None)
    assert {Beat, Book} <= set(kinds[2:])
    assert {one for one in heard if isinstance(one, Book)} == {Book("XBTUSD", levels(*BIDS), levels(*ASKS), at=None)}


def test_crossed_book_is_not_shown_and_is_had_anew_when_it_lasts(venue, clock):
    crossed = [("45286.0", "1.00000000"), *BIDS]
    change = kraken("update", crossed[:1], sum_of=checksum(crossed, ASKS))
    back = kraken("update", [("45286.0", "0.00000000")], sum_of=checksum(BIDS, ASKS))
    books, failed = KRAKENS.books(venue, SNAPSHOT, change, back, count=3, clock=clock)
    assert ([one.bids[0].price for one in books], failed) == ([D("45283.5")] * 2, None)
    clock.step = ladders._CROSSED
    books, failed = KRAKENS.books(venue, SNAPSHOT, change, change, count=4, clock=clock)
    assert (len(books), type(failed)) == (1, BookLost)


# ---- Coinbase ----


def coinbase(number, kind, *told, second=2, product="BTC-USD"):
    updates = [
        {"side": side, "event_time": "2025-11-21T08:00:01Z", "price_level": price, "new_quantity": quantity}
        for side, price, quantity in told
    ]
    return {
        "channel": "l2_data",
        "client_id": "",
        "timestamp": f"2025-11-21T08:00:{second:02d}.367159596Z",
        "sequence_num": number,
        "events": [{"type": kind, "product_id": product, "updates": updates}],
    }


BEGUN = [COINBASE["level2_snapshot"], COINBASE["subscribed_level2"]]


def beat(number, second=3):
    return {**COINBASE["heartbeat"], "sequence_num": number, "timestamp": f"2025-11-21T08:00:{second:02d}.1Z"}


def test_coinbase_tells_a_book_and_what_changes_of_it(venue, clock):
    change = coinbase(2, "update", ("bid", "61250.39", "0"), ("bid", "61250.4", "7"), ("offer", "61250.41", "1.3"))
    heard, failed = COINBASES.listen(venue, *BEGUN, change, count=3, clock=clock)
    assert failed is None
    tiny = ("61250.5", "0.000000000000000003")
    assert heard == [
        Book(
            "BTC-USD",
            levels(("61250.39", "0.06317902"), ("61250.3", "0.02")),
            levels(("61250.41", "1.2"), tiny),
            at=dt.datetime(2025, 11, 21, 8, 0, 0, 3456, dt.UTC),
        ),
        Joined(),
        Book(
            "BTC-USD",
            levels(("61250.4", "7"), ("61250.3", "0.02")),
            levels(("61250.41", "1.3"), tiny),
            at=dt.datetime(2025, 11, 21, 8, 0, 2, 367159, dt.UTC),
        ),
    ]
    [talk] = venue.talks
    assert talk.said == [
        {"type": "subscribe", "channel": "level2", "product_ids": ["BTC-USD"]},
        {"type": "subscribe", "channel": "heartbeats"},
    ]


@pytest.mark.parametrize("number", [4, 2, 1, 0], ids=["a gap", "a gap of one", "twice", "out of order"])
def test_coinbases_numbers_must_follow_each_other(venue, clock, number):
    told = [*BEGUN, coinbase(2, "update", ("bid", "61250.2", "1")) if number != 2 else beat(3)]
    told += [coinbase(number, "update", ("bid", "61250.25", "1"))]
    books, failed = COINBASES.books(venue, *told, count=5, clock=clock)
    assert type(failed) is BookLost
    assert all(D("61250.25") not in {one.price for one in book.bids} for book in books)


def test_gap_among_the_heartbeats_is_one_too(venue, clock):
    _, failed = COINBASES.books(venue, *BEGUN, beat(2), beat(4), count=5, clock=clock)
    assert type(failed) is BookLost


def test_unchanged_book_has_the_age_of_the_last_heartbeat(venue, clock):
    clock.step = dt.timedelta(seconds=2)
    books, failed = COINBASES.books(venue, *BEGUN, beat(2, 5), beat(3, 9), count=3, clock=clock)
    assert failed is None
    assert books[-1].at >= dt.datetime(2025, 11, 21, 8, 0, 5, tzinfo=dt.UTC)
    assert books[-1].bids == books[0].bids


def test_product_in_usdc_is_told_as_the_one_in_usd(venue, clock):
    usdc = Pair(CoinbaseBook, "BTC-USDC", (), 2, [])
    books, _ = usdc.books(venue, *BEGUN, count=1, clock=clock)
    assert [one.symbol for one in books] == ["BTC-USDC"]


@pytest.mark.parametrize(
    "told",
    [
        [coinbase(0, "update", ("bid", "1", "1"))],
        [*BEGUN, coinbase(2, "update", ("ask", "61250.6", "1"))],
        [*BEGUN, coinbase(2, "update", ("bid", "-1", "1"))],
        [*BEGUN, coinbase(2, "update", ("bid", "61250", "1"), product="ETH-USD")],
        [*BEGUN, coinbase(2, "rewrite", ("bid", "61250", "1"))],
        [*BEGUN, {**beat(2), "channel": "ticker"}],
        [*BEGUN, "no JSON"],
    ],
    ids=["before a snapshot", "unknown side", "below nought", "another's", "unknown word", "another channel", "noise"],
)
def test_what_leaves_a_doubt_ends_coinbases_book(venue, clock, told):
    _, failed = COINBASES.books(venue, *told, count=9, clock=clock)
    assert type(failed) is BookLost


def test_crossed_book_of_coinbase_is_not_shown(venue, clock):
    told = [*BEGUN, coinbase(2, "update", ("bid", "61251", "1")), coinbase(3, "update", ("bid", "61251", "0"))]
    books, failed = COINBASES.books(venue, *told, count=3, clock=clock)
    assert ([one.bids[0].price for one in books], failed) == ([D("61250.39")] * 2, None)


def test_huge_book_is_kept_whole_and_shown_in_part(venue, clock, monkeypatch):
    """Sixty thousand levels in one message, then a thousand changes, of which only the best twenty are told."""
    # The venue writes its message in this same process, and on a busy machine takes its time.
    monkeypatch.setattr("exchanges.adapters.streams.stream.ANSWER_SECONDS", 60)
    bids = [("bid", f"{30000 - number / 100:.2f}", "1") for number in range(30_000)]
    asks = [("offer", f"{30000.01 + number / 100:.2f}", "1") for number in range(30_000)]
    changes = [coinbase(1 + n, "update", ("bid", f"{30000 - n / 100:.2f}", "0")) for n in range(1000)]
    books, failed = COINBASES.books(venue, coinbase(0, "snapshot", *bids, *asks), *changes, count=1000, clock=clock,
                                    seconds=60)  # fmt: skip
    assert failed is None
    assert {len(one.bids) for one in books} == {20}
    assert books[-1].bids[0].price == D(30000) - D(len(books) - 1) / 100


@pytest.mark.parametrize("pair", [KRAKENS, COINBASES], ids=["kraken", "coinbase"])
@pytest.mark.parametrize("end", ["close", "tear"])
def test_socket_that_ends_is_told(venue, clock, pair, end):
    told = [SNAPSHOT] if pair is KRAKENS else BEGUN
    books, failed = pair.books(venue, *told, count=9, clock=clock, end=end)
    # What was under way when a connection is torn may be lost with it.
    assert len(books) in ({1} if end == "close" else {0, 1})
    assert type(failed) is NotNow
