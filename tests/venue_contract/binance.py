"""Binance's part of the contract. The signature is reckoned again from rest-api.md, "SIGNED Endpoint security"."""

import datetime as dt
import hashlib
import hmac
from decimal import Decimal

from exchanges.adapters.binance import Binance
from exchanges.domain.holdings import Balance
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import Change, Lasting, OrderRef, OrderRequest, OrderType, Quantity, Unit
from exchanges.domain.outcomes import Found
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status
from exchanges.domain.rights import KeyRights, Withdrawal
from exchanges.domain.venues.binance import BINANCE
from exchanges.venue import Credentials
from instruments.domain.candles import Candle
from instruments.domain.rules import Band, Side, Steps, TradingRules
from kernel.encryption.secret import Secret
from kernel.money.amount import Amount
from tests.venue_contract.kit import Asked, Kit, Placed
from tests.venue_contract.replay import Request

D = Decimal
KEY, SECRET = "k" * 63 + "1", "s" * 63 + "2"
MARK = "plfx3k2m7q5w4e6r2t"
NOW = dt.datetime(2025, 11, 21, 8, 0, 0, 500_000, tzinfo=dt.UTC)
PLACED_AT = dt.datetime(2025, 11, 21, 8, 0, 0, 123_000, tzinfo=dt.UTC)
CHANGED_AT = dt.datetime(2025, 11, 21, 8, 0, 3, 456_000, tzinfo=dt.UTC)
SINCE = dt.datetime(2025, 11, 21, 7, tzinfo=dt.UTC)
REF = OrderRef(MARK, "BTCUSDT", NOW - dt.timedelta(seconds=2))


def make(address, wire):
    return Binance(
        credentials=Credentials({"api_key": Secret(KEY), "secret": Secret(SECRET)}),
        wire=wire,
        clock=lambda: NOW,
        base_url=address,
    )


def order(kind, **more) -> OrderRequest:
    given = {
        "mark": MARK,
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "type": kind,
        # A sum that floats get wrong, and zeros that must not be sent.
        "quantity": Quantity((D("0.1") + D("0.2")).quantize(D("1E-18")), Unit.BASE),
        "lasting": Lasting.UNTIL_CANCELLED,
    }
    if kind.has_limit:
        given["limit_price"] = D("61250.40")
    if kind.has_trigger:
        given |= {"trigger_price": D(60_000), "side": Side.SELL}
    return OrderRequest(**{**given, **more})


def wire(kind, **more) -> dict[str, str]:
    given = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": kind,
        "quantity": "0.3",
        "newClientOrderId": MARK,
        "newOrderRespType": "FULL",
    }
    return {name: value for name, value in {**given, **more}.items() if value is not None}


LIMITED = {"price": "61250.4", "timeInForce": "GTC"}
STOPPED = {"stopPrice": "60000", "side": "SELL"}
PLACED = (
    Placed(order(OrderType.LIMIT), wire("LIMIT", **LIMITED), "place.accepted"),
    Placed(order(OrderType.MARKET), wire("MARKET"), "place.accepted-market"),
    Placed(
        order(OrderType.MARKET, quantity=Quantity(D("100.00"), Unit.QUOTE)),
        wire("MARKET", quantity=None, quoteOrderQty="100"),
        "place.accepted-amount",
    ),
    Placed(
        order(OrderType.LIMIT, lasting=Lasting.IMMEDIATE_OR_CANCEL),
        wire("LIMIT", price="61250.4", timeInForce="IOC"),
        "place.accepted",
    ),
    Placed(
        order(OrderType.LIMIT, lasting=Lasting.FILL_OR_KILL),
        wire("LIMIT", price="61250.4", timeInForce="FOK"),
        "place.accepted",
    ),
    Placed(order(OrderType.LIMIT, is_maker_only=True), wire("LIMIT_MAKER", price="61250.4"), "place.accepted-maker"),
    Placed(order(OrderType.STOP), wire("STOP_LOSS", **STOPPED), "place.accepted-stop-loss"),
    Placed(
        order(OrderType.STOP_LIMIT),
        wire("STOP_LOSS_LIMIT", **STOPPED, **LIMITED),
        "place.accepted-stop-loss-limit",
    ),
    Placed(order(OrderType.TAKE_PROFIT), wire("TAKE_PROFIT", **STOPPED), "place.accepted-take-profit"),
    Placed(
        order(OrderType.TAKE_PROFIT_LIMIT),
        wire("TAKE_PROFIT_LIMIT", **STOPPED, **LIMITED),
        "place.accepted-take-profit-limit",
    ),
    # 18 places, and a number that repr would write with an exponent.
    Placed(
        order(OrderType.LIMIT, quantity=Quantity(D("1E-18"), Unit.BASE), limit_price=D("1E+5")),
        wire("LIMIT", quantity="0.000000000000000001", price="100000", timeInForce="GTC"),
        "place.accepted",
    ),
)

