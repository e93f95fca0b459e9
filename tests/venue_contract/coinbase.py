"""Coinbase's part of the contract. The token of each request is read again as jwt_generator.py of coinbase-advanced-py
54fb8ed makes it. The key is made for each run and belongs to nobody.
"""

import datetime as dt
from decimal import Decimal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from exchanges.adapters.coinbase import Coinbase
from exchanges.domain.catalogue import GivenCatalogue
from exchanges.domain.holdings import Balance
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import Change, Lasting, OrderRef, OrderRequest, OrderType, Quantity, Unit
from exchanges.domain.outcomes import Found, Unresolved
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status
from exchanges.domain.rights import KeyRights, Withdrawal
from exchanges.domain.venues.coinbase import COINBASE
from exchanges.venue import Credentials
from instruments.domain.candles import Candle
from instruments.domain.rules import Side, Steps, TradingRules
from kernel.encryption.secret import Secret
from kernel.money.amount import Amount
from tests.venue_contract.kit import Asked, Kit, Placed
from tests.venue_contract.replay import Request

D = Decimal
KEY = "organizations/11111111-2222-3333-4444-555555555555/apiKeys/66666666-7777-8888-9999-000000000000"
_PRIVATE = ec.generate_private_key(ec.SECP256R1())
SECRET = (
    _PRIVATE.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    .decode()
    .strip()
)
CREDENTIALS = Credentials({"api_key": Secret(KEY), "secret": Secret(SECRET)})
MARK = "0b3f8a52-6c1d-8e47-9a20-5d7c1f4b9e63"
ID = "52cfe5e2-0b29-4c19-a245-a6a773de5030"
NOW = dt.datetime(2025, 11, 21, 8, 0, 0, 500_000, tzinfo=dt.UTC)
PLACED_AT = dt.datetime(2025, 11, 21, 8, 0, 0, 123_456, tzinfo=dt.UTC)
FILLED_AT = dt.datetime(2025, 11, 21, 8, 0, 3, 456_789, tzinfo=dt.UTC)
SINCE = dt.datetime(2025, 11, 21, 7, tzinfo=dt.UTC)
UNTIL = dt.datetime(2025, 11, 28, 8, tzinfo=dt.UTC)
REF = OrderRef(MARK, "BTC-USD", NOW - dt.timedelta(seconds=2), (ID,))
#: No id came back: it is known by our mark alone.
LOST = OrderRef(MARK, "BTC-USD", NOW - dt.timedelta(seconds=2))

RULES = TradingRules(
    price=Steps(D("0.01")),
    quantity=Steps(D("0.00000001"), D("0.00000001"), D(3400)),
    least_notional=D(1),
    most_notional=D(150_000_000),
)


def listing(base, *, is_tradable, **facts) -> Listing:
    told = {"status": "online", "shut_by": "", **facts}
    return Listing(f"{base}-USD", base, "USD", "spot", is_tradable, RULES, name=f"{base}-USD", facts=told)


LISTINGS = [
    listing("BTC", is_tradable=True),
    listing("OLD", is_tradable=False, shut_by="trading_disabled post_only"),
    # A status that nobody here knows.
    listing("NEW", is_tradable=False, status="phase_of_the_moon"),
]


def make(address, wire):
    return Coinbase(
        credentials=CREDENTIALS, wire=wire, clock=lambda: NOW, catalogue=GivenCatalogue(LISTINGS), base_url=address
    )


def order(kind, **more) -> OrderRequest:
    given = {
        "mark": MARK,
        "symbol": "BTC-USD",
        "side": Side.BUY,
        "type": kind,
        "quantity": Quantity((D("0.1") + D("0.2")).quantize(D("1E-18")), Unit.BASE),
        "lasting": Lasting.UNTIL_CANCELLED,
    }
    if kind.has_limit:
        given["limit_price"] = D("61250.40")
    if kind.has_trigger:
        given |= {"trigger_price": D(60_000), "side": Side.SELL}
    return OrderRequest(**{**given, **more})


def wire(configuration, *, side="BUY", **fields) -> dict[str, str]:
    told = {"base_size": "0.3", **fields}
    return {
        "client_order_id": MARK,
        "product_id": "BTC-USD",
        "side": side,
        **{f"order_configuration.{configuration}.{name}": value for name, value in told.items() if value is not None},
    }


