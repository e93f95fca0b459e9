"""Zerodha by Kite Connect 3. Sources: zerodha/pykiteconnect f5531bd (2026-04-23), kiteconnect-mocks c7a8123
(2026-03-25), the pages connect/v3 orders, websocket and exceptions, forum comments 52970 (tag, market protection),
52316 (static address; no IOC at MCX), 52882 (limits), 51301 (tags of slices), 18210 (a lot of MCX counts as 1).
"""

import datetime as dt

from exchanges.domain.capabilities import (
    Carrier,
    FillFee,
    Joining,
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

_ORDERS = {
    OrderType.LIMIT: N,
    OrderType.MARKET: N,
    OrderType.STOP: N,
    OrderType.STOP_LIMIT: N,
    OrderType.TRAILING_STOP: E,
}
_LASTING = frozenset({Lasting.DAY, Lasting.IMMEDIATE_OR_CANCEL, Lasting.MINUTES})
_OTHER = 10


def _derivatives(
    calendar: str, unit: Unit = Unit.SHARES, lasting: frozenset[Lasting] = _LASTING
) -> SegmentCapabilities:
    return SegmentCapabilities(
        orders=_ORDERS,
        lasting=lasting,
        units=frozenset({unit}),
        calendar=calendar,
        products=frozenset({Product.INTRADAY, Product.CARRIED}),
        hours=frozenset({Hours.REGULAR, Hours.NEXT_OPENING}),
        modifying=Modifying.IN_PLACE,
        protection=Protection.PERCENT,
        splitting=Splitting.SLICES,
        most_changes=25,
    )


_EQUITY = SegmentCapabilities(
    orders=_ORDERS,
    lasting=_LASTING,
    units=frozenset({Unit.SHARES}),
    calendar="XBOM",
    products=frozenset({Product.DELIVERY, Product.INTRADAY, Product.MARGIN_FUNDED}),
    hours=frozenset({Hours.REGULAR, Hours.NEXT_OPENING}),
    modifying=Modifying.IN_PLACE,
    protection=Protection.PERCENT,
    splitting=Splitting.SLICES,
    has_holdings=True,
    needs_sale_authorisation=True,
    most_changes=25,
)

ZERODHA = VenueFacts(
    name="zerodha",
    title="Zerodha",
    segments={
        "NSE": _EQUITY,
        "BSE": _EQUITY,
        "NFO": _derivatives("XBOM"),
        "BFO": _derivatives("XBOM"),
        # Currencies and commodities are counted in lots, shares and indices in units that are multiples of the lot.
        "CDS": _derivatives("XBOM", Unit.LOTS),
        "BCD": _derivatives("XBOM", Unit.LOTS),
        "MCX": _derivatives("XBOM", Unit.LOTS, _LASTING - {Lasting.IMMEDIATE_OR_CANCEL}),
    },
    acts=frozenset(Act) - {Act.RIGHTS, Act.CLOCK},
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=20,
        unique=Unique.NOTHING,
        look_up=LookUp.SCAN_MARKS,
        reach=Reach.TODAY,
        resend=Resend.MAKES_ANOTHER,
        field="tag",
    ),
    # No request of theirs has a window: what cannot be found stays a question for a person.
    window=SendWindow(length=None, processing=dt.timedelta(seconds=10), settle=dt.timedelta(seconds=30)),
    credentials=CredentialScheme(
        kind=CredentialKind.BROWSER_TOKEN,
        fields=(
            CredentialField(
                "api_key", "API key", is_secret=False, pattern=r"[a-z0-9]{16}", help="It has 16 letters and digits."
            ),
            CredentialField(
                "secret",
                "API secret",
                is_secret=True,
                pattern=r"[a-z0-9]{32}",
                help="It has 32 letters and digits.",
            ),
        ),
        life=TokenLife(daily_end=DailyEnd(dt.time(6), "Asia/Kolkata"), is_single=True),
        bound=Bound.ORDERS,
        login_field="api_key",
        guidance="Kite Connect, your app: copy the key and the secret, set the redirect address that is shown here, "
        "and register this server's address; orders from any other are refused.",
    ),
    budgets=(
        Budget("orders a second", Scope.ACCOUNT, 10, 1, Refill.WINDOW, {Act.PLACE: 1, Act.CANCEL: 1, Act.MODIFY: 1}),
        Budget("orders a minute", Scope.ACCOUNT, 400, 60, Refill.WINDOW, {Act.PLACE: 1, Act.MODIFY: 1}),
        Budget("orders a day", Scope.ACCOUNT, 5000, 86_400, Refill.WINDOW, {Act.PLACE: 1}),
        Budget("quotes", Scope.KEY, 1, 1, Refill.WINDOW, {Act.TICKER: 1, Act.BOOK: 1}),
        Budget("candles", Scope.KEY, 3, 1, Refill.WINDOW, {Act.CANDLES: 1}),
        Budget(
            "requests",
            Scope.KEY,
            _OTHER,
            1,
            Refill.WINDOW,
            {
                Act.FIND: 1,
                Act.OPEN_ORDERS: 1,
                Act.ORDERS_SINCE: 1,
                Act.TRADES_SINCE: 1,
                Act.BALANCES: 1,
                Act.HOLDINGS: 1,
                Act.POSITIONS: 1,
                Act.MARGINS: 1,
                Act.LISTINGS: 1,
                Act.LOG_IN: 1,
            },
        ),
    ),
    rights=RightsQuery.NO_QUESTION,
    candle_intervals=frozenset({"1m", "3m", "5m", "10m", "15m", "30m", "1h", "1d"}),
    most_candles=2000,
    prices=StreamCapabilities(
        Carrier.TEXT_AND_BINARY,
        most_symbols=3000,
        most_sockets=3,
        heartbeat=dt.timedelta(seconds=1),
        is_shared=True,
        joining=Joining.WHOLE_EACH_TIME,
    ),
    fills=StreamCapabilities(
        Carrier.TEXT_AND_BINARY, most_sockets=3, heartbeat=dt.timedelta(seconds=1), is_shared=True
    ),
    fee=FillFee.NEVER,
    forgets_at_night=True,
    countries=frozenset({"IN"}),
)
