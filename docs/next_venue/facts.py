"""Next Venue spot. Sources: name each document here, with its version or commit and its date.

Declare only what the documents say. What is not declared is never asked of the venue.
"""

import datetime as dt

from exchanges.domain.capabilities import SegmentCapabilities, SendWindow, Support, VenueFacts
from exchanges.domain.credentials import CredentialField, CredentialKind, CredentialScheme
from exchanges.domain.limits import Act, Budget, Refill, Scope
from exchanges.domain.marks import LookUp, MarkForm, MarkPolicy, Reach, Resend, Unique
from exchanges.domain.orders import Lasting, OrderType, Unit
from exchanges.domain.rights import RightsQuery

NEXT_VENUE = VenueFacts(
    name="next_venue",
    title="Next Venue",
    segments={
        "spot": SegmentCapabilities(
            orders={OrderType.LIMIT: Support.NATIVE},
            lasting=frozenset({Lasting.UNTIL_CANCELLED}),
            units=frozenset({Unit.BASE}),
            is_fractional=True,
        )
    },
    acts=frozenset({Act.PLACE, Act.CANCEL, Act.FIND, Act.OPEN_ORDERS, Act.BALANCES, Act.CLOCK}),
    mark=MarkPolicy(
        form=MarkForm.LETTERS_AND_DIGITS,
        longest=32,
        # Not known is a fact too, and the safe one.
        unique=Unique.NOT_KNOWN,
        look_up=LookUp.BY_MARK,
        reach=Reach.TODAY,
        resend=Resend.NOT_KNOWN,
        field="client_id",
    ),
    # Without a window of the venue's own an order that cannot be found stays a question for a person.
    window=SendWindow(length=None, processing=dt.timedelta(seconds=10), settle=dt.timedelta(seconds=30)),
    credentials=CredentialScheme(
        kind=CredentialKind.SIGNED_KEY,
        fields=(
            CredentialField("api_key", "API key", is_secret=False),
            CredentialField("secret", "Secret key", is_secret=True),
        ),
    ),
    budgets=(Budget("requests", Scope.KEY, 10, 1, Refill.WINDOW, dict.fromkeys(Act, 1)),),
    rights=RightsQuery.NO_QUESTION,
)
