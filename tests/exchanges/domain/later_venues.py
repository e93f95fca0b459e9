"""Venues that have no adapter yet, described in the language. What VENUES' research could not verify is left open."""

import datetime as dt

from exchanges.domain.capabilities import (
    Carrier,
    FillFee,
    Group,
    Modifying,
    Protection,
    SegmentCapabilities,
    SendWindow,
    Splitting,
    StreamCapabilities,
    Support,
    VenueFacts,
)
from exchanges.domain.credentials import (
    Bound,
    CredentialField,
    CredentialKind,
    CredentialScheme,
    DailyEnd,
    TokenLife,
)
from exchanges.domain.limits import Act, Budget, Refill, Scope
from exchanges.domain.marks import LookUp, MarkForm, MarkPolicy, Reach, Resend, Unique
from exchanges.domain.orders import Hours, Lasting, OrderType, Product, Unit
from exchanges.domain.rights import RightsQuery

N, E = Support.NATIVE, Support.EMULATED
T, L = OrderType, Lasting
NO_WINDOW = SendWindow(length=None, processing=dt.timedelta(seconds=10), settle=dt.timedelta(seconds=30))
KEY = CredentialField("api_key", "API key", is_secret=False)
SECRET = CredentialField("secret", "Secret", is_secret=True)
ORDERS = {Act.PLACE, Act.CANCEL, Act.FIND, Act.OPEN_ORDERS, Act.ORDERS_SINCE, Act.TRADES_SINCE}
BROKER = frozenset(
    ORDERS | {Act.MODIFY, Act.BALANCES, Act.HOLDINGS, Act.POSITIONS, Act.CANDLES, Act.STREAM, Act.LOG_IN}
)

UPSTOX = VenueFacts(
    name="upstox",
    title="Upstox",
    segments={
        "NSE": SegmentCapabilities(
            orders={T.MARKET: N, T.LIMIT: N, T.STOP_LIMIT: N, T.STOP: N, T.TAKE_PROFIT: N, T.TRAILING_STOP: N},
            lasting=frozenset({L.DAY, L.IMMEDIATE_OR_CANCEL}),
            units=frozenset({Unit.SHARES}),
            products=frozenset({Product.DELIVERY, Product.INTRADAY, Product.MARGIN_FUNDED}),
            hours=frozenset({Hours.REGULAR, Hours.NEXT_OPENING}),
            groups={Group.BRACKET: N},
            modifying=Modifying.IN_PLACE,
            protection=Protection.PERCENT,
            splitting=Splitting.SLICES,
            has_holdings=True,
        ),
        # Quantity means lots here, and units everywhere else.
        "MCX": SegmentCapabilities(
            orders={T.MARKET: N, T.LIMIT: N, T.STOP_LIMIT: N, T.STOP: N},
            lasting=frozenset({L.DAY}),
            units=frozenset({Unit.LOTS}),
            products=frozenset({Product.INTRADAY, Product.CARRIED}),
            modifying=Modifying.IN_PLACE,
            protection=Protection.PERCENT,
            splitting=Splitting.SLICES,
        ),
    },
    acts=BROKER | {Act.MARGINS},
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=18,
        unique=Unique.NOTHING,
        look_up=LookUp.BY_MARK,
        reach=Reach.TODAY,
        resend=Resend.MAKES_ANOTHER,
        field="tag",
    ),
    window=NO_WINDOW,
    credentials=CredentialScheme(
        kind=CredentialKind.BROWSER_TOKEN,
        fields=(KEY, SECRET, CredentialField("redirect", "Redirect address", is_secret=False)),
        life=TokenLife(daily_end=DailyEnd(dt.time(3, 30), "Asia/Kolkata"), comes_by_webhook=True),
        bound=Bound.ORDERS,
    ),
    budgets=(
        Budget("orders a second", Scope.ACCOUNT, 10, 1, Refill.WINDOW, {Act.PLACE: 1, Act.MODIFY: 1, Act.CANCEL: 1}),
        Budget("orders in 30 minutes", Scope.ACCOUNT, 2000, 1800, Refill.WINDOW, {Act.PLACE: 1}),
    ),
    rights=RightsQuery.NO_QUESTION,
    candle_intervals=frozenset({"1m", "1h", "1d"}),
    prices=StreamCapabilities(Carrier.PROTOBUF, most_symbols=5000, most_sockets=2, has_one_time_address=True),
    fills=StreamCapabilities(Carrier.JSON, most_sockets=2),
    fee=FillFee.LATER,
    forgets_at_night=True,
    countries=frozenset({"IN"}),
)