PARTIAL = OrderReport(
    venue_id="7310442",
    mark=MARK,
    symbol="BTCUSDT",
    side=Side.BUY,
    status=Status.PARTIAL,
    status_word="PARTIALLY_FILLED",
    type_word="LIMIT",
    quantity=Quantity(D("0.30000000"), Unit.BASE),
    filled=D("0.1"),
    average_price=D("61250.4"),
    limit_price=D("61250.4"),
    trigger_price=None,
    placed_at=PLACED_AT,
    changed_at=CHANGED_AT,
)
DORMANT = OrderReport(
    venue_id="7310500",
    mark="web_9f8e7d",
    symbol="BTCUSDT",
    side=Side.SELL,
    status=Status.ACCEPTED,
    status_word="NEW",
    type_word="STOP_LOSS_LIMIT",
    quantity=Quantity(D("0.3"), Unit.BASE),
    filled=D(0),
    average_price=None,
    limit_price=D("61250.4"),
    trigger_price=D(59_000),
    placed_at=PLACED_AT,
    changed_at=CHANGED_AT,
    is_dormant=True,
)
#: Its average was not kept: the figure is below nought.
OLD = OrderReport(
    venue_id="7310400",
    mark="pl2222222222222222",
    symbol="BTCUSDT",
    side=Side.BUY,
    status=Status.FILLED,
    status_word="FILLED",
    type_word="LIMIT",
    quantity=Quantity(D("0.3"), Unit.BASE),
    filled=D("0.3"),
    average_price=None,
    limit_price=D("61250.4"),
    trigger_price=None,
    placed_at=PLACED_AT,
    changed_at=CHANGED_AT,
)
FILLS = [
    FillReport(
        trade_id="9001",
        venue_order_id="7310442",
        symbol="BTCUSDT",
        side=Side.BUY,
        price=D("61250.4"),
        quantity=Quantity(D("0.1"), Unit.BASE),
        at=CHANGED_AT,
        fee=Amount(D("0.0001"), "BTC"),
        fee_kind=FeeKind.CHARGED,
        is_maker=True,
    ),
    FillReport(
        trade_id="9002",
        venue_order_id="7310442",
        symbol="BTCUSDT",
        side=Side.SELL,
        price=D("61250.4"),
        quantity=Quantity(D("0.000000010000000001"), Unit.BASE),
        at=dt.datetime(2025, 11, 21, 8, 0, 3, 999_000, tzinfo=dt.UTC),
        fee=Amount(D(0), "BNB"),
        fee_kind=FeeKind.CHARGED,
        is_maker=False,
    ),
]
BTCUSDT = TradingRules(
    price=Steps(D("0.01"), D("0.01"), D(1_000_000)),
    quantity=Steps(D("0.00001"), D("0.00001"), D(9000)),
    market_quantity=Steps(None, None, D("120.5")),
    least_notional=D(5),
    least_binds_market=True,
    most_notional=D(9_000_000),
    most_binds_market=False,
    buy_band=Band(D("0.2"), D("1.2")),
    sell_band=Band(D("0.8"), D(5)),
)
TYPES = frozenset({OrderType.LIMIT, OrderType.MARKET, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT})
FACTS = {"status": "TRADING", "maker_only": "true", "by_amount": "true", "strange_filters": ""}
LISTINGS = [
    Listing("BTCUSDT", "BTC", "USDT", "spot", True, BTCUSDT, TYPES, facts=FACTS),
    Listing(
        "OLDUSDT",
        "OLD",
        "USDT",
        "spot",
        False,
        TradingRules(
            price=Steps(D("0.000001")),
            least_notional=D(10),
            least_binds_market=False,
            buy_band=Band(D("0.7"), D("1.3")),
            sell_band=Band(D("0.7"), D("1.3")),
        ),
        frozenset({OrderType.LIMIT, OrderType.MARKET}),
        facts={**FACTS, "status": "BREAK", "maker_only": "false"},
    ),
    # A filter of a kind that nobody here knows: shut, and it says why.
    Listing(
        "NEWUSDT", "NEW", "USDT", "spot", False, BTCUSDT, TYPES, facts={**FACTS, "strange_filters": "PHASE_OF_THE_MOON"}
    ),
]


def rights(**more) -> KeyRights:
    given = {
        "can_read": True,
        "can_trade": True,
        "withdrawal": Withdrawal.CANNOT,
        "is_address_bound": True,
        "expires_at": None,
    }
    return KeyRights(**{**given, **more})


def check_signature(request: Request) -> None:
    """HMAC-SHA256 over query and body as they were sent, in hexadecimal."""
    payload, _, signature = (request.raw_query + request.body.decode()).rpartition("&signature=")
    assert hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest() == signature
    assert request.headers["x-mbx-apikey"] == KEY
    assert request.sent["timestamp"] == str(int(NOW.timestamp() * 1000))
    assert int(request.sent["recvWindow"]) == 5000


def word(name, value="STRANGE"):
    """The body with a word that no document knows."""

    def change(body):
        target = body[0] if isinstance(body, list) else body
        target[name] = value
        return body

    return change


