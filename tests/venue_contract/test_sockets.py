"""What the venues' sockets tell, read to the last digit; what they are told; and what each trouble comes to."""

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from decimal import Decimal

import jwt
import pytest

from exchanges.adapters.streams import stream as stream_module
from exchanges.adapters.streams.binance import BinanceBook, BinanceFills, BinancePrices
from exchanges.adapters.streams.coinbase import CoinbaseFills, CoinbasePrices
from exchanges.adapters.streams.kraken import KrakenFills, KrakenPrices
from exchanges.adapters.wire import NoManners, WireSession
from exchanges.domain.failures import ClockOff, Contradiction, KeyRefused, NotNow, Refused, TooMany, VenueFailure
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.news import Beat, Closing, Hint, Joined, Missed, Moved
from exchanges.domain.orders import Quantity, Unit
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status
from exchanges.venue import Credentials
from instruments.domain.rules import Side, TradingRules
from kernel.encryption.secret import Secret
from kernel.money.amount import Amount
from tests.venue_contract import binance as binance_kit
from tests.venue_contract import coinbase as coinbase_kit
from tests.venue_contract import kraken as kraken_kit
from tests.venue_contract.replay import Reply
from tests.venue_contract.sockets import exact_text, messages, talking

D = Decimal
NOW = dt.datetime(2025, 11, 21, 8, 0, 0, 500_000, tzinfo=dt.UTC)
MARK = "plfx3k2m7q5w4e6r2t"
TOKEN = "G38a1tGFzqGiUCmnegBcm8d4nfP3tytiNQz6tkCBYXY"
BINANCE, KRAKEN, COINBASE = messages("binance"), messages("kraken"), messages("coinbase")
BINANCE_KEYS = Credentials({"api_key": Secret(binance_kit.KEY), "secret": Secret(binance_kit.SECRET)})
#: Stream, credentials, symbols, and what the venue says when it grants everything.
STREAMS = {
    "binance prices": (BinancePrices, None, ("BTCUSDT", "ETHUSDT"), [BINANCE["subscribed"]]),
    "binance book": (BinanceBook, None, ("BTCUSDT",), [BINANCE["subscribed"]]),
    "binance fills": (BinanceFills, BINANCE_KEYS, (), [BINANCE["account_subscribed"]]),
    "kraken prices": (KrakenPrices, None, ("XBTUSD",), [KRAKEN["ticker_subscribed"]]),
    "kraken fills": (KrakenFills, kraken_kit.CREDENTIALS, (), [KRAKEN["executions_subscribed"]]),
    "coinbase prices": (CoinbasePrices, None, ("BTC-USD",), [COINBASE["subscribed_ticker"]]),
    "coinbase fills": (CoinbaseFills, coinbase_kit.CREDENTIALS, (), [COINBASE["subscribed_user"]]),
}
SECRETS = (binance_kit.KEY, binance_kit.SECRET, kraken_kit.SECRET, coinbase_kit.SECRET.splitlines()[1], TOKEN)
every = pytest.mark.parametrize("name", STREAMS)


def at(second, micro=0):
    return dt.datetime(2025, 11, 21, 8, 0, second, micro, tzinfo=dt.UTC)


def listing(symbol, base, quote):
    return Listing(symbol, base, quote, "spot", is_tradable=True, rules=TradingRules())


LISTINGS = (listing("XBTUSD", "XBT", "USD"), listing("ETHUSD", "ETH", "USD"), listing("XDGUSD", "XDG", "USD"))


@pytest.fixture
def venue():
    with talking() as replay:
        token = json.dumps({"error": [], "result": {"token": TOKEN, "expires": 900}}).encode()
        replay.answer(Reply(200, token))
        yield replay


def make(name, address, **more):
    kind, credentials, symbols, _ = STREAMS[name]
    given = {"credentials": credentials, "symbols": symbols, "listings": LISTINGS, **more}
    return kind(wire=WireSession(manners=NoManners(), seconds=2), clock=lambda: NOW, base_url=address, **given)


def asks_for(name):
    return 2 if name.startswith("coinbase") else 1


