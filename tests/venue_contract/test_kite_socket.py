"""Kite's socket, on loopback: asked in the SDK's own words, read to the last digit, and its address told nobody."""

import asyncio
import datetime as dt
import io
import json
import logging
import struct
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from kiteconnect import KiteTicker

from exchanges.adapters.streams.zerodha import ADDRESS, ZerodhaSocket
from exchanges.adapters.wire import NoManners, WireSession
from exchanges.domain.failures import NotNow, TokenEnded
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.news import Beat, Hint, Joined, Missed
from exchanges.venue import Credentials
from instruments.domain.rules import TradingRules
from kernel.encryption.secret import Secret
from tests.exchanges.domain.test_kite_frames import frame, packet
from tests.venue_contract.sockets import talking

D = Decimal
KEY, TOKEN = "k1teappkey001234", "t0kenthatnobodymaysee0123456789a"
CREDENTIALS = Credentials({"api_key": Secret(KEY), "secret": Secret("s" * 32)}, Secret(TOKEN))
INFY, NIFTY = 408065, 256265
AT = dt.datetime(2025, 11, 21, 8, 0, tzinfo=dt.UTC)
MOMENT = int(AT.timestamp())
HEARTBEAT = b"\0"


def listing(symbol, token):
    return Listing(symbol, "", "INR", "NSE", is_tradable=True, rules=TradingRules(), facts={"token": str(token)})


LISTINGS = (listing("NSE:INFY", INFY), listing("NSE:NIFTY 50", NIFTY), listing("NSE:TCS", 2953217))
#: Its last price is 1412.95, with the best of the book at 1412.90 and 1412.95.
FULL = packet(
    INFY, 141295, 5, 141080, 7360198, 1000, 2000, 139500, 142175, 139500, 138965, MOMENT, 0, 0, 0, MOMENT,
    levels=[(7, 141290, 1)] * 5 + [(9, 141295, 2)] * 5,
)  # fmt: skip
#: An index: last, high, low, open, close, change, time.
INDEX = packet(NIFTY, 2417005, 2420000, 2400000, 2405000, 2410000, 7005, MOMENT)
ORDER = {"type": "order", "data": {"order_id": "2511210001", "exchange": "NSE", "tradingsymbol": "INFY", "status": "?"}}


@pytest.fixture
def venue():
    with talking() as replay:
        yield replay


def make(address, *, symbols=("NSE:INFY", "NSE:NIFTY 50"), credentials=CREDENTIALS, source=None):
    wire = WireSession(manners=NoManners(), seconds=2, source=source)
    return ZerodhaSocket(
        credentials=credentials, wire=wire, clock=lambda: AT, symbols=symbols, listings=LISTINGS, base_url=address
    )


