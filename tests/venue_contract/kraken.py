"""Kraken's part of the contract. The signature is reckoned again from docs.kraken.com, "Spot REST Authentication"."""

import base64
import datetime as dt
import hashlib
import hmac
from decimal import Decimal

from exchanges.adapters.kraken import Kraken
from exchanges.domain.catalogue import GivenCatalogue
from exchanges.domain.holdings import Balance
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import Change, Lasting, OrderRef, OrderRequest, OrderType, Quantity, Unit
from exchanges.domain.outcomes import Found, Unresolved
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status
from exchanges.domain.rights import KeyRights, Withdrawal
from exchanges.domain.venues.kraken import KRAKEN
from exchanges.venue import Credentials
from instruments.domain.candles import Candle
from instruments.domain.rules import Side, Steps, TradingRules
from kernel.encryption.secret import Secret
from kernel.money.amount import Amount
from tests.venue_contract.kit import Asked, Kit, Placed
from tests.venue_contract.replay import Request

D = Decimal
KEY = "Kq" * 28
SECRET = base64.b64encode(b"no key of anybody, sixty-four bytes long as Kraken's own keys are").decode()
CREDENTIALS = Credentials({"api_key": Secret(KEY), "secret": Secret(SECRET)})
MARK = "plfx3k2m7q5w4e6r2t"
NOW = dt.datetime(2025, 11, 21, 8, 0, 0, 500_000, tzinfo=dt.UTC)
PLACED_AT = dt.datetime(2025, 11, 21, 8, 0, 0, 123_000, tzinfo=dt.UTC)
SINCE = dt.datetime(2025, 11, 21, 7, tzinfo=dt.UTC)
UNTIL = dt.datetime(2025, 11, 28, 8, 0, 0, 999_000, tzinfo=dt.UTC)
REF = OrderRef(MARK, "XBTUSD", NOW - dt.timedelta(seconds=2))


def make(address, wire):
    return Kraken(
        credentials=CREDENTIALS,
        wire=wire,
        clock=lambda: NOW,
        catalogue=GivenCatalogue(LISTINGS),
        base_url=address,
    )


