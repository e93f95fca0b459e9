"""Kraken spot. Sources: docs.kraken.com "Add Order" (2026-08-25), which lists fill or kill too; "Get API Key Info"
(2026-05-27), "Spot Trading Limits", "Spot REST Rate Limits"; api-evangelist/kraken 675d8f5 (2026-08-22). The budgets
are those of the lowest tier.
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
from exchanges.domain.limits import Act, AgeStep, Budget, Refill, Scope
from exchanges.domain.marks import LookUp, MarkForm, MarkPolicy, Reach, Resend, Unique
from exchanges.domain.orders import Lasting, OrderType, Unit
from exchanges.domain.rights import RightsQuery

N = Support.NATIVE

KRAKEN = VenueFacts(
    name="kraken",
    title="Kraken",
    segments={
        "spot": SegmentCapabilities(
            orders={
                OrderType.MARKET: N,
                OrderType.LIMIT: N,
                OrderType.STOP: N,
                OrderType.STOP_LIMIT: N,
                OrderType.TAKE_PROFIT: N,
                # Kraken has trailing stops; an order of ours has no word for their distance yet.
                OrderType.TAKE_PROFIT_LIMIT: N,
            },
            lasting=frozenset(
                {
                    Lasting.UNTIL_CANCELLED,
                    Lasting.IMMEDIATE_OR_CANCEL,
                    Lasting.FILL_OR_KILL,
                    Lasting.UNTIL_DATE,
                }
            ),
            # Quote amounts are taken of market buys only (viqc).
            units=frozenset({Unit.BASE, Unit.QUOTE}),
            groups={Group.BRACKET: N},
            modifying=Modifying.IN_PLACE,
            is_fractional=True,
            has_maker_only=True,
        )
    },
    acts=frozenset(Act) - {Act.HOLDINGS, Act.POSITIONS, Act.MARGINS, Act.LOG_IN},
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=18,
        unique=Unique.OPEN_ORDERS,
        look_up=LookUp.BY_MARK,
        reach=Reach.EVERYTHING,
        resend=Resend.MAKES_ANOTHER,
        field="cl_ord_id",
    ),
    # `deadline` takes 2 to 60 s.
    window=SendWindow(
        length=dt.timedelta(seconds=5), processing=dt.timedelta(seconds=10), settle=dt.timedelta(seconds=1)
    ),
    credentials=CredentialScheme(
        kind=CredentialKind.SIGNED_KEY,
        fields=(
            CredentialField(
                "api_key",
                "API key",
                is_secret=False,
                pattern=r"[A-Za-z0-9+/]{50,64}={0,2}",
                help="It has 56 characters.",
            ),
            CredentialField(
                "secret",
                "Private key",
                is_secret=True,
                pattern=r"[A-Za-z0-9+/]{80,}={0,2}",
                help="It has 88 characters and ends with ==.",
            ),
        ),
        bound=Bound.OPTIONAL,
        guidance="Settings, API: a key that may query funds, orders and trades and create, modify and cancel orders, "
        "restricted to this server's address, without the right to withdraw.",
    ),
    budgets=(
        Budget(
            "requests",
            Scope.KEY,
            15,
            45,
            Refill.STEADY,
            {
                Act.FIND: 1,
                Act.OPEN_ORDERS: 1,
                Act.ORDERS_SINCE: 2,
                Act.TRADES_SINCE: 2,
                Act.BALANCES: 1,
                Act.RIGHTS: 1,
                Act.STREAM: 1,
            },
        ),
        Budget(
            "public requests",
            Scope.ADDRESS,
            1,
            1,
            Refill.STEADY,
            {Act.TICKER: 1, Act.BOOK: 1, Act.CANDLES: 1, Act.LISTINGS: 1, Act.CLOCK: 1},
        ),
        Budget(
            "orders of a pair",
            Scope.PAIR,
            60,
            60,
            Refill.STEADY,
            {Act.PLACE: 1, Act.MODIFY: 1},
            age_costs={
                Act.CANCEL: (
                    AgeStep(5, 8),
                    AgeStep(10, 6),
                    AgeStep(15, 5),
                    AgeStep(45, 4),
                    AgeStep(90, 2),
                    AgeStep(300, 1),
                ),
                Act.MODIFY: (AgeStep(5, 4), AgeStep(10, 3), AgeStep(15, 2)),
            },
        ),
    ),
    rights=RightsQuery.ANSWERS,
    names_assets_apart=True,
    clock_step=dt.timedelta(seconds=1),
    candle_intervals=frozenset({"1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"}),
    most_candles=720,
    # "Heartbeat": about once a second while a channel is subscribed to and silent.
    prices=StreamCapabilities(Carrier.JSON, heartbeat=dt.timedelta(seconds=1), joining=Joining.CHECKSUM),
    fills=StreamCapabilities(Carrier.JSON, heartbeat=dt.timedelta(seconds=1)),
)
