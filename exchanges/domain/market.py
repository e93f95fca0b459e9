"""What a venue says of a market now. Prices that a gate reads are Decimals; candles are instruments'."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from exchanges.domain.orders import OrderType
from exchanges.domain.reports import Raw
from instruments.domain.rules import TradingRules


@dataclass(frozen=True, slots=True)
class Ticker:
    symbol: str
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    #: The venue's own time; None where it gives none, and then the time of the answer is all one knows.
    at: dt.datetime | None
    volume: Decimal | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Level:
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    symbol: str
    #: The best first.
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at: dt.datetime | None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One thing that can be traded at a venue, with what the venue allows for just this one."""

    symbol: str
    base: str
    quote: str
    segment: str
    is_tradable: bool
    rules: TradingRules
    #: None: whatever the segment allows.
    order_types: frozenset[OrderType] | None = None
    name: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    raw: Raw = field(default_factory=dict, repr=False, compare=False)