FIVE_PAISA = VenueFacts(
    name="5paisa",
    title="5paisa",
    segments={
        "NSE": SegmentCapabilities(
            orders={T.MARKET: N, T.LIMIT: N, T.STOP: N, T.STOP_LIMIT: N, T.TRAILING_STOP: N},
            lasting=frozenset({L.DAY, L.UNTIL_DATE, L.UNTIL_CANCELLED, L.IMMEDIATE_OR_CANCEL, L.FILL_OR_KILL}),
            units=frozenset({Unit.SHARES}),
            products=frozenset({Product.DELIVERY, Product.INTRADAY}),
            groups={Group.BRACKET: N},
            modifying=Modifying.IN_PLACE,
            splitting=Splitting.BATCH,
            has_holdings=True,
        )
    },
    acts=BROKER | {Act.MARGINS},
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=18,
        unique=Unique.NOT_KNOWN,
        look_up=LookUp.BY_MARK,
        reach=Reach.TODAY,
        resend=Resend.NOT_KNOWN,
        field="RemoteOrderID",
    ),
    window=NO_WINDOW,
    credentials=CredentialScheme(
        kind=CredentialKind.BROWSER_TOKEN,
        fields=tuple(
            CredentialField(name, name, is_secret=name not in {"app_name", "app_source", "user_id"})
            for name in ("app_name", "app_source", "user_id", "password", "user_key", "encryption_key")
        ),
        life=TokenLife(daily_end=DailyEnd(dt.time(0), "Asia/Kolkata")),
    ),
    budgets=(),
    rights=RightsQuery.NO_QUESTION,
    candle_intervals=frozenset({"1m", "5m", "10m", "15m", "30m", "1h", "1d"}),
    prices=StreamCapabilities(Carrier.JSON, has_one_time_address=True),
    fills=StreamCapabilities(Carrier.JSON),
    fee=FillFee.NEVER,
    forgets_at_night=True,
    countries=frozenset({"IN"}),
)

WAZIRX = VenueFacts(
    name="wazirx",
    title="WazirX",
    segments={
        "spot": SegmentCapabilities(
            orders={T.LIMIT: N, T.STOP_LIMIT: N, T.MARKET: E, T.TAKE_PROFIT: E},
            lasting=frozenset({L.UNTIL_CANCELLED}),
            units=frozenset({Unit.BASE}),
            protection=Protection.CROSSING_LIMIT,
            is_fractional=True,
        )
    },
    acts=frozenset(ORDERS | {Act.BALANCES, Act.CANDLES, Act.TICKER, Act.BOOK, Act.STREAM, Act.CLOCK}),
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=18,
        unique=Unique.NOT_KNOWN,
        look_up=LookUp.BY_MARK,
        reach=Reach.EVERYTHING,
        resend=Resend.NOT_KNOWN,
        field="clientOrderId",
    ),
    window=SendWindow(
        length=dt.timedelta(seconds=5), processing=dt.timedelta(seconds=10), settle=dt.timedelta(seconds=5)
    ),
    credentials=CredentialScheme(kind=CredentialKind.SIGNED_KEY, fields=(KEY, SECRET)),
    # Each path has a budget of its own.
    budgets=(
        Budget("order", Scope.KEY, 10, 1, Refill.WINDOW, {Act.PLACE: 1, Act.CANCEL: 1}),
        Budget("order query", Scope.KEY, 2, 1, Refill.WINDOW, {Act.FIND: 1}),
        Budget("open orders", Scope.KEY, 1, 1, Refill.WINDOW, {Act.OPEN_ORDERS: 1}),
    ),
    rights=RightsQuery.NO_QUESTION,
    candle_intervals=frozenset({"1m", "1h", "1d", "1w"}),
    prices=StreamCapabilities(Carrier.JSON, most_symbols=1024, longest_life=dt.timedelta(minutes=30)),
    fills=StreamCapabilities(Carrier.JSON),
    countries=frozenset({"IN"}),
)