def order(kind, **more) -> OrderRequest:
    given = {
        "mark": MARK,
        "symbol": "XBTUSD",
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


def wire(kind, **more) -> dict[str, str]:
    given = {
        "pair": "XBTUSD",
        "type": "buy",
        "ordertype": kind,
        "volume": "0.3",
        "cl_ord_id": MARK,
        "oflags": "fciq",
        "timeinforce": "GTC",
        # Five seconds after the clock that was given.
        "deadline": "2025-11-21T08:00:05.500000Z",
    }
    return {name: value for name, value in {**given, **more}.items() if value is not None}


STOPPED = {"type": "sell", "price": "60000", "trigger": "last"}
PLACED = (
    Placed(order(OrderType.LIMIT), wire("limit", price="61250.4"), "place.accepted"),
    Placed(order(OrderType.MARKET), wire("market", timeinforce=None), "place.accepted-warning"),
    Placed(
        order(OrderType.MARKET, quantity=Quantity(D("100.00"), Unit.QUOTE)),
        wire("market", volume="100", oflags="fciq,viqc", timeinforce=None),
        "place.accepted",
    ),
    Placed(
        order(OrderType.LIMIT, lasting=Lasting.IMMEDIATE_OR_CANCEL),
        wire("limit", price="61250.4", timeinforce="IOC"),
        "place.accepted",
    ),
    Placed(
        order(OrderType.LIMIT, lasting=Lasting.FILL_OR_KILL),
        wire("limit", price="61250.4", timeinforce="FOK"),
        "place.accepted",
    ),
    # It ends no later than was asked: in whole seconds, downwards.
    Placed(
        order(OrderType.LIMIT, lasting=Lasting.UNTIL_DATE, until=UNTIL),
        wire("limit", price="61250.4", timeinforce="GTD", expiretm="1764316800"),
        "place.accepted",
    ),
    Placed(
        order(OrderType.LIMIT, is_maker_only=True), wire("limit", price="61250.4", oflags="fciq,post"), "place.accepted"
    ),
    Placed(order(OrderType.STOP), wire("stop-loss", **STOPPED), "place.accepted"),
    Placed(order(OrderType.STOP_LIMIT), wire("stop-loss-limit", **STOPPED, price2="61250.4"), "place.accepted"),
    Placed(order(OrderType.TAKE_PROFIT), wire("take-profit", **STOPPED), "place.accepted"),
    Placed(
        order(OrderType.TAKE_PROFIT_LIMIT), wire("take-profit-limit", **STOPPED, price2="61250.4"), "place.accepted"
    ),
    # 18 places, and a number that repr would write with an exponent.
    Placed(
        order(OrderType.LIMIT, quantity=Quantity(D("1E-18"), Unit.BASE), limit_price=D("1E+5")),
        wire("limit", volume="0.000000000000000001", price="100000"),
        "place.accepted",
    ),
)


def report(**more) -> OrderReport:
    given = {
        "venue_id": "OUF4EM-FRGI2-MQMWZD",
        "mark": MARK,
        "symbol": "XBTUSD",
        "side": Side.BUY,
        "status": Status.PARTIAL,
        "status_word": "open",
        "type_word": "limit",
        "quantity": Quantity(D("0.3"), Unit.BASE),
        "filled": D("0.1"),
        "average_price": D("61250.4"),
        "limit_price": D("61250.4"),
        "trigger_price": None,
        "placed_at": PLACED_AT,
        "changed_at": None,
    }
    return OrderReport(**{**given, **more})


PARTIAL = report()
FILLED = report(
    status=Status.FILLED,
    status_word="closed",
    filled=D("0.3"),
    changed_at=dt.datetime(2025, 11, 21, 8, 0, 3, 456_000, tzinfo=dt.UTC),
)
STOP = report(
    venue_id="OSTOPS-AAAAA-BBBBBB",
    mark="",
    side=Side.SELL,
    status=Status.ACCEPTED,
    type_word="stop-loss-limit",
    filled=D(0),
    average_price=None,
    limit_price=D(58_900),
    trigger_price=D(59_000),
    is_dormant=True,
)
#: Its price is a distance, and is told as none.
TRAILING = report(
    venue_id="OTRAIL-AAAAA-BBBBBB",
    mark="",
    symbol="ETHUSD",
    status=Status.PENDING,
    status_word="pending",
    type_word="trailing-stop",
    filled=D(0),
    average_price=None,
    limit_price=None,
    placed_at=dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC),
    is_dormant=True,
)
BY_AMOUNT = report(
    venue_id="OVIQCC-AAAAA-BBBBBB",
    mark="pl2222222222222222",
    status=Status.FILLED,
    status_word="closed",
    type_word="market",
    quantity=Quantity(D(100), Unit.QUOTE),
    filled=D("0.00162"),
    average_price=D("61728.3"),
    limit_price=None,
    placed_at=dt.datetime(2025, 11, 21, 7, 26, 40, 500_000, tzinfo=dt.UTC),
    changed_at=dt.datetime(2025, 11, 21, 7, 26, 40, 750_000, tzinfo=dt.UTC),
)
ENDED = report(
    venue_id="OENDED-AAAAA-BBBBBB",
    mark="pl3333333333333333",
    status=Status.EXPIRED,
    status_word="expired",
    filled=D(0),
    average_price=None,
    placed_at=dt.datetime(2025, 11, 21, 7, 26, 41, tzinfo=dt.UTC),
    changed_at=dt.datetime(2025, 11, 21, 7, 27, 41, 250_000, tzinfo=dt.UTC),
    reason="Order expired",
)
FILLS = [
    FillReport(
        trade_id="THVRQM-33VKH-UCI7BS",
        venue_order_id="OUF4EM-FRGI2-MQMWZD",
        symbol="XBTUSD",
        side=Side.BUY,
        price=D("61250.4"),
        quantity=Quantity(D("0.1"), Unit.BASE),
        at=dt.datetime(2025, 11, 21, 8, 0, 3, 456_100, tzinfo=dt.UTC),
        fee=Amount(D("15.3126"), "USD"),
        fee_kind=FeeKind.CHARGED,
        is_maker=True,
    ),
    FillReport(
        trade_id="TCWJEG-FL4SZ-3FKGH6",
        venue_order_id="OUF4EM-FRGI2-MQMWZD",
        symbol="XBTUSD",
        side=Side.SELL,
        price=D("61250.4"),
        quantity=Quantity(D("0.00000001"), Unit.BASE),
        at=dt.datetime(2025, 11, 21, 8, 0, 4, tzinfo=dt.UTC),
        fee=Amount(D(0), "USD"),
        fee_kind=FeeKind.CHARGED,
        is_maker=False,
    ),
]


def facts(key, base_id, **more) -> dict[str, str]:
    return {"key": key, "status": "online", "base_id": base_id, "quote_id": "ZUSD", "unnamed_assets": "", **more}


