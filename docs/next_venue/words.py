"""Next Venue's words and ours, each in a table that is indexed: a word that is in none of them raises."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exchanges.domain.orders import OrderType, Quantity, Unit
from exchanges.domain.reports import OrderReport, Status
from instruments.domain.rules import Side

SIDE_WORDS = {Side.BUY: "buy", Side.SELL: "sell"}
SIDES = {word: side for side, word in SIDE_WORDS.items()}
TYPE_WORDS = {OrderType.LIMIT: "limit"}
#: Every status that the documents name. "cancelled" never stands for a word that nobody knows.
STATUSES = {
    "open": Status.ACCEPTED,
    "filled": Status.FILLED,
    "cancelled": Status.CANCELLED,
    "rejected": Status.REJECTED,
}


def moment(stamp: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(stamp / 1000, tz=dt.UTC)


def order_of(one: Mapping[str, Any]) -> OrderReport:
    filled = Decimal(one["filled"])
    return OrderReport(
        venue_id=str(one["id"]),
        mark=one["client_id"],
        symbol=one["symbol"],
        side=SIDES[one["side"]],
        status=STATUSES[one["status"]],
        status_word=one["status"],
        type_word=one["type"],
        quantity=Quantity(Decimal(one["quantity"]), Unit.BASE),
        filled=filled,
        average_price=Decimal(one["average_price"]) if filled > 0 else None,
        limit_price=Decimal(one["price"]),
        trigger_price=None,
        placed_at=moment(one["created"]),
        changed_at=moment(one["updated"]),
        raw=one,
    )
