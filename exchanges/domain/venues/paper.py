"""Our own pretended venue: the prices, filters and fees of the venue that an account follows, and pretended money.

What it declares is what our matching does, wherever it follows. Shares are bought and sold for delivery alone: they
count as delivered at once, and nothing is lent.
"""

import datetime as dt

from exchanges.domain.capabilities import FillFee, Modifying, SegmentCapabilities, SendWindow, Support, VenueFacts
from exchanges.domain.credentials import CredentialKind, CredentialScheme
from exchanges.domain.limits import Act
from exchanges.domain.marks import LookUp, MarkForm, MarkPolicy, Reach, Resend, Unique
from exchanges.domain.orders import Lasting, OrderType, Product, Unit
from exchanges.domain.rights import RightsQuery

N = Support.NATIVE

_ORDERS = {OrderType.MARKET: N, OrderType.LIMIT: N, OrderType.STOP: N, OrderType.STOP_LIMIT: N}
_SHARES = SegmentCapabilities(
    orders=_ORDERS,
    lasting=frozenset({Lasting.DAY, Lasting.IMMEDIATE_OR_CANCEL}),
    units=frozenset({Unit.SHARES}),
    calendar="XBOM",
    products=frozenset({Product.DELIVERY}),
    modifying=Modifying.QUANTITY_DOWN,
    has_holdings=True,
)

PAPER = VenueFacts(
    name="paper",
    title="Paper",
    segments={
        "spot": SegmentCapabilities(
            orders=_ORDERS,
            lasting=frozenset(
                {Lasting.UNTIL_CANCELLED, Lasting.DAY, Lasting.IMMEDIATE_OR_CANCEL, Lasting.FILL_OR_KILL}
            ),
            units=frozenset({Unit.BASE}),
            modifying=Modifying.QUANTITY_DOWN,
            is_fractional=True,
            has_maker_only=True,
        ),
        "NSE": _SHARES,
        "BSE": _SHARES,
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
            Act.HOLDINGS,
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
    # An order is in the store when the call ends, or it is not: the window is what a slow database may take.
    window=SendWindow(length=dt.timedelta(seconds=5), processing=dt.timedelta(), settle=dt.timedelta()),
    credentials=CredentialScheme(kind=CredentialKind.NOTHING),
    budgets=(),
    rights=RightsQuery.NO_QUESTION,
    fee=FillFee.IN_FILL,
    has_test_market=True,
)