LIMIT = {"limit_price": "61250.4"}
STOPPED = {**LIMIT, "stop_price": "60000", "stop_direction": "STOP_DIRECTION_STOP_DOWN"}
END = "2025-11-28T08:00:00.000000Z"
PLACED = (
    Placed(order(OrderType.LIMIT), wire("limit_limit_gtc", **LIMIT, post_only="false"), "place.accepted"),
    Placed(order(OrderType.MARKET), wire("market_market_ioc"), "place.accepted"),
    Placed(
        order(OrderType.MARKET, quantity=Quantity(D("100.00"), Unit.QUOTE)),
        wire("market_market_ioc", base_size=None, quote_size="100"),
        "place.accepted",
    ),
    Placed(order(OrderType.MARKET, lasting=Lasting.FILL_OR_KILL), wire("market_market_fok"), "place.accepted"),
    Placed(
        order(OrderType.LIMIT, lasting=Lasting.IMMEDIATE_OR_CANCEL), wire("sor_limit_ioc", **LIMIT), "place.accepted"
    ),
    Placed(order(OrderType.LIMIT, lasting=Lasting.FILL_OR_KILL), wire("limit_limit_fok", **LIMIT), "place.accepted"),
    Placed(
        order(OrderType.LIMIT, lasting=Lasting.UNTIL_DATE, until=UNTIL),
        wire("limit_limit_gtd", **LIMIT, post_only="false", end_time=END),
        "place.accepted",
    ),
    Placed(
        order(OrderType.LIMIT, is_maker_only=True),
        wire("limit_limit_gtc", **LIMIT, post_only="true"),
        "place.accepted",
    ),
    Placed(order(OrderType.STOP_LIMIT), wire("stop_limit_stop_limit_gtc", side="SELL", **STOPPED), "place.accepted"),
    Placed(
        order(OrderType.STOP_LIMIT, side=Side.BUY, lasting=Lasting.UNTIL_DATE, until=UNTIL),
        wire("stop_limit_stop_limit_gtd", **{**STOPPED, "stop_direction": "STOP_DIRECTION_STOP_UP"}, end_time=END),
        "place.accepted",
    ),
    # 18 places, and a number that repr would write with an exponent.
    Placed(
        order(OrderType.LIMIT, quantity=Quantity(D("1E-18"), Unit.BASE), limit_price=D("1E+5")),
        wire("limit_limit_gtc", base_size="0.000000000000000001", limit_price="100000", post_only="false"),
        "place.accepted",
    ),
)


def report(**more) -> OrderReport:
    given = {
        "venue_id": ID,
        "mark": MARK,
        "symbol": "BTC-USD",
        "side": Side.BUY,
        "status": Status.PARTIAL,
        "status_word": "OPEN",
        "type_word": "limit_limit_gtc",
        "quantity": Quantity(D("0.3"), Unit.BASE),
        "filled": D("0.1"),
        "average_price": D("61250.4"),
        "limit_price": D("61250.4"),
        "trigger_price": None,
        "placed_at": PLACED_AT,
        "changed_at": FILLED_AT,
    }
    return OrderReport(**{**given, **more})


def untouched(letter, mark, **more) -> OrderReport:
    given = {"filled": D(0), "average_price": None, "changed_at": None}
    return report(venue_id=letter * 8 + ID[8:], mark=mark, **{**given, **more})


PARTIAL = report()
STOP = untouched(
    "c",
    "web-1",
    side=Side.SELL,
    status=Status.ACCEPTED,
    type_word="stop_limit_stop_limit_gtd",
    limit_price=D(58_900),
    trigger_price=D(59_000),
    is_dormant=True,
)
BY_AMOUNT = report(
    venue_id="d" * 8 + ID[8:],
    mark="m2",
    status=Status.FILLED,
    status_word="FILLED",
    type_word="market_market_ioc",
    quantity=Quantity(D(100), Unit.QUOTE),
    filled=D("0.00162"),
    average_price=D("61728.3"),
    limit_price=None,
)
FAILED = untouched("e", "m3", status=Status.REJECTED, status_word="FAILED", reason="Insufficient balance")
EXPIRED = untouched("f", "m4", status=Status.EXPIRED, status_word="EXPIRED", reason="End time reached")
NOBODY_KNOWS = untouched("9", "m5", status=Status.UNKNOWN, status_word="UNKNOWN_ORDER_STATUS")
FILLS = [
    FillReport(
        trade_id="cdc39e45-bbd3-44ec-bf02-61742dfb16a1",
        venue_order_id=ID,
        symbol="BTC-USD",
        side=Side.BUY,
        price=D("61250.4"),
        quantity=Quantity(D("0.1"), Unit.BASE),
        at=FILLED_AT,
        fee=Amount(D("36.75024"), "USD"),
        fee_kind=FeeKind.CHARGED,
        is_maker=True,
    ),
    FillReport(
        trade_id="dde39e45-bbd3-44ec-bf02-61742dfb16a1",
        venue_order_id=ID,
        symbol="BTC-USD",
        side=Side.SELL,
        price=D("61250.4"),
        quantity=Quantity(D("10.5"), Unit.QUOTE),
        at=dt.datetime(2025, 11, 21, 8, 0, 4, tzinfo=dt.UTC),
        fee=Amount(D(0), "USD"),
        fee_kind=FeeKind.CHARGED,
        is_maker=None,
    ),
]


