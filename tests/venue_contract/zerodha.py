"""Zerodha's part of the contract. How a request is signed: kite.trade/docs/connect/v3/user, "Signing requests"."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

from exchanges.adapters.zerodha import Zerodha
from exchanges.domain.catalogue import GivenCatalogue
from exchanges.domain.holdings import Balance, Holding, Margin, Position
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import Change, Hours, Lasting, OrderRef, OrderRequest, OrderType, Product, Quantity, Unit
from exchanges.domain.outcomes import Found
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status
from exchanges.domain.venues.zerodha import ZERODHA
from exchanges.venue import Credentials, Login
from instruments.domain.candles import Candle
from instruments.domain.rules import Side, Steps, TradingRules
from kernel.encryption.secret import Secret
from tests.venue_contract.kit import Kit, Placed
from tests.venue_contract.replay import Request

D = Decimal
KEY, SECRET, TOKEN = "kitekitekitekite", "s" * 31 + "2", "t" * 31 + "3"
REQUEST_TOKEN = "requesttoken1"
MARK = "plfx3k2m7q5w4e6r2t"
INDIA = dt.timezone(dt.timedelta(hours=5, minutes=30))


def at(hour, minute=0, second=0):
    """That time of the day in India, as the moment that it is."""
    return dt.datetime(2025, 11, 21, hour, minute, second, tzinfo=INDIA).astimezone(dt.UTC)


NOW, SINCE = at(13, 30, 5), at(9, 30)
NUMBER = "251121000310442"
#: An order whose number came back, and one of which nothing did.
REF = OrderRef(MARK, "NSE:INFY", NOW - dt.timedelta(seconds=5), (NUMBER,))
LOST = replace(REF, venue_ids=())


def make(address, wire, *, now=NOW):
    return Zerodha(
        credentials=Credentials({"api_key": Secret(KEY), "secret": Secret(SECRET)}, token=Secret(TOKEN)),
        wire=wire,
        clock=lambda: now,
        catalogue=GivenCatalogue(LISTINGS),
        base_url=address,
    )


def order(kind, **more) -> OrderRequest:
    given = {
        "mark": MARK,
        "symbol": "NSE:INFY",
        "side": Side.BUY,
        "type": kind,
        # Zeros that must not be sent.
        "quantity": Quantity(D("12.000"), Unit.SHARES),
        "lasting": Lasting.DAY,
        "product": Product.DELIVERY,
    }
    if kind.has_limit:
        given["limit_price"] = D("1412.350")
    else:
        given["protection_percent"] = D("2.50")
    if kind.has_trigger:
        given |= {"trigger_price": D("1390.55"), "side": Side.SELL}
    return OrderRequest(**{**given, **more})


def wire(kind, **more) -> dict[str, str]:
    given = {
        "variety": "regular",
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "transaction_type": "BUY",
        "quantity": "12",
        "product": "CNC",
        "order_type": kind,
        "validity": "DAY",
        "tag": MARK,
    }
    return {**given, **more}


LIMITED, BOUND = {"price": "1412.35"}, {"market_protection": "2.5"}
STOPPED = {"trigger_price": "1390.55", "transaction_type": "SELL"}


def placed(given: OrderRequest, sent: dict[str, str]) -> Placed:
    return Placed(given, sent, "place.accepted")


PLACED = (
    placed(order(OrderType.LIMIT), wire("LIMIT", **LIMITED)),
    placed(order(OrderType.MARKET), wire("MARKET", **BOUND)),
    placed(order(OrderType.STOP), wire("SL-M", **STOPPED, **BOUND)),
    placed(order(OrderType.STOP_LIMIT), wire("SL", **STOPPED, **LIMITED)),
    placed(
        order(OrderType.LIMIT, lasting=Lasting.IMMEDIATE_OR_CANCEL, product=Product.INTRADAY),
        wire("LIMIT", **LIMITED, validity="IOC", product="MIS"),
    ),
    placed(
        order(OrderType.LIMIT, lasting=Lasting.MINUTES, minutes=7, product=Product.MARGIN_FUNDED),
        wire("LIMIT", **LIMITED, validity="TTL", validity_ttl="7", product="MTF"),
    ),
    placed(order(OrderType.LIMIT, hours=Hours.NEXT_OPENING), wire("LIMIT", **LIMITED, variety="amo")),
    # Names with a hyphen and an ampersand, numbers that repr would write with an exponent, and units of a lot.
    placed(
        order(
            OrderType.MARKET,
            symbol="NFO:M&M-25NOVFUT",
            product=Product.CARRIED,
            quantity=Quantity(D("1E+3"), Unit.SHARES),
            protection_percent=D("1E+2"),
        ),
        wire(
            "MARKET",
            exchange="NFO",
            tradingsymbol="M&M-25NOVFUT",
            product="NRML",
            quantity="1000",
            market_protection="100",
        ),
    ),
    # Commodities and currencies are counted in lots.
    placed(
        order(
            OrderType.LIMIT,
            symbol="MCX:GOLDPETAL25DECFUT",
            product=Product.CARRIED,
            quantity=Quantity(D(2), Unit.LOTS),
            limit_price=D("1.2E+4"),
        ),
        wire("LIMIT", exchange="MCX", tradingsymbol="GOLDPETAL25DECFUT", product="NRML", quantity="2", price="12000"),
    ),
    placed(order(OrderType.LIMIT, may_be_split=True), wire("LIMIT", **LIMITED, autoslice="true")),
)

PARTIAL = OrderReport(
    venue_id=NUMBER,
    mark=MARK,
    symbol="NSE:INFY",
    side=Side.BUY,
    status=Status.PARTIAL,
    status_word="OPEN",
    type_word="LIMIT",
    quantity=Quantity(D(12), Unit.SHARES),
    filled=D(5),
    average_price=D("1412.3"),
    limit_price=D("1412.35"),
    trigger_price=None,
    placed_at=at(13, 30),
    changed_at=at(13, 30, 3),
)
DORMANT = replace(
    PARTIAL,
    venue_id="251121000310500",
    mark="",
    side=Side.SELL,
    status=Status.ACCEPTED,
    status_word="TRIGGER PENDING",
    type_word="SL",
    quantity=Quantity(D(3), Unit.SHARES),
    filled=D(0),
    average_price=None,
    limit_price=D(1390),
    trigger_price=D("1390.55"),
    changed_at=at(13, 31),
    is_dormant=True,
)
AFTER_HOURS = replace(
    PARTIAL,
    venue_id="251121000100001",
    mark="pl2222222222222222",
    status=Status.ACCEPTED,
    status_word="AMO REQ RECEIVED",
    quantity=Quantity(D(1), Unit.SHARES),
    filled=D(0),
    average_price=None,
    placed_at=at(7),
    changed_at=None,
    is_dormant=True,
)
IN_LOTS = replace(
    PARTIAL,
    venue_id="251121000310600",
    mark="",
    symbol="MCX:GOLDPETAL25DECFUT",
    status=Status.ACCEPTED,
    quantity=Quantity(D(4), Unit.LOTS),
    filled=D(0),
    average_price=None,
    limit_price=D(12240),
)
CANCELLED = replace(
    PARTIAL,
    venue_id="251121000310400",
    mark="web",
    status=Status.CANCELLED,
    status_word="CANCELLED",
    filled=D(2),
    average_price=D("1412.325"),
)
FILLS = [
    FillReport(
        trade_id="90001",
        venue_order_id=NUMBER,
        symbol="NSE:INFY",
        side=Side.BUY,
        price=D("1412.3"),
        quantity=Quantity(D(5), Unit.SHARES),
        at=at(13, 30, 2),
        fee=None,
        fee_kind=FeeKind.TO_COME,
    ),
    FillReport(
        trade_id="80001",
        venue_order_id="251121000310400",
        symbol="NSE:INFY",
        side=Side.SELL,
        price=D("1412.3255"),
        quantity=Quantity(D(2), Unit.SHARES),
        at=at(13, 29, 59),
        fee=None,
        fee_kind=FeeKind.TO_COME,
    ),
]


def listing(own, exchange, tick, lot, is_tradable=True, **facts) -> Listing:
    given = {"segment": exchange, "type": "EQ", "expiry": "", "strike": "", "lot": lot}
    said = facts.pop("name")
    return Listing(
        f"{exchange}:{own}",
        own,
        "INR",
        exchange,
        is_tradable,
        TradingRules(price=Steps(D(tick), D(tick)), quantity=Steps(D(lot), D(lot))) if float(tick) else TradingRules(),
        name=said,
        facts={**given, **facts},
    )


def future(name, **more):
    return {"type": "FUT", "name": name, **more}


LISTINGS = [
    listing("INFY", "NSE", "0.05", "1", token="408065", exchange_token="1594", name="INFOSYS"),
    # An index can be watched, and not bought.
    listing(
        "NIFTY 50",
        "NSE",
        "0.0",
        "0",
        is_tradable=False,
        token="256265",
        exchange_token="1001",
        name="NIFTY 50",
        segment="INDICES",
    ),
    listing(
        "NIFTY25NOVFUT",
        "NFO",
        "0.1",
        "75",
        token="9485826",
        exchange_token="37054",
        **future("NIFTY", segment="NFO-FUT", expiry="2025-11-25"),
    ),
    listing(
        "NIFTY25NOV25900CE",
        "NFO",
        "0.05",
        "75",
        token="9500162",
        exchange_token="37110",
        **future("NIFTY", type="CE", segment="NFO-OPT", expiry="2025-11-25", strike="25900.0"),
    ),
    listing(
        "GOLDPETAL25DECFUT",
        "MCX",
        "1.0",
        "1",
        token="58424839",
        exchange_token="228222",
        **future("GOLDPETAL", segment="MCX-FUT", expiry="2025-12-31"),
    ),
    listing(
        "USDINR25DECFUT",
        "CDS",
        "0.0025",
        "1",
        token="412675",
        exchange_token="1612",
        **future("USDINR", segment="CDS-FUT", expiry="2025-12-29"),
    ),
    # An exchange that nobody here knows: shut.
    listing("MOON", "MOON", "0.05", "1", is_tradable=False, token="777", exchange_token="3", name="PHASES, ALL"),
]


def check_signature(request: Request) -> None:
    """Key and token in one header, the version in another; each order under its own variety."""
    assert request.headers["authorization"] == f"token {KEY}:{TOKEN}"
    assert request.headers["x-kite-version"] == "3"
    if "variety" in request.sent:
        assert request.path.startswith(f"/orders/{request.sent['variety']}")


def check_login(request: Request) -> None:
    assert request.form["checksum"] == sha256(f"{KEY}{REQUEST_TOKEN}{SECRET}".encode()).hexdigest()


def word(name, value="STRANGE", *inside):
    """The body with a word that no document knows, in the first row of its data."""

    def change(body):
        target = body["data"]
        for step in inside:
            target = target[step]
        (target[0] if isinstance(target, list) else target)[name] = value
        return body

    return change


ZERODHA_KIT = Kit(
    facts=ZERODHA,
    make=make,
    placed=PLACED,
    ref=REF,
    asks={
        Act.MODIFY: lambda venue: venue.modify(
            REF, Change(quantity=Quantity(D("10.0"), Unit.SHARES), limit_price=D("1411.050"))
        ),
        Act.FIND: lambda venue: venue.find(LOST),
        Act.OPEN_ORDERS: lambda venue: venue.open_orders(),
        Act.ORDERS_SINCE: lambda venue: venue.orders_since(SINCE, "NSE:INFY"),
        Act.TRADES_SINCE: lambda venue: venue.trades_since(SINCE, "NSE:INFY"),
        Act.BALANCES: lambda venue: venue.balances(),
        Act.HOLDINGS: lambda venue: venue.holdings(),
        Act.POSITIONS: lambda venue: venue.positions(),
        Act.MARGINS: lambda venue: venue.margins(),
        Act.LISTINGS: lambda venue: venue.listings(),
        Act.TICKER: lambda venue: venue.ticker("NSE:INFY"),
        Act.BOOK: lambda venue: venue.book("NSE:INFY", 5),
        Act.CANDLES: lambda venue: venue.candles("NSE:INFY", "1h", SINCE, 500),
        Act.LOG_IN: lambda venue: venue.finish_login({"request_token": REQUEST_TOKEN, "status": "success"}),
    },
    answers={
        "find.answered": Found(PARTIAL),
        "open_orders.answered": [DORMANT, AFTER_HOURS, IN_LOTS, PARTIAL],
        # The one of seven o'clock is older, and the others are of other listings.
        "orders_since.answered": [DORMANT, CANCELLED, PARTIAL],
        "trades_since.answered": FILLS,
        # What the pledge adds is no cash.
        "balances.answered": [Balance("INR", D("100386.75"), D("45706.55"))],
        "balances.answered-one": [Balance("INR", D("0.3"), D(0))],
        "margins.answered": [
            Margin("equity", "INR", D("99725.05000000002"), D("45706.55")),
            Margin("commodity", "INR", D("50000.1"), D(0)),
        ],
        "holdings.answered": [
            Holding("NSE:INFY", D(10), D(0), D(0), D(4), D("801.78125"), D("1412.95"), "INE009A01021"),
            # Nine in all: three of them are not delivered yet.
            Holding("BSE:SBIN", D(6), D(3), D(5), D(0), None, D("1412.95"), "INE062A01020"),
            # Eight were sold today: all that was settled, and two of those that are to come.
            Holding("NSE:IDEA", D(0), D(1), D(0), D(0), D("801.78125"), D(10), "INE669E01016"),
            # Four of ten were sold today, whether or not the quantity says so.
            Holding("NSE:TCS", D(6), D(0), D(0), D(0), D("801.78125"), D("1412.95"), "INE467B01029"),
        ],
        "positions.answered": [
            Position("MCX:LEADMINI25NOVFUT", Product.CARRIED, D(1), D("161.05"), D("161.15")),
            Position("NSE:INFY", Product.INTRADAY, D(-7), D("1412.125"), None),
        ],
        "listings.answered": LISTINGS,
        "ticker.answered": Ticker(
            "NSE:INFY", last=D("1412.95"), bid=None, ask=D("1412.95"), at=at(15, 45, 56), volume=D(7360198)
        ),
        "book.answered": Book(
            "NSE:INFY",
            bids=(),
            asks=(Level(D("1412.95"), D(5191)), Level(D(1413), D(20))),
            at=at(15, 45, 56),
        ),
        "candles.answered": [
            Candle(at(9, 15), 1396.0, 1421.75, 1395.55, 1412.95, 163275.0),
            Candle(at(10, 15), 1412.95, 1415.0, 1410.05, 1411.0, 0.0),
        ],
        "log_in.answered": Login(
            Secret("freshaccesstoken"), "AB1234", "Asha Rao", dt.datetime(2025, 11, 22, 0, 30, tzinfo=dt.UTC)
        ),
    },
    refusals={
        "place.rejected": "MarginException",
        "place.rejected-input": "InputException",
        "place.rejected-holding": "HoldingException",
        "place.rejected-user": "UserException",
        "place.rejected-token": "TokenException",
        "place.rejected-permission": "PermissionException",
        "place.rejected-too-many": "NetworkException",
        "place.rejected-price": "OrderException",
        "cancel.rejected": "InputException",
        "modify.rejected": "NetworkException",
        "modify.rejected-busy": "InputException",
    },
    strange={
        Act.PLACE: word("order_id", None),
        Act.FIND: lambda body: {**body, "data": [{**one, "status": "STRANGE"} for one in body["data"]]},
        Act.OPEN_ORDERS: word("status"),
        Act.ORDERS_SINCE: lambda body: {**body, "data": [{**one, "order_type": None} for one in body["data"]]},
        Act.TRADES_SINCE: word("transaction_type"),
        Act.BALANCES: word("debits", "unreadable", "equity", "utilised"),
        Act.HOLDINGS: word("used_quantity", "unreadable"),
        Act.POSITIONS: word("product", "STRANGE", "net"),
        Act.MARGINS: word("enabled", "unreadable", "equity"),
        Act.LISTINGS: lambda body: body.replace("tick_size", "tick"),
        Act.TICKER: word("last_price", "unreadable", "NSE:INFY"),
        Act.BOOK: word("price", "unreadable", "NSE:INFY", "depth", "sell"),
        Act.CANDLES: lambda body: {**body, "data": {"candles": [["2025-11-21T09:15:00", 1, 1, 1, 1, 1]]}},
        Act.LOG_IN: word("access_token", None),
    },
    check_signature=check_signature,
    signing_fields=frozenset(),
    secrets=(SECRET, TOKEN, KEY),
)