def heard_of(stream, *, most):
    """The news up to so many, or what ended the socket before."""
    news = []

    async def go():
        enough = asyncio.Event()

        def hear(one):
            news.append(one)
            if len(news) >= most:
                enough.set()

        listening = asyncio.create_task(stream.listen(hear))
        waiting = asyncio.create_task(enough.wait())
        await asyncio.wait({listening, waiting}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if listening.done():
            listening.result()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(go())
    return news


class _Said:
    """Stands where the SDK's ticker has its socket."""

    def __init__(self):
        self.said = []

    def sendMessage(self, text):  # noqa: N802 - autobahn's name
        self.said.append(json.loads(text))


def test_socket_is_asked_in_the_words_of_the_sdk(venue):
    sdk = KiteTicker(KEY, TOKEN)
    sdk.ws = _Said()
    sdk.subscribe([NIFTY, INFY])
    sdk.set_mode(sdk.MODE_FULL, [NIFTY, INFY])
    assert make(None).address() == sdk.socket_url
    assert sdk.socket_url.startswith(ADDRESS)

    def life(talk):
        talk.hear(), talk.hear()
        talk.say(HEARTBEAT)
        talk.hold()

    venue.lives = [life]
    assert heard_of(make(venue.address), most=2) == [Joined(), Beat()]
    assert venue.talks[0].said == sdk.ws.said
    assert dict(parse_qsl(urlsplit(venue.talks[0].path).query)) == {"api_key": KEY, "access_token": TOKEN}


def test_account_without_wanted_prices_asks_for_none(venue):
    def life(talk):
        talk.say(HEARTBEAT, ORDER)
        talk.hold()

    venue.lives = [life]
    assert heard_of(make(venue.address, symbols=()), most=3) == [Joined(), Beat(), Hint("2511210001", "NSE:INFY")]
    assert venue.talks[0].said == []


def test_prices_are_read_to_the_last_digit_and_orders_are_hints(venue):
    def life(talk):
        talk.hear(), talk.hear()
        talk.say(frame(FULL, INDEX), ORDER, ORDER, HEARTBEAT)
        talk.hold()

    venue.lives = [life]
    bids, asks = ((Level(D(price), D(many)),) * 5 for price, many in (("1412.90", 7), ("1412.95", 9)))
    assert heard_of(make(venue.address), most=7) == [
        Joined(),
        Ticker("NSE:INFY", D("1412.95"), D("1412.90"), D("1412.95"), AT),
        Book("NSE:INFY", bids, asks, AT),
        Ticker("NSE:NIFTY 50", D("24170.05"), None, None, AT),
        Hint("2511210001", "NSE:INFY"),
        Hint("2511210001", "NSE:INFY"),
        Beat(),
    ]


def test_what_nobody_asked_for_and_what_was_not_traded_yet_is_no_price(venue):
    def life(talk):
        talk.hear(), talk.hear()
        stranger = FULL.replace(struct.pack(">I", INFY), struct.pack(">I", 99 << 8 | 1), 1)
        untraded = FULL.replace(struct.pack(">I", 141295), struct.pack(">I", 0), 1)
        talk.say(frame(stranger, untraded), HEARTBEAT)
        talk.hold()

    venue.lives = [life]
    assert heard_of(make(venue.address), most=2) == [Joined(), Beat()]


@pytest.mark.parametrize(
    "message",
    [
        b"\0\1\0\7abc",
        b"\0\2\0\0",
        "no JSON",
        "[]",
        {"type": "order", "data": {}},
        {"type": "order"},
        {"data": {}},
        {"type": "a word of tomorrow", "data": {}},
        {"type": "error", "data": "Unexpected"},
    ],
)
def test_what_cannot_be_read_was_missed_and_the_socket_stands(venue, message):
    def life(talk):
        talk.hear(), talk.hear()
        talk.say(HEARTBEAT, message, ORDER)
        talk.hold()

    venue.lives = [life]
    joined, beat, missed, hint = heard_of(make(venue.address), most=4)
    assert (joined, beat, hint) == (Joined(), Beat(), Hint("2511210001", "NSE:INFY"))
    assert isinstance(missed, Missed)


def test_broker_speaks_to_people_and_that_is_a_beat(venue):
    def life(talk):
        talk.say({"type": "message", "data": "Markets are open."})
        talk.hold()

    venue.lives = [life]
    assert heard_of(make(venue.address, symbols=()), most=2) == [Joined(), Beat()]


def test_refused_handshake_says_that_the_log_in_is_over(venue):
    venue.refusals = [(403, {})]
    with pytest.raises(TokenEnded, match="403"):
        heard_of(make(venue.address), most=1)


def test_without_a_token_nothing_is_dialled(venue):
    with pytest.raises(TokenEnded):
        heard_of(make(venue.address, credentials=Credentials(CREDENTIALS.fields)), most=1)
    assert venue.talks == []


def test_socket_leaves_from_the_address_of_its_connection(venue):
    def life(talk):
        talk.say(HEARTBEAT)
        seen.append(talk._connection.getpeername()[0])
        talk.hold()

    seen, venue.lives = [], [life]
    heard_of(make(venue.address, symbols=(), source="127.0.0.2"), most=1)
    assert seen == ["127.0.0.2"]


def test_key_and_token_of_the_address_are_in_no_log_and_no_error(venue, capsys, monkeypatch):
    """Every logger at its loudest, through a life, a torn one, a refused one, and nobody at home."""
    said, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(said)
    root.addHandler(handler)
    loggers = [root, *(logging.getLogger(name) for name in ("ccxt", "aiohttp", "asyncio", "twisted", "autobahn"))]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.DEBUG)
    # The venue of this test keeps a log of its own.
    monkeypatch.setattr(logging.getLogger("websockets"), "level", logging.WARNING)

    def torn(talk):
        talk.hear()
        talk.say(HEARTBEAT)
        talk.tear()

    def closed(talk):
        talk.say(HEARTBEAT)
        talk.close(1011)

    failures = []
    try:
        venue.lives = [torn, closed]
        for refusals, address in (([], venue.address), ([], venue.address), ([(403, {})], venue.address),
                                  ([(500, {})], venue.address), ([(302, {"Location": "/x"})], venue.address),
                                  ([], "http://127.0.0.1:9")):  # fmt: skip
            venue.refusals = list(refusals)
            with pytest.raises((NotNow, TokenEnded)) as caught:
                heard_of(make(address), most=99)
            failures.append(caught.value)
            logging.getLogger("stream").error("ended", exc_info=caught.value)
    finally:
        root.removeHandler(handler)
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
    spoken = capsys.readouterr()
    everything = said.getvalue() + spoken.out + spoken.err + "".join(str(one) + repr(one) for one in failures)
    assert len(failures) == 6
    assert "Traceback" in everything
    assert TOKEN not in everything
    assert KEY not in everything
