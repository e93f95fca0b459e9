"""Next Venue's part of the contract. Payloads are written by ourselves, in the shape of the documents."""

import datetime as dt
import hashlib
import hmac
from decimal import Decimal
from typing import Any

from docs.next_venue.adapter import NextVenue
from docs.next_venue.facts import NEXT_VENUE
from exchanges.adapters.wire import WireSession
from exchanges.domain.limits import Act
from exchanges.domain.orders import Lasting, OrderRef, OrderRequest, OrderType, Quantity, Unit
from exchanges.venue import Credentials
from instruments.domain.rules import Side
from kernel.encryption.secret import Secret
from tests.venue_contract.kit import Kit, Placed
from tests.venue_contract.replay import Request

KEY, SECRET = "k" * 31 + "1", "s" * 31 + "2"
MARK = "plfx3k2m7q5w4e6r2t"
NOW = dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC)
LIMIT = OrderRequest(
    mark=MARK,
    symbol="BTC-USD",
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Quantity(Decimal("0.30"), Unit.BASE),
    lasting=Lasting.UNTIL_CANCELLED,
    limit_price=Decimal("61250.40"),
)
REF = OrderRef(MARK, "BTC-USD", NOW)


def make(address: str, wire: WireSession) -> NextVenue:
    keys = Credentials({"api_key": Secret(KEY), "secret": Secret(SECRET)})
    return NextVenue(credentials=keys, wire=wire, clock=lambda: NOW, base_url=address)


def check_signature(request: Request) -> None:
    """Reckoned again from the document, by other means than the adapter's where there are any."""
    text = "&".join(f"{name}={value}" for name, value in request.sent.items())
    assert request.headers["x-signature"] == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def strange_status(body: Any) -> Any:
    body["result"]["status"] = "strange"
    return body


NEXT_VENUE_KIT = Kit(
    facts=NEXT_VENUE,
    make=make,
    placed=(
        Placed(
            LIMIT,
            {
                "client_id": MARK,
                "symbol": "BTC-USD",
                "side": "buy",
                "type": "limit",
                "quantity": "0.3",
                "price": "61250.4",
            },
            "place.accepted",
        ),
    ),
    ref=REF,
    asks={
        Act.FIND: lambda venue: venue.find(REF),
        Act.OPEN_ORDERS: lambda venue: venue.open_orders(),
        Act.BALANCES: lambda venue: venue.balances(),
        Act.CLOCK: lambda venue: venue.clock(),
    },
    # What each payload `<act>.answered` must be read as, to the last digit; and our code of each refusal.
    answers={},
    refusals={},
    strange={Act.PLACE: strange_status},
    check_signature=check_signature,
    signing_fields=frozenset(),
    secrets=(SECRET,),
)