def listen(venue, name, *told, count, seconds=5, **more):
    """The first so many news of a socket that grants all and tells this; then it is cancelled."""
    granted = STREAMS[name][3]

    def life(talk):
        for _ in range(asks_for(name)):
            talk.hear()
        talk.say(*granted, *told)
        talk.hold()

    venue.lives = [life]
    heard = []

    async def go():
        enough = asyncio.Event()

        def hear(news):
            heard.append(news)
            if len(heard) >= count:
                enough.set()

        listening = asyncio.create_task(make(name, venue.address, **more).listen(hear))
        waiting = asyncio.create_task(enough.wait())
        await asyncio.wait({listening, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            listening.result()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        waiting.cancel()

    asyncio.run(go())
    return heard


def failure(venue, name, life, *, heard=None, **more) -> VenueFailure:
    venue.lives = [life]

    async def go():
        async with asyncio.timeout(8):
            await make(name, venue.address, **more).listen((heard if heard is not None else []).append)

    with pytest.raises(VenueFailure) as failed:
        asyncio.run(go())
    return failed.value


def tells(name, *told):
    """A life that hears what is asked and says just this."""

    def life(talk):
        for _ in range(asks_for(name)):
            talk.hear()
        talk.say(*told)
        talk.hold()

    return life


# ---- what is told, to the last digit ----


def test_binance_tells_a_book_of_the_symbol_whose_socket_it_is(venue):
    [joined, told, missed] = listen(venue, "binance book", BINANCE["depth"], BINANCE["depth_strange"], count=3)
    assert (joined, missed) == (Joined(), Missed("a message that cannot be read (InvalidOperation)"))
    assert told == Book(
        "BTCUSDT",
        (Level(D("61250.39000000"), D("1.20000000")), Level(D("61250.00000000"), D("0.00010000"))),
        (Level(D("61250.41000000"), D("3.00000000")),),
        at=None,
        sequence=160,
    )
    [talk] = venue.talks
    assert (talk.path, talk.said) == (
        "/ws", [{"method": "SUBSCRIBE", "params": ["btcusdt@depth20@100ms"], "id": 1}],
    )  # fmt: skip


def test_binance_tells_prices_and_says_that_it_ends(venue):
    told = [BINANCE[one] for one in ("ticker", "ticker_one_side", "shutdown")]
    assert listen(venue, "binance prices", *told, count=4) == [
        Joined(),
        Ticker("BTCUSDT", D("61250.4"), D("61250.39"), D("61250.41"), at(0, 444_000), D("8913.30016")),
        Ticker("ETHUSDT", D("3000.12345678"), D("3000.12"), None, at(1, 444_000), D("1E-8")),
        Closing(None),
    ]


def order(**more):
    given = {
        "venue_id": "7310442",
        "mark": MARK,
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "status": Status.ACCEPTED,
        "status_word": "NEW",
        "type_word": "LIMIT",
        "quantity": Quantity(D("0.3"), Unit.BASE),
        "filled": D(0),
        "average_price": None,
        "limit_price": D("61250.4"),
        "trigger_price": None,
        "placed_at": at(0, 123_000),
        "changed_at": at(3, 456_000),
    }
    return OrderReport(**{**given, **more})


def fill(**more):
    given = {
        "trade_id": "28457",
        "venue_order_id": "7310442",
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "price": D("61250.4"),
        "quantity": Quantity(D("0.1"), Unit.BASE),
        "at": at(3, 456_000),
        "fee": Amount(D("0.00006125"), "BNB"),
        "fee_kind": FeeKind.CHARGED,
        "mark": MARK,
        "is_maker": True,
    }
    return FillReport(**{**given, **more})


def test_binance_tells_what_becomes_of_orders(venue):
    names = ("order_new", "order_trade", "order_filled", "order_cancelled", "order_expired")
    told = [BINANCE[one] for one in (*names, "position", "balance", "lock", "list", "account_shutdown")]
    partly = {"filled": D("0.1"), "average_price": D("61250.4")}
    second = fill(
        trade_id="28458",
        price=D("61250.39"),
        quantity=Quantity(D("0.2"), Unit.BASE),
        fee=Amount(D("0.0002"), "BTC"),
        is_maker=False,
    )
    assert listen(venue, "binance fills", *told, count=10) == [
        Joined(),
        order(),
        order(status=Status.PARTIAL, status_word="PARTIALLY_FILLED", fills=(fill(),), **partly),
        order(
            status=Status.FILLED,
            status_word="FILLED",
            filled=D("0.3"),
            average_price=D("18375.118") / D("0.3"),
            fills=(second,),
        ),
        # The mark is the order's own, and not that of its cancel.
        order(status=Status.CANCELLED, status_word="CANCELED", **partly),
        order(status=Status.EXPIRED, status_word="EXPIRED", reason="UNFILLED_IOC_QUANTITY_EXPIRED", **partly),
        Moved(),
        Moved(),
        Moved(),
        Closing(None),
    ]


def test_kraken_tells_prices_whose_figures_are_numbers_on_the_wire(venue):
    told = [KRAKEN[one] for one in ("ticker", "ticker_old", "heartbeat", "status")]
    assert "61250.40000000000000009" in exact_text(KRAKEN["ticker"])
    assert listen(venue, "kraken prices", *told, count=5) == [
        Joined(),
        Ticker(
            "XBTUSD",
            D("61250.40000000000000009"),
            D("61250.39"),
            D("61250.41"),
            at(0, 444_123),
            D("8913.30016"),
        ),
        Ticker("XBTUSD", D("0.2"), D("0.1"), D("0.3"), None, D(1)),
        Beat(),
        Beat(),
    ]


def test_kraken_tells_orders_fills_and_hints(venue):
    names = ("snapshot", "pending", "live", "trade", "cancelled", "filled", "heartbeat", "after_a_gap")
    heard = listen(venue, "kraken fills", *(KRAKEN[one] for one in names), count=10)
    standing = order(
        venue_id="OK4GJX-KSTLS-7DZZO5",
        symbol="XBTUSD",
        status=Status.PARTIAL,
        status_word="partially_filled",
        type_word="limit",
        filled=D("0.1"),
        average_price=D("61250.40"),
        placed_at=None,
        changed_at=at(0, 123_456),
    )
    stop = order(
        venue_id="ONEW22-KSTLS-7DZZO5",
        symbol="XBTUSD",
        side=Side.SELL,
        status=Status.PENDING,
        status_word="pending_new",
        type_word="stop-loss-limit",
        quantity=Quantity(D("0.005"), Unit.BASE),
        limit_price=D("26500"),
        trigger_price=D("26000.1"),
        placed_at=None,
        changed_at=at(1, 709_950),
        is_dormant=True,
    )
    told = {"venue_id": stop.venue_id, "symbol": "XBTUSD", "side": Side.SELL, "type_word": stop.type_word}
    told |= {"quantity": stop.quantity, "limit_price": D("26500"), "trigger_price": D("26000.1"), "placed_at": None}
    assert heard == [
        Joined(),
        standing,
        stop,
        order(**told, status_word="new", changed_at=at(2, 240_691), is_dormant=True),
        fill(
            trade_id="TJE7HC-DKBTI-5BFVKE",
            venue_order_id="OK4GJX-KSTLS-7DZZO5",
            symbol="XBTUSD",
            price=D("61250.39999999999999999"),
            quantity=Quantity(D("0.2"), Unit.BASE),
            at=at(3, 456_789),
            # REST calls the same asset XBT, and so do we.
            fee=Amount(D("0.00052"), "XBT"),
            mark="",
            is_maker=False,
        ),
        Hint("OK4GJX-KSTLS-7DZZO5", "XBTUSD"),
        order(
            **told,
            status=Status.CANCELLED,
            status_word="canceled",
            changed_at=at(4, 240_691),
            reason="User requested",
        ),
        # It says too little of an order of which nothing was said before.
        Hint("OSTRNG-KSTLS-7DZZO5"),
        Beat(),
        Missed("2 messages"),
    ]


def test_coinbase_tells_prices_and_counts_what_it_says(venue):
    told = [COINBASE[one] for one in ("subscribed_heartbeats", "heartbeat", "ticker", "after_a_gap")]
    assert listen(venue, "coinbase prices", *told, count=5) == [
        Joined(),
        Beat(),
        Ticker("BTC-USD", D("61250.40000000000000009"), D("61250.39"), None, at(2, 367_159), D("8913.30016")),
        Missed("5 messages"),
        Beat(),
    ]


def test_coinbase_tells_orders_whole_and_hints_at_their_fills(venue):
    names = ("order_open", "order_partial", "order_cancelled", "order_stop", "order_market")
    told = [COINBASE["subscribed_heartbeats"], *(COINBASE[one] for one in names)]
    base = {
        "venue_id": "0000aaaa-0000-4000-8000-000000000001",
        "mark": "11111111-1111-4111-8111-111111111111",
        "symbol": "BTC-USD",
        "type_word": "Limit",
        "status_word": "OPEN",
        "placed_at": at(0, 123_456),
        "changed_at": None,
    }
    partly = {"filled": D("0.1"), "average_price": D("61250.4")}
    hint = Hint("0000aaaa-0000-4000-8000-000000000001", "BTC-USD")
    assert listen(venue, "coinbase fills", *told, count=9) == [
        Joined(),
        order(**base),
        order(**{**base, **partly}, status=Status.PARTIAL),
        hint,
        order(
            **{**base, **partly, "status_word": "CANCELLED"}, status=Status.CANCELLED, reason="User requested cancel"
        ),
        hint,
        order(**{**base, "type_word": "Stop Limit"}, limit_price=D(60_000), trigger_price=D(60_100), is_dormant=True),
        order(
            **{**base, **partly, "type_word": "Market", "status_word": "FILLED"},
            status=Status.FILLED,
            # Whether what is left is in the one currency or the other, the message does not say.
            quantity=None,
            limit_price=None,
        ),
        hint,
    ]


# ---- what is not understood ----

STRANGE = {
    "binance book": [BINANCE["event_strange"], BINANCE["depth_strange"]],
    "binance prices": [BINANCE["ticker_strange"], BINANCE["event_strange"]],
    "binance fills": [BINANCE["order_strange"], BINANCE["execution_strange"], BINANCE["account_strange"]],
    "kraken prices": [KRAKEN["ticker_strange"], KRAKEN["channel_strange"]],
    "kraken fills": [KRAKEN["order_strange"], KRAKEN["execution_strange"], KRAKEN["channel_strange"]],
    "coinbase prices": [COINBASE["ticker_strange"], COINBASE["channel_strange"]],
    "coinbase fills": [COINBASE["order_strange"], COINBASE["channel_strange"]],
}


@every
def test_word_that_nobody_knows_is_missed_and_never_guessed(venue, name):
    # The counts of Coinbase and Kraken would tell of gaps beside.
    for told in STRANGE[name]:
        heard = listen(venue, name, told, count=2)
        missed = [one for one in heard if not isinstance(one, Joined)]
        assert missed
        assert all(isinstance(one, Missed) for one in missed), told


BROKEN = {
    "HTML": "<html><body>502 Bad Gateway</body></html>",
    "a frame cut in the middle": '{"e": "24hrTicker", "E": 17637',
    "nothing": "",
    "a bare number": "1",
    "a list": "[1, 2]",
    "a NaN": '{"e": "24hrTicker", "c": NaN}',
    "null": "null",
    "an empty object": "{}",
}


@every
def test_frame_that_is_no_message_is_missed_and_the_socket_goes_on(venue, name):
    heard = listen(venue, name, *BROKEN.values(), count=1 + len(BROKEN))
    assert heard[0] == Joined()
    assert len(heard) == 1 + len(BROKEN)
    assert all(isinstance(one, Missed) for one in heard[1:]), heard


# ---- what is asked ----


def test_binance_is_asked_for_the_tickers_of_all_symbols_in_few_messages(venue):
    symbols = tuple(f"S{number}USDT" for number in range(450))
    granted = [{"result": None, "id": number} for number in (1, 2, 3)]

    def life(talk):
        for one in granted:
            talk.hear()
            talk.say(one)
        talk.hold()

    venue.lives = [life]
    heard = []

    async def go():
        listening = asyncio.create_task(make("binance prices", venue.address, symbols=symbols).listen(heard.append))
        await asyncio.sleep(1.5)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(go())
    [talk] = venue.talks
    assert talk.path == "/ws"
    assert [one["method"] for one in talk.said] == ["SUBSCRIBE"] * 3
    assert [name for one in talk.said for name in one["params"]] == [f"{one.lower()}@ticker" for one in symbols]
    assert heard == [Joined()]


def test_binance_is_asked_for_the_account_by_a_signature_over_sorted_parameters(venue):
    listen(venue, "binance fills", count=1)
    [talk] = venue.talks
    [said] = talk.said
    sent = said["params"]
    assert (talk.path, said["method"]) == ("/ws-api/v3", "userDataStream.subscribe.signature")
    assert set(sent) == {"apiKey", "recvWindow", "timestamp", "signature"}
    assert sent["timestamp"] == int(NOW.timestamp() * 1000)
    assert sent["recvWindow"] == 5000
    payload = "&".join(f"{name}={sent[name]}" for name in sorted(set(sent) - {"signature"}))
    expected = hmac.new(binance_kit.SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()
    assert sent["signature"] == expected
    assert binance_kit.SECRET not in json.dumps(said)


def test_kraken_is_asked_with_a_token_that_rest_gives(venue):
    listen(venue, "kraken fills", count=1)
    [request] = venue.requests
    assert request.path == "/0/private/GetWebSocketsToken"
    kraken_kit.check_signature(request)
    [talk] = venue.talks
    assert talk.path == "/v2"
    assert talk.said == [
        {
            "method": "subscribe",
            "params": {"channel": "executions", "token": TOKEN, "snap_orders": True, "snap_trades": False},
            "req_id": 1,
        }
    ]


def test_kraken_is_asked_for_pairs_by_their_names_on_sockets(venue):
    listen(venue, "kraken prices", count=1, symbols=("XBTUSD", "XDGUSD"), seconds=0.5)
    [talk] = venue.talks
    assert talk.path == "/v2"
    wanted = {"channel": "ticker", "symbol": ["BTC/USD", "DOGE/USD"], "event_trigger": "bbo", "snapshot": True}
    assert talk.said == [{"method": "subscribe", "params": wanted, "req_id": 1}]


def test_coinbase_is_asked_with_another_token_in_each_message(venue):
    listen(venue, "coinbase fills", count=1)
    [talk] = venue.talks
    tokens = [one.pop("jwt") for one in talk.said]
    assert talk.said == [{"type": "subscribe", "channel": "user"}, {"type": "subscribe", "channel": "heartbeats"}]
    assert len(set(tokens)) == 2
    begins = int(NOW.timestamp())
    for token in tokens:
        public = coinbase_kit._PRIVATE.public_key()
        claims = jwt.decode(token, public, algorithms=["ES256"], options={"verify_exp": False})
        assert claims == {"sub": coinbase_kit.KEY, "iss": "cdp", "nbf": begins, "exp": begins + 120}


def test_coinbase_prices_need_no_account(venue):
    listen(venue, "coinbase prices", count=1)
    [talk] = venue.talks
    assert talk.said == [
        {"type": "subscribe", "channel": "ticker", "product_ids": ["BTC-USD"]},
        {"type": "subscribe", "channel": "heartbeats"},
    ]


# ---- what is refused, and how sockets end ----

REFUSALS = [
    ("binance prices", BINANCE["refused"], Refused),
    ("binance fills", BINANCE["account_key"], KeyRefused),
    ("binance fills", BINANCE["account_clock"], ClockOff),
    ("binance fills", BINANCE["account_too_many"], TooMany),
    ("binance fills", BINANCE["account_busy"], NotNow),
    ("binance fills", BINANCE["terminated"], NotNow),
    ("kraken fills", KRAKEN["executions_token"], NotNow),
    ("kraken fills", KRAKEN["executions_permission"], KeyRefused),
    ("coinbase fills", COINBASE["refused_key"], KeyRefused),
    ("coinbase prices", COINBASE["refused_other"], Contradiction),
]


@pytest.mark.parametrize(("name", "told", "kind"), REFUSALS)
def test_refused_subscription_says_what_to_do(venue, name, told, kind):
    failed = failure(venue, name, tells(name, told))
    assert type(failed) is kind
    assert failed.venue == name.split()[0]


def test_kraken_goes_on_without_a_pair_that_it_refuses(venue):
    told = [KRAKEN["ticker_refused"], KRAKEN["ticker"]]
    heard = listen(venue, "kraken prices", *told, count=2, symbols=("XBTUSD", "ETHUSD"))
    assert [type(one) for one in heard] == [Joined, Ticker]


def test_kraken_that_refuses_all_pairs_is_told_as_refused(venue):
    life = tells("kraken prices", KRAKEN["ticker_refused"])
    assert type(failure(venue, "kraken prices", life, symbols=("ETHUSD",))) is Refused


def test_key_that_rest_refuses_opens_no_socket(venue):
    venue.answer(Reply(200, json.dumps({"error": ["EAPI:Invalid key"]}).encode()))
    assert type(failure(venue, "kraken fills", lambda talk: talk.hold())) is KeyRefused
    assert venue.talks == []


@every
@pytest.mark.parametrize("end", ["close", "tear"])
def test_socket_that_ends_is_told_and_not_dialled_again_behind_our_back(venue, name, end):
    def life(talk):
        for _ in range(asks_for(name)):
            talk.hear()
        talk.say(*STREAMS[name][3])
        getattr(talk, end)()

    heard = []
    assert type(failure(venue, name, life, heard=heard)) is NotNow
    assert heard == [Joined()]
    assert len(venue.talks) == 1


@every
def test_socket_that_is_never_granted_is_given_up(venue, name, monkeypatch):
    monkeypatch.setattr(stream_module, "ANSWER_SECONDS", 0.3)
    assert type(failure(venue, name, lambda talk: talk.hold())) is NotNow


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait", "is_ban"),
    [
        (429, {"Retry-After": "7"}, TooMany, 7, False),
        (429, {}, TooMany, 10, False),
        (418, {"Retry-After": "120"}, TooMany, 120, True),
        (503, {}, NotNow, None, None),
    ],
)
def test_refused_handshake_says_how_long_to_be_quiet(venue, status, headers, kind, wait, is_ban):
    venue.refusals = [(status, headers)]
    failed = failure(venue, "binance prices", lambda talk: talk.hold())
    assert type(failed) is kind
    if wait is not None:
        assert (failed.wait, failed.is_ban) == (wait, is_ban)
    assert venue.talks == []


def test_socket_that_is_sent_elsewhere_does_not_go_there(venue):
    with talking() as other:
        other.lives = [lambda talk: talk.hold()]
        venue.refusals = [(302, {"Location": f"{other.address}/ws"})]
        assert type(failure(venue, "binance prices", lambda talk: talk.hold())) is NotNow
        assert other.talks == []


def test_nobody_listening_is_told(venue):
    async def go():
        await make("binance prices", "http://127.0.0.1:9").listen(print)

    with pytest.raises(NotNow):
        asyncio.run(go())


def test_ping_is_answered_and_is_a_sign_of_life(venue):
    def life(talk):
        talk.hear()
        talk.say(BINANCE["subscribed"])
        talk.ping()
        talk.hold()

    venue.lives = [life]
    heard = []

    async def go():
        listening = asyncio.create_task(make("binance prices", venue.address).listen(heard.append))
        for _ in range(100):
            await asyncio.sleep(0.02)
            if venue.talks and venue.talks[0].pongs:
                break
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(go())
    assert heard == [Joined(), Beat()]
    assert venue.talks[0].pongs == 1


@every
def test_cancelled_listening_says_goodbye(venue, name):
    listen(venue, name, count=1)
    for _ in range(100):
        if venue.talks[0].closed_by_client:
            break
        asyncio.run(asyncio.sleep(0.02))
    assert venue.talks[0].closed_by_client


# ---- secrets, and where things go ----


@every
def test_no_log_and_no_failure_shows_what_opens_the_account(venue, name, caplog, capsys):
    caplog.set_level("DEBUG")
    shown = [repr(listen(venue, name, "{}", count=2))]

    def life(talk):
        talk.hear()
        talk.tear()

    shown.append(repr(failure(venue, name, life)))
    venue.refusals = [(503, {})]
    shown.append(repr(failure(venue, name, life)))
    written = capsys.readouterr()
    everything = json.dumps(shown) + caplog.text + written.out + written.err
    assert [one for one in SECRETS if one in everything] == []


def test_what_the_venue_repeats_of_a_key_is_not_kept(venue):
    told = {**BINANCE["account_key"], "error": {"code": -2015, "msg": f"Invalid API-key: {binance_kit.KEY}"}}
    failed = failure(venue, "binance fills", tells("binance fills", told))
    assert type(failed) is KeyRefused
    assert "Invalid API-key: ••••" in str(failed)
    told = {**KRAKEN["executions_token"], "error": f"ESession:Invalid session {TOKEN}"}
    failed = failure(venue, "kraken fills", tells("kraken fills", told))
    assert "Invalid session ••••" in str(failed)


@pytest.mark.parametrize("name", STREAMS)
def test_venues_own_address_is_encrypted(name):
    assert make(name, None).address().startswith("wss://")


def test_proxy_of_the_environment_is_passed_by(venue, monkeypatch):
    for one in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ws_proxy"):
        monkeypatch.setenv(one, "http://127.0.0.1:9")
    assert listen(venue, "binance prices", count=1) == [Joined()]
