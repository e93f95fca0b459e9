"""What a venue reported of an order and its fills, with its own words kept beside ours."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from exchanges.domain.orders import Quantity
from instruments.domain.rules import Side
from kernel.money.amount import Amount

Raw = Mapping[str, Any]


class Status(StrEnum):
    """Where the order stands at the venue. PARTIAL is derived where a venue has no such word."""

    #: The venue knows it, and has not taken it yet.
    PENDING = "pending"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        return self in {Status.FILLED, Status.CANCELLED, Status.EXPIRED, Status.REJECTED}


class FeeKind(StrEnum):
    #: The venue's figure.
    CHARGED = "charged"
    #: Reckoned by us from its published rates.
    ESTIMATED = "estimated"
    #: It comes later, by another event.
    TO_COME = "to_come"


@dataclass(frozen=True, slots=True)
class FillReport:
    """One execution. A venue without trade ids gets a key that is the same each time it is reckoned."""

    trade_id: str
    venue_order_id: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Quantity
    at: dt.datetime
    fee: Amount | None
    fee_kind: FeeKind
    mark: str = ""
    is_maker: bool | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class OrderReport:
    venue_id: str
    #: Empty when the order was not placed by us, or the venue keeps no marks.
    mark: str
    symbol: str
    side: Side
    status: Status
    #: The venue's own word, verbatim.
    status_word: str
    type_word: str
    #: None: a slice of an order, of which its answer does not say how much it is.
    quantity: Quantity | None
    filled: Decimal
    average_price: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None
    placed_at: dt.datetime | None
    changed_at: dt.datetime | None
    reason: str = ""
    #: Waits for a trigger, an opening or another order: it stands, and cannot fill yet.
    is_dormant: bool = False
    #: The order that took its place, or the one it took the place of.
    replaced_by: str = ""
    fills: tuple[FillReport, ...] = ()
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


def partial_if_filled(status: Status, filled: Decimal) -> Status:
    """PARTIAL for a standing order of which something is filled, at venues that have no word for it."""
    return Status.PARTIAL if status is Status.ACCEPTED and filled > 0 else status