IBKR = VenueFacts(
    name="ibkr",
    title="Interactive Brokers",
    segments={
        "NYSE": SegmentCapabilities(
            orders={t: N for t in T if t not in {T.TAKE_PROFIT, T.TAKE_PROFIT_LIMIT}},
            lasting=frozenset({L.DAY, L.UNTIL_CANCELLED, L.UNTIL_DATE, L.IMMEDIATE_OR_CANCEL, L.FILL_OR_KILL}),
            units=frozenset({Unit.SHARES, Unit.QUOTE}),
            calendar="XNYS",
            hours=frozenset({Hours.REGULAR, Hours.EXTENDED}),
            groups={Group.ONE_CANCELS_OTHER: N, Group.BRACKET: N},
            modifying=Modifying.IN_PLACE,
            is_fractional=True,
        )
    },
    acts=BROKER - {Act.HOLDINGS, Act.LOG_IN},
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=64,
        unique=Unique.NOTHING,
        look_up=LookUp.SCAN_MARKS,
        reach=Reach.SESSION,
        resend=Resend.MAKES_ANOTHER,
        field="orderRef",
    ),
    window=NO_WINDOW,
    credentials=CredentialScheme(
        kind=CredentialKind.GATEWAY_SESSION,
        fields=(
            CredentialField("host", "Gateway", is_secret=False),
            CredentialField("port", "Port", is_secret=False, pattern=r"\d{1,5}"),
            CredentialField("client_id", "Client id", is_secret=False, pattern=r"\d{1,9}"),
        ),
        life=TokenLife(
            daily_end=DailyEnd(dt.time(0), "America/New_York"), idle=dt.timedelta(minutes=5), is_single=True
        ),
        has_many_accounts=True,
    ),
    budgets=(
        Budget("messages", Scope.SOCKET, 50, 1, Refill.WINDOW, dict.fromkeys(BROKER, 1)),
        Budget("history", Scope.SOCKET, 60, 600, Refill.WINDOW, {Act.CANDLES: 1}),
    ),
    rights=RightsQuery.NO_QUESTION,
    candle_intervals=frozenset({"1m", "5m", "1h", "1d"}),
    prices=StreamCapabilities(Carrier.OWN_TCP, most_symbols=100),
    fills=StreamCapabilities(Carrier.OWN_TCP, is_shared=True),
    fee=FillFee.LATER,
    forgets_at_night=True,
    is_stateful=True,
    may_ask=True,
    has_test_market=True,
)

SCHWAB = VenueFacts(
    name="schwab",
    title="Schwab",
    segments={
        "US": SegmentCapabilities(
            orders={T.MARKET: N, T.LIMIT: N, T.STOP: N, T.STOP_LIMIT: N, T.TRAILING_STOP: N, T.TAKE_PROFIT: E},
            lasting=frozenset({L.DAY, L.UNTIL_CANCELLED, L.FILL_OR_KILL, L.IMMEDIATE_OR_CANCEL}),
            units=frozenset({Unit.SHARES}),
            calendar="XNYS",
            hours=frozenset({Hours.REGULAR, Hours.BEFORE, Hours.AFTER, Hours.EXTENDED}),
            groups={Group.ONE_CANCELS_OTHER: N, Group.BRACKET: N},
            modifying=Modifying.NEW_ID,
        )
    },
    acts=BROKER - {Act.HOLDINGS},
    mark=MarkPolicy(
        form=MarkForm.NONE,
        longest=0,
        unique=Unique.NOTHING,
        look_up=LookUp.SCAN_LIKENESS,
        reach=Reach.DAYS,
        days=60,
        resend=Resend.MAKES_ANOTHER,
    ),
    window=NO_WINDOW,
    credentials=CredentialScheme(
        kind=CredentialKind.REFRESHED_TOKEN,
        fields=(KEY, SECRET),
        life=TokenLife(access=dt.timedelta(minutes=30), hard_end=dt.timedelta(days=7)),
        has_many_accounts=True,
        hashes_account=True,
    ),
    budgets=(Budget("orders", Scope.APP, 120, 60, Refill.WINDOW, {Act.PLACE: 1, Act.MODIFY: 1, Act.CANCEL: 1}),),
    rights=RightsQuery.NO_QUESTION,
    candle_intervals=frozenset({"1m", "5m", "10m", "15m", "30m", "1d", "1w"}),
    prices=StreamCapabilities(Carrier.JSON, most_sockets=1, sends_changes_only=True),
    fills=StreamCapabilities(Carrier.JSON, most_sockets=1, is_shared=True),
    fee=FillFee.LATER,
    has_trade_ids=False,
)

