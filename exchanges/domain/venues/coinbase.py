"""Coinbase Advanced Trade. Sources: coinbase/coinbase-advanced-py 54fb8ed (2026-06-19), the page "Create Order" of
docs.cdp.coinbase.com (2026); the rate limits are a secondary source's.
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

N, E = Support.NATIVE, Support.EMULATED

_PRIVATE = dict.fromkeys(
    (
        Act.PLACE,
        Act.CANCEL,
        Act.MODIFY,
        Act.FIND,
        Act.OPEN_ORDERS,
        Act.ORDERS_SINCE,
        Act.TRADES_SINCE,
        Act.BALANCES,
        Act.RIGHTS,
    ),
    1,
)

COINBASE = VenueFacts(
    name="coinbase",
    title="Coinbase Advanced",
    segments={
        "spot": SegmentCapabilities(
            orders={
                OrderType.MARKET: N,
                OrderType.LIMIT: N,
                OrderType.STOP_LIMIT: N,
                OrderType.STOP: E,
                OrderType.TAKE_PROFIT: E,
                OrderType.TRAILING_STOP: E,
            },
            lasting=frozenset(
                {
                    Lasting.UNTIL_CANCELLED,
                    Lasting.UNTIL_DATE,
                    Lasting.IMMEDIATE_OR_CANCEL,
                    Lasting.FILL_OR_KILL,
                }
            ),
            units=frozenset({Unit.BASE, Unit.QUOTE}),
            groups={Group.BRACKET: N},
            # Price and size, of limits that stand until cancelled ("Edit Order").
            modifying=Modifying.IN_PLACE,
            is_fractional=True,
            has_maker_only=True,
        )
    },
    acts=frozenset(Act) - {Act.HOLDINGS, Act.POSITIONS, Act.MARGINS, Act.LOG_IN},
    mark=MarkPolicy(
        form=MarkForm.UUID,
        longest=36,
        unique=Unique.ACCOUNT,
        look_up=LookUp.SCAN_MARKS,
        reach=Reach.EVERYTHING,
        resend=Resend.RETURNS_FIRST,
        field="client_order_id",
    ),
    # The request's token lives 120 s: nothing of it can be taken later.
    window=SendWindow(
        length=dt.timedelta(seconds=120), processing=dt.timedelta(seconds=10), settle=dt.timedelta(seconds=5)
    ),
    credentials=CredentialScheme(
        kind=CredentialKind.REQUEST_TOKEN,
        fields=(
            CredentialField(
                "api_key",
                "API key name",
                is_secret=False,
                pattern=r"organizations/[0-9a-f-]{36}/apiKeys/[0-9a-f-]{36}",
                help="It reads organizations/…/apiKeys/…",
            ),
            CredentialField(
                "secret",
                "Private key",
                is_secret=True,
                is_long=True,
                pattern=r"-----BEGIN EC PRIVATE KEY-----\n.+\n-----END EC PRIVATE KEY-----",
                help="It is the whole text from BEGIN EC PRIVATE KEY to END EC PRIVATE KEY, with its line breaks.",
            ),
        ),
        bound=Bound.OPTIONAL,
        has_many_accounts=True,
        guidance="Coinbase Developer Platform, API keys: a secret key of the kind ECDSA with the rights to view and "
        "to trade, restricted to this server's address, without the right to transfer.",
    ),
    budgets=(
        Budget("private requests", Scope.KEY, 30, 1, Refill.WINDOW, _PRIVATE),
        Budget(
            "public requests",
            Scope.ADDRESS,
            10,
            1,
            Refill.WINDOW,
            {Act.TICKER: 1, Act.BOOK: 1, Act.CANDLES: 1, Act.LISTINGS: 1, Act.CLOCK: 1},
        ),
        # Two figures are in circulation, 8 and 750 a second; the smaller one is kept to.
        Budget("connections", Scope.ADDRESS, 8, 1, Refill.WINDOW, {Act.STREAM: 1}),
    ),
    rights=RightsQuery.ANSWERS,
    candle_intervals=frozenset({"1m", "5m", "15m", "30m", "1h", "2h", "6h", "1d"}),
    most_candles=300,
    prices=StreamCapabilities(Carrier.JSON, heartbeat=dt.timedelta(seconds=1), joining=Joining.SEQUENCE),
    fills=StreamCapabilities(Carrier.JSON, heartbeat=dt.timedelta(seconds=1)),
)