def rights(**more) -> KeyRights:
    given = {
        "can_read": True,
        "can_trade": True,
        "withdrawal": Withdrawal.CANNOT,
        "is_address_bound": None,
        "expires_at": None,
    }
    return KeyRights(**{**given, **more})


def check_signature(request: Request) -> None:
    """A token of this one request, signed with ES256, of the clock that was given, for two minutes."""
    token = request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, _PRIVATE.public_key(), algorithms=["ES256"], options={"verify_exp": False})
    begins = int(NOW.timestamp())
    assert claims == {
        "sub": KEY,
        "iss": "cdp",
        "nbf": begins,
        "exp": begins + 120,
        "uri": f"{request.method} {request.headers['host']}{request.path}",
    }
    head = jwt.get_unverified_header(token)
    assert head["kid"] == KEY
    assert len(head["nonce"]) == 32


def first(name, change):
    """The body with the first of its rows changed."""

    def changed(body):
        change(body[name][0])
        return body

    return changed


def body(**more):
    return lambda told: {**told, **more}


BATCH = "/api/v3/brokerage/orders/historical/batch"
COINBASE_KIT = Kit(
    facts=COINBASE,
    make=make,
    placed=PLACED,
    ref=REF,
    asks={
        Act.MODIFY: lambda venue: venue.modify(
            REF, Change(quantity=Quantity(D("0.20"), Unit.BASE), limit_price=D("61000.0"))
        ),
        Act.FIND: lambda venue: venue.find(LOST),
        Act.OPEN_ORDERS: lambda venue: venue.open_orders(),
        Act.ORDERS_SINCE: lambda venue: venue.orders_since(SINCE, "BTC-USD"),
        Act.TRADES_SINCE: lambda venue: venue.trades_since(SINCE, "BTC-USD"),
        Act.BALANCES: lambda venue: venue.balances(),
        Act.RIGHTS: lambda venue: venue.rights(),
        Act.LISTINGS: lambda venue: venue.listings(),
        Act.TICKER: lambda venue: venue.ticker("BTC-USD"),
        Act.BOOK: lambda venue: venue.book("BTC-USD", 5),
        Act.CANDLES: lambda venue: venue.candles("BTC-USD", "1h", SINCE, 500),
        Act.CLOCK: lambda venue: venue.clock(),
    },
    answers={
        "find.answered": Found(PARTIAL),
        "find.answered-second-page": Found(PARTIAL),
        "find.answered-two": Unresolved("2 orders carry this mark"),
        # The first was pending when it was met first.
        "open_orders.answered": [PARTIAL, STOP],
        "orders_since.answered": [PARTIAL, BY_AMOUNT, FAILED, EXPIRED, NOBODY_KNOWS],
        "trades_since.answered": FILLS,
        "balances.answered": [
            Balance("BTC", D("0.3"), D("0.10000001")),
            Balance("USD", D("120000.123456789012"), D("18375.12")),
        ],
        "rights.answered": rights(),
        "rights.answered-transfer": rights(withdrawal=Withdrawal.CAN, withdrawal_words=("can_transfer",)),
        "rights.answered-view": rights(can_trade=False),
        "listings.answered": LISTINGS,
        # No ask stands in the book: it is told as an empty text.
        "ticker.answered": Ticker(
            "BTC-USD",
            last=D("61250.4"),
            bid=D("61250.39"),
            ask=None,
            at=dt.datetime(2025, 11, 21, 7, 59, 59, 557_001, tzinfo=dt.UTC),
        ),
        "book.answered": Book(
            "BTC-USD",
            bids=(Level(D("61250.39"), D("1.2")), Level(D("61250.38"), D("0.00000001"))),
            asks=(Level(D("61250.41"), D(3)),),
            at=dt.datetime(2025, 11, 21, 8, 0, 0, 533_606, tzinfo=dt.UTC),
        ),
        # The newest came first.
        "candles.answered": [
            Candle(dt.datetime(2025, 11, 21, 7, tzinfo=dt.UTC), 61100.1, 61300.0, 61000.0, 61250.4, 148.97611427),
            Candle(dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC), 61250.4, 61260.0, 61240.0, 61255.0, 0.0),
        ],
        "clock.answered": dt.datetime(2025, 11, 21, 8, 0, 0, 123_000, tzinfo=dt.UTC),
    },
    refusals={
        "place.rejected": "INSUFFICIENT_FUND",
        "place.rejected-size": "INVALID_SIZE_PRECISION",
        "place.rejected-maker": "INVALID_LIMIT_PRICE_POST_ONLY",
        "place.rejected-halted": "ORDER_ENTRY_DISABLED",
        "place.rejected-preview": "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
        "place.rejected-argument": "INVALID_ARGUMENT",
        "place.rejected-key": "unauthorized",
        "place.rejected-rights": "PERMISSION_DENIED",
        "cancel.rejected": "UNKNOWN_CANCEL_ORDER",
        "cancel.rejected-filled": "ORDER_IS_FULLY_FILLED",
        "modify.rejected": "ONLY_LIMIT_ORDER_EDITS_SUPPORTED",
    },
    strange={
        Act.PLACE: body(success="STRANGE"),
        Act.FIND: first("orders", lambda one: one.update(status="STRANGE")),
        Act.OPEN_ORDERS: first("orders", lambda one: one.update(order_configuration={"STRANGE": {}})),
        Act.ORDERS_SINCE: first("orders", lambda one: one.update(side="STRANGE")),
        Act.TRADES_SINCE: first("fills", lambda one: one.update(commission="unreadable")),
        Act.BALANCES: first("accounts", lambda one: one.update(hold={"value": "unreadable", "currency": "BTC"})),
        Act.RIGHTS: body(can_transfer="STRANGE"),
        Act.TICKER: body(best_bid="unreadable"),
    },
    check_signature=check_signature,
    signing_fields=frozenset(),
    secrets=(KEY, SECRET.splitlines()[1]),
    sends={
        Act.CANCEL: (Asked("POST", "/api/v3/brokerage/orders/batch_cancel", {"order_ids.0": ID}),),
        Act.MODIFY: (
            Asked("POST", "/api/v3/brokerage/orders/edit", {"order_id": ID, "size": "0.2", "price": "61000"}),
        ),
        # The clocks may disagree by a minute.
        Act.FIND: tuple(
            Asked("GET", BATCH, {"product_ids": "BTC-USD", "start_date": "2025-11-21T07:58:58.500000Z", **more})
            for more in ({}, {"cursor": "789100"})
        ),
        Act.OPEN_ORDERS: tuple(
            Asked("GET", BATCH, {"order_status": word}) for word in ("PENDING", "QUEUED", "OPEN", "CANCEL_QUEUED")
        ),
        Act.ORDERS_SINCE: tuple(
            Asked("GET", BATCH, {"product_ids": "BTC-USD", "start_date": "2025-11-21T07:00:00.000000Z", **more})
            for more in ({}, {"cursor": "7"})
        ),
        Act.TRADES_SINCE: tuple(
            Asked(
                "GET",
                "/api/v3/brokerage/orders/historical/fills",
                {"product_ids": "BTC-USD", "start_sequence_timestamp": "2025-11-21T07:00:00.000000Z", **more},
            )
            for more in ({}, {"cursor": "22222"})
        ),
        Act.BALANCES: tuple(
            Asked("GET", "/api/v3/brokerage/accounts", {"limit": "250", **more}) for more in ({}, {"cursor": "9"})
        ),
        Act.RIGHTS: (Asked("GET", "/api/v3/brokerage/key_permissions", {}),),
        Act.LISTINGS: (Asked("GET", "/api/v3/brokerage/market/products", {"product_type": "SPOT"}),),
        Act.TICKER: (Asked("GET", "/api/v3/brokerage/market/products/BTC-USD/ticker", {"limit": "1"}),),
        Act.BOOK: (Asked("GET", "/api/v3/brokerage/market/product_book", {"product_id": "BTC-USD", "limit": "5"}),),
        # 300 bars at most, the first and the last among them.
        Act.CANDLES: (
            Asked(
                "GET",
                "/api/v3/brokerage/market/products/BTC-USD/candles",
                {"granularity": "ONE_HOUR", "start": "1763708400", "end": "1764784800"},
            ),
        ),
        Act.CLOCK: (Asked("GET", "/api/v3/brokerage/time", {}),),
    },
)
