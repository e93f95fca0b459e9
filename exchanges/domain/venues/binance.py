"""Binance spot. Sources: binance/binance-spot-api-docs a5e0bc3 (2026-07-21): rest-api, enums, filters, errors,
user-data-stream; the figures of rate limits are the document's samples, and `exchangeInfo` says the ones in force.
"""

import datetime as dt

from exchanges.domain.capabilities import (
    Carrier,
    Group,
    Joining,
    Modifying,
    SegmentCapabilities,
    SendWindow,
    StreamCapabilities,
    Support,
    VenueFacts,
)
from exchanges.domain.credentials import Bound, CredentialField, CredentialKind, CredentialScheme
from exchanges.domain.limits import Act, Budget, Refill, Scope
from exchanges.domain.marks import LookUp, MarkForm, MarkPolicy, Reach, Resend, Unique
from exchanges.domain.orders import Lasting, OrderType, Unit
from exchanges.domain.rights import RightsQuery

N = Support.NATIVE

BINANCE = VenueFacts(
    name="binance",
    title="Binance",
    segments={
        "spot": SegmentCapabilities(
            # Each is allowed per symbol (`orderTypes`): a listing takes away what it does not have.
            orders={
                OrderType.LIMIT: N,
                OrderType.MARKET: N,
                OrderType.STOP: N,
                OrderType.STOP_LIMIT: N,
                OrderType.TAKE_PROFIT: N,
                OrderType.TAKE_PROFIT_LIMIT: N,
            },
            lasting=frozenset({Lasting.UNTIL_CANCELLED, Lasting.IMMEDIATE_OR_CANCEL, Lasting.FILL_OR_KILL}),
            units=frozenset({Unit.BASE, Unit.QUOTE}),
            groups={Group.ONE_CANCELS_OTHER: N},
            modifying=Modifying.QUANTITY_DOWN,
            is_fractional=True,
            has_maker_only=True,
        )
    },
    acts=frozenset(Act) - {Act.HOLDINGS, Act.POSITIONS, Act.MARGINS, Act.LOG_IN},
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=36,
        unique=Unique.OPEN_ORDERS,
        look_up=LookUp.BY_MARK,
        # Cancelled or expired ones without a fill are gone after 90 days (-2026).
        reach=Reach.DAYS,
        days=90,
        # A market order that filled is no open order any more: the same mark buys again.
        resend=Resend.MAKES_ANOTHER,
        field="newClientOrderId",
    ),
    window=SendWindow(
        length=dt.timedelta(milliseconds=5000), processing=dt.timedelta(seconds=10), settle=dt.timedelta(seconds=1)
    ),
    credentials=CredentialScheme(
        kind=CredentialKind.SIGNED_KEY,
        fields=(
            CredentialField(
                "api_key",
                "API key",
                is_secret=False,
                pattern=r"[A-Za-z0-9]{64}",
                help="It has 64 letters and digits.",
            ),
            CredentialField(
                "secret",
                "Secret key",
                is_secret=True,
                pattern=r"[A-Za-z0-9]{64}",
                help="It has 64 letters and digits, and Binance shows it once.",
            ),
        ),
        bound=Bound.OPTIONAL,
        guidance="API Management: create a system-generated key, allow reading and spot trading, restrict it to this "
        "server's address, and leave withdrawals and transfers off.",
    ),
    budgets=(
        Budget(
            "weight",
            Scope.ADDRESS,
            6000,
            60,
            Refill.WINDOW,
            {
                Act.PLACE: 1,
                Act.CANCEL: 1,
                Act.MODIFY: 4,
                Act.FIND: 4,
                Act.OPEN_ORDERS: 80,
                Act.ORDERS_SINCE: 20,
                Act.TRADES_SINCE: 20,
                Act.BALANCES: 20,
                Act.TICKER: 4,
                Act.BOOK: 5,
                Act.CANDLES: 2,
                Act.LISTINGS: 20,
                Act.RIGHTS: 1,
                Act.CLOCK: 1,
            },
        ),
        Budget("orders a second", Scope.ACCOUNT, 100, 10, Refill.WINDOW, {Act.PLACE: 1}),
        Budget("orders a day", Scope.ACCOUNT, 200_000, 86_400, Refill.WINDOW, {Act.PLACE: 1}),
        Budget("connections", Scope.ADDRESS, 300, 300, Refill.WINDOW, {Act.STREAM: 1}),
    ),
    rights=RightsQuery.ANSWERS,
    candle_intervals=frozenset({"1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w"}),
    most_candles=1000,
    prices=StreamCapabilities(
        Carrier.JSON,
        most_symbols=1024,
        longest_life=dt.timedelta(hours=24),
        heartbeat=dt.timedelta(seconds=20),
        joining=Joining.SEQUENCE,
    ),
    fills=StreamCapabilities(Carrier.JSON, longest_life=dt.timedelta(hours=24), heartbeat=dt.timedelta(seconds=20)),
    has_test_market=True,
)