LISTINGS = [
    Listing(
        "XBTUSD",
        "XBT",
        "USD",
        "spot",
        True,
        TradingRules(price=Steps(D("0.1")), quantity=Steps(D("0.00000001"), D("0.00005")), least_notional=D("0.5")),
        facts=facts("XXBTZUSD", "XXBT"),
    ),
    Listing(
        "ETHUSD",
        "ETH",
        "USD",
        "spot",
        False,
        TradingRules(price=Steps(D("0.01")), quantity=Steps(D("0.00000001"), D("0.002")), least_notional=D("0.5")),
        facts=facts("XETHZUSD", "XETH", status="cancel_only"),
    ),
    # A status that nobody here knows, and an asset that Assets does not tell: shut, and it says why.
    Listing(
        "NEWUSD",
        "NEW",
        "USD",
        "spot",
        False,
        TradingRules(price=Steps(D("0.1")), quantity=Steps(D("0.00001"), D("0.00005")), least_notional=D("0.5")),
        facts=facts("NEWUSD", "NEW", status="phase_of_the_moon", unnamed_assets="NEW"),
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
    """HMAC-SHA512 over the path and the SHA-256 of nonce and body as they were sent, under the decoded secret."""
    nonce = request.form["nonce"]
    inner = hashlib.sha256(nonce.encode() + request.body).digest()
    expected = hmac.new(base64.b64decode(SECRET), request.path.encode() + inner, hashlib.sha512).digest()
    assert request.headers["api-sign"] == base64.b64encode(expected).decode()
    assert request.headers["api-key"] == KEY
    assert request.method == "POST"
    assert "validate" not in request.form
    assert int(nonce) >= int(NOW.timestamp() * 1000)


def first(result, change):
    """The body with its first order or trade changed."""

    def changed(body):
        rows = body["result"][result]
        change(rows[next(iter(rows))])
        return body

    return changed


def result(**more):
    return lambda body: {**body, "result": {**body["result"], **more}}


KRAKEN_KIT = Kit(
    facts=KRAKEN,
    make=make,
    placed=PLACED,
    ref=REF,
    asks={
        Act.MODIFY: lambda venue: venue.modify(
            REF, Change(quantity=Quantity(D("0.20"), Unit.BASE), limit_price=D("61000.0"))
        ),
        Act.FIND: lambda venue: venue.find(REF),
        Act.OPEN_ORDERS: lambda venue: venue.open_orders(),
        Act.ORDERS_SINCE: lambda venue: venue.orders_since(SINCE, "XBTUSD"),
        Act.TRADES_SINCE: lambda venue: venue.trades_since(SINCE, "XBTUSD"),
        Act.BALANCES: lambda venue: venue.balances(),
        Act.RIGHTS: lambda venue: venue.rights(),
        Act.LISTINGS: lambda venue: venue.listings(),
        Act.TICKER: lambda venue: venue.ticker("XBTUSD"),
        Act.BOOK: lambda venue: venue.book("XBTUSD", 5),
        Act.CANDLES: lambda venue: venue.candles("XBTUSD", "1h", SINCE, 500),
        Act.CLOCK: lambda venue: venue.clock(),
    },
    answers={
        "find.answered": Found(PARTIAL),
        "find.answered-closed": Found(FILLED),
        "find.answered-foreign": Unresolved(
            "Kraken told orders of other marks among the open ones: it did not look for ours"
        ),
        "find.answered-two": Unresolved("2 open orders carry this mark"),
        "open_orders.answered": [PARTIAL, STOP, TRAILING],
        "orders_since.answered": [PARTIAL, BY_AMOUNT, ENDED],
        "trades_since.answered": FILLS,
        "balances.answered": [
            Balance("USD", D("120000.1235"), D("18375.12")),
            Balance("XBT", D("0.3"), D("0.10000001")),
            Balance("ETH2.S", D("1.5"), D(0)),
        ],
        "rights.answered": rights(),
        "rights.answered-withdrawals": rights(
            withdrawal=Withdrawal.CAN,
            is_address_bound=False,
            expires_at=dt.datetime(2026, 2, 19, 8, tzinfo=dt.UTC),
            withdrawal_words=("withdraw-funds",),
        ),
        "rights.answered-addresses": rights(
            can_read=False,
            can_trade=False,
            withdrawal=Withdrawal.CAN,
            withdrawal_words=("add-withdraw-address", "update-withdraw-address"),
        ),
        "listings.answered": LISTINGS,
        # No ask stands in the book: it is told as nought, and is none.
        "ticker.answered": Ticker("XBTUSD", last=D("61250.4"), bid=D("61250.3"), ask=None, at=None, volume=D("8913.3")),
        "book.answered": Book(
            "XBTUSD",
            bids=(Level(D("61250.3"), D("1.2")), Level(D("61250.2"), D("0.00000001"))),
            asks=(Level(D("61250.4"), D(3)),),
            at=None,
        ),
        # The first bar that came is older than was asked for.
        "candles.answered": [
            Candle(dt.datetime(2025, 11, 21, 7, tzinfo=dt.UTC), 61100.1, 61300.0, 61000.0, 61250.4, 148.97611427),
            Candle(dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC), 61250.4, 61260.0, 61240.0, 61255.0, 0.0),
        ],
        "clock.answered": dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC),
    },
    refusals={
        "place.rejected": "EOrder:Insufficient funds",
        "place.rejected-minimum": "EOrder:Order minimum not met",
        "place.rejected-tick": "EOrder:Tick size check failed",
        "place.rejected-arguments": "EGeneral:Invalid arguments",
        "place.rejected-key": "EAPI:Invalid key",
        "place.rejected-nonce": "EAPI:Invalid nonce",
        "place.rejected-permission": "EGeneral:Permission denied",
        "place.rejected-too-many": "EOrder:Rate limit exceeded",
        "place.rejected-mode": "EService:Market in cancel_only mode",
        "place.rejected-deadline": "EService:Deadline elapsed",
        "place.rejected-several": "EOrder:Order minimum not met",
        "cancel.rejected": "EOrder:Unknown order",
        "modify.rejected": "EOrder:Insufficient funds",
    },
    strange={
        Act.PLACE: result(txid="STRANGE"),
        Act.FIND: first("open", lambda one: one.update(status="STRANGE")),
        Act.OPEN_ORDERS: first("open", lambda one: one["descr"].update(ordertype="STRANGE")),
        Act.ORDERS_SINCE: first("open", lambda one: one["descr"].update(type="STRANGE")),
        Act.TRADES_SINCE: first("trades", lambda one: one.update(fee="unreadable")),
        Act.BALANCES: result(ZUSD={"balance": "unreadable", "hold_trade": "0"}),
        Act.RIGHTS: result(permissions=["query-funds", "STRANGE"]),
        Act.TICKER: result(XXBTZUSD={"a": ["unreadable"], "b": ["1"], "c": ["1"], "v": ["1", "1"]}),
    },
    check_signature=check_signature,
    signing_fields=frozenset({"nonce"}),
    secrets=(KEY, SECRET),
    sends={
        Act.CANCEL: (Asked("POST", "/0/private/CancelOrder", {"cl_ord_id": MARK}),),
        Act.MODIFY: (
            Asked(
                "POST",
                "/0/private/AmendOrder",
                {
                    "cl_ord_id": MARK,
                    "order_qty": "0.2",
                    "limit_price": "61000",
                    "deadline": "2025-11-21T08:00:05.500000Z",
                },
            ),
        ),
        Act.FIND: (
            Asked("POST", "/0/private/OpenOrders", {"cl_ord_id": MARK}),
            Asked("POST", "/0/private/ClosedOrders", {"cl_ord_id": MARK}),
        ),
        Act.OPEN_ORDERS: (Asked("POST", "/0/private/OpenOrders", {}),),
        Act.ORDERS_SINCE: (
            Asked("POST", "/0/private/OpenOrders", {}),
            Asked("POST", "/0/private/ClosedOrders", {"start": "1763708399", "closetime": "open"}),
        ),
        Act.TRADES_SINCE: (
            Asked("POST", "/0/private/TradesHistory", {"start": "1763708399", "consolidate_taker": "false"}),
        ),
        Act.BALANCES: (Asked("POST", "/0/private/BalanceEx", {}),),
        Act.RIGHTS: (Asked("POST", "/0/private/GetApiKeyInfo", {}),),
        Act.LISTINGS: (Asked("GET", "/0/public/Assets", {}), Asked("GET", "/0/public/AssetPairs", {})),
        Act.TICKER: (Asked("GET", "/0/public/Ticker", {"pair": "XBTUSD"}),),
        Act.BOOK: (Asked("GET", "/0/public/Depth", {"pair": "XBTUSD", "count": "5"}),),
        Act.CANDLES: (Asked("GET", "/0/public/OHLC", {"pair": "XBTUSD", "interval": "60", "since": "1763708399"}),),
        Act.CLOCK: (Asked("GET", "/0/public/Time", {}),),
    },
)
