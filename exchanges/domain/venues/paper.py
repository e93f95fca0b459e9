"""Our own pretended venue: real prices, pretended money, every kind of order that our matching knows."""

import datetime as dt

from exchanges.domain.capabilities import Modifying, SegmentCapabilities, SendWindow, Support, VenueFacts
from exchanges.domain.credentials import CredentialKind, CredentialScheme
from exchanges.domain.limits import Act
from exchanges.domain.marks import LookUp, MarkForm, MarkPolicy, Reach, Resend, Unique
from exchanges.domain.orders import Lasting, OrderType, Unit
from exchanges.domain.rights import RightsQuery

N = Support.NATIVE

PAPER = VenueFacts(
    name="paper",
    title="Paper",
    segments={
        "spot": SegmentCapabilities(
            orders={OrderType.MARKET: N, OrderType.LIMIT: N, OrderType.STOP: N, OrderType.STOP_LIMIT: N},
            lasting=frozenset(
                {Lasting.UNTIL_CANCELLED, Lasting.DAY, Lasting.IMMEDIATE_OR_CANCEL, Lasting.FILL_OR_KILL}
            ),
            units=frozenset({Unit.BASE, Unit.SHARES}),
            modifying=Modifying.QUANTITY_DOWN,
            is_fractional=True,
            has_maker_only=True,
        )
    },
    acts=frozenset(
        {
            Act.PLACE,
            Act.CANCEL,
            Act.MODIFY,
            Act.FIND,
            Act.OPEN_ORDERS,
            Act.ORDERS_SINCE,
            Act.TRADES_SINCE,
            Act.BALANCES,
            Act.CLOCK,
        }
    ),
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=36,
        unique=Unique.ACCOUNT,
        look_up=LookUp.BY_MARK,
        reach=Reach.EVERYTHING,
        resend=Resend.REFUSED,
        field="mark",
    ),
    window=SendWindow(length=dt.timedelta(seconds=5), processing=dt.timedelta(), settle=dt.timedelta()),
    credentials=CredentialScheme(kind=CredentialKind.NOTHING),
    budgets=(),
    rights=RightsQuery.NO_QUESTION,
    has_test_market=True,
)