ROBINHOOD = VenueFacts(
    name="robinhood",
    title="Robinhood",
    segments={
        "crypto": SegmentCapabilities(
            orders={T.MARKET: N, T.LIMIT: N, T.STOP: N, T.STOP_LIMIT: N, T.TRAILING_STOP: E},
            lasting=frozenset({L.UNTIL_CANCELLED}),
            units=frozenset({Unit.BASE}),
            groups={Group.ONE_CANCELS_OTHER: E},
            is_fractional=True,
            has_holdings=True,
        )
    },
    acts=frozenset(ORDERS | {Act.BALANCES, Act.HOLDINGS, Act.TICKER, Act.LISTINGS}),
    mark=MarkPolicy(
        form=MarkForm.UUID,
        longest=36,
        unique=Unique.NOT_KNOWN,
        look_up=LookUp.SCAN_MARKS,
        reach=Reach.EVERYTHING,
        resend=Resend.NOT_KNOWN,
        field="client_order_id",
    ),
    window=NO_WINDOW,
    credentials=CredentialScheme(kind=CredentialKind.SIGNED_KEY, fields=(KEY, SECRET)),
    budgets=(Budget("requests", Scope.KEY, 100, 60, Refill.STEADY, dict.fromkeys(ORDERS, 1)),),
    rights=RightsQuery.NO_QUESTION,
    prices=StreamCapabilities(Carrier.POLLING),
    fills=StreamCapabilities(Carrier.POLLING),
    fee=FillFee.NEVER,
    has_trade_ids=False,
)

ALPACA = VenueFacts(
    name="alpaca",
    title="Alpaca",
    segments={
        "equity": SegmentCapabilities(
            orders={T.MARKET: N, T.LIMIT: N, T.STOP: N, T.STOP_LIMIT: N, T.TRAILING_STOP: N},
            lasting=frozenset({L.DAY, L.UNTIL_CANCELLED, L.IMMEDIATE_OR_CANCEL, L.FILL_OR_KILL}),
            units=frozenset({Unit.SHARES, Unit.QUOTE}),
            calendar="XNYS",
            hours=frozenset({Hours.REGULAR, Hours.EXTENDED}),
            groups={Group.ONE_CANCELS_OTHER: N, Group.BRACKET: N},
            modifying=Modifying.NEW_ID,
            is_fractional=True,
        )
    },
    acts=BROKER - {Act.HOLDINGS, Act.LOG_IN},
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=48,
        unique=Unique.ACCOUNT,
        look_up=LookUp.BY_MARK,
        reach=Reach.EVERYTHING,
        resend=Resend.REFUSED,
        field="client_order_id",
    ),
    window=NO_WINDOW,
    credentials=CredentialScheme(kind=CredentialKind.SIGNED_KEY, fields=(KEY, SECRET)),
    budgets=(Budget("requests", Scope.ACCOUNT, 200, 60, Refill.WINDOW, dict.fromkeys(BROKER, 1)),),
    rights=RightsQuery.NO_QUESTION,
    candle_intervals=frozenset({"1m", "1h", "1d"}),
    most_candles=10_000,
    prices=StreamCapabilities(Carrier.MSGPACK, most_symbols=30, most_sockets=1),
    fills=StreamCapabilities(Carrier.MSGPACK),
    fee=FillFee.LATER,
    has_test_market=True,
)

LATER = {one.name: one for one in (UPSTOX, FIVE_PAISA, WAZIRX, IBKR, SCHWAB, ROBINHOOD, ALPACA)}