BINANCE_KIT = Kit(
    facts=BINANCE,
    make=make,
    placed=PLACED,
    ref=REF,
    asks={
        Act.MODIFY: lambda venue: venue.modify(REF, Change(quantity=Quantity(D("0.20"), Unit.BASE))),
        Act.FIND: lambda venue: venue.find(REF),
        Act.OPEN_ORDERS: lambda venue: venue.open_orders(),
        Act.ORDERS_SINCE: lambda venue: venue.orders_since(SINCE, "BTCUSDT"),
        Act.TRADES_SINCE: lambda venue: venue.trades_since(SINCE, "BTCUSDT"),
        Act.BALANCES: lambda venue: venue.balances(),
        Act.RIGHTS: lambda venue: venue.rights(),
        Act.LISTINGS: lambda venue: venue.listings(),
        Act.TICKER: lambda venue: venue.ticker("BTCUSDT"),
        Act.BOOK: lambda venue: venue.book("BTCUSDT", 5),
        Act.CANDLES: lambda venue: venue.candles("BTCUSDT", "1h", SINCE, 500),
        Act.CLOCK: lambda venue: venue.clock(),
    },
    answers={
        "find.answered": Found(PARTIAL),
        "open_orders.answered": [PARTIAL, DORMANT],
        "orders_since.answered": [PARTIAL, OLD],
        "trades_since.answered": FILLS,
        "balances.answered": [
            Balance("BTC", D("0.3"), D("0.10000001")),
            Balance("USDT", D("120000.12345678"), D("18375.12")),
        ],
        "rights.answered": rights(),
        "rights.answered-withdrawals": rights(
            withdrawal=Withdrawal.CAN,
            is_address_bound=False,
            expires_at=dt.datetime(2026, 2, 19, 8, tzinfo=dt.UTC),
            withdrawal_words=("enableWithdrawals",),
        ),
        "rights.answered-transfer": rights(
            withdrawal=Withdrawal.CAN, withdrawal_words=("enableInternalTransfer", "permitsUniversalTransfer")
        ),
        "listings.answered": LISTINGS,
        # No ask stands in the book: it is told as nought, and is none.
        "ticker.answered": Ticker(
            "BTCUSDT",
            last=D("61250.4"),
            bid=D("61250.39"),
            ask=None,
            at=dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC),
            volume=D("8913.3"),
        ),
        "book.answered": Book(
            "BTCUSDT",
            bids=(Level(D("61250.39"), D("1.2")), Level(D("61250.38"), D("0.00000001"))),
            asks=(Level(D("61250.41"), D(3)),),
            at=None,
            sequence=1027024,
        ),
        "candles.answered": [
            Candle(dt.datetime(2025, 11, 21, 7, tzinfo=dt.UTC), 61100.1, 61300.0, 61000.0, 61250.4, 148.97611427),
            Candle(dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC), 61250.4, 61260.0, 61240.0, 61255.0, 0.0),
        ],
        "clock.answered": PLACED_AT,
    },
    refusals={
        "place.rejected": "-2010",
        "place.rejected-filter": "-1013",
        "place.rejected-parameter": "-1102",
        "place.rejected-symbol": "-1121",
        "place.rejected-clock": "-1021",
        "place.rejected-signature": "-1022",
        "place.rejected-key": "-2015",
        "place.rejected-too-many": "-1003",
        "place.rejected-ban": "-1003",
        "place.rejected-orders": "-1015",
        "cancel.rejected": "-2011",
        "modify.rejected": "-2038",
    },
    strange={
        Act.PLACE: word("status"),
        Act.FIND: word("status"),
        Act.OPEN_ORDERS: word("side"),
        Act.ORDERS_SINCE: word("status"),
        Act.TRADES_SINCE: word("commission", "unreadable"),
        Act.BALANCES: lambda body: {**body, "balances": [{"asset": "BTC", "free": "unreadable", "locked": "0"}]},
        Act.RIGHTS: word("enableWithdrawals"),
        Act.TICKER: word("lastPrice", "unreadable"),
    },
    check_signature=check_signature,
    signing_fields=frozenset({"timestamp", "recvWindow", "signature"}),
    secrets=(KEY, SECRET),
    sends={
        Act.CANCEL: (Asked("DELETE", "/api/v3/order", {"symbol": "BTCUSDT", "origClientOrderId": MARK}),),
        Act.MODIFY: (
            Asked(
                "PUT",
                "/api/v3/order/amend/keepPriority",
                {"symbol": "BTCUSDT", "origClientOrderId": MARK, "newQty": "0.2", "newClientOrderId": MARK},
            ),
        ),
        Act.FIND: (Asked("GET", "/api/v3/order", {"symbol": "BTCUSDT", "origClientOrderId": MARK}),),
        Act.OPEN_ORDERS: (Asked("GET", "/api/v3/openOrders", {}),),
        Act.TRADES_SINCE: (
            Asked("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT", "startTime": "1763708400000", "limit": "1000"}),
        ),
    },
)
