"""What an order says, in words that every venue's own words are mapped to."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from instruments.domain.rules import Side


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"

    @property
    def has_limit(self) -> bool:
        return self in {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}

    @property
    def has_trigger(self) -> bool:
        return self not in {OrderType.MARKET, OrderType.LIMIT, OrderType.TRAILING_STOP}


class Lasting(StrEnum):
    """How long an order stands: time in force."""

    DAY = "day"
    UNTIL_CANCELLED = "gtc"
    UNTIL_DATE = "gtd"
    MINUTES = "ttl"
    IMMEDIATE_OR_CANCEL = "ioc"
    FILL_OR_KILL = "fok"


class Product(StrEnum):
    """What an Indian broker books the trade as. Elsewhere: none."""

    NONE = "none"
    DELIVERY = "CNC"
    INTRADAY = "MIS"
    CARRIED = "NRML"
    MARGIN_FUNDED = "MTF"
    COVER = "CO"


class Hours(StrEnum):
    """Which part of the trading day takes the order."""

    REGULAR = "regular"
    BEFORE = "pre"
    AFTER = "post"
    EXTENDED = "extended"
    #: Handed in while the market is shut, for its next opening (AMO).
    NEXT_OPENING = "amo"


class Unit(StrEnum):
    BASE = "base"
    QUOTE = "quote"
    SHARES = "shares"
    LOTS = "lots"


class BadOrder(ValueError):
    """The request contradicts itself. It is a defect of ours, found before anything is sent."""


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not self.value.is_finite() or self.value <= 0:
            raise BadOrder(f"a quantity is above nought, got {self.value}")


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order, complete: nothing in it is filled in by a venue's default."""

    #: Our own name for it, in the form that the venue's mark policy asks for.
    mark: str
    #: The venue's own name of the listing, from the catalogue; it is never parsed.
    symbol: str
    side: Side
    type: OrderType
    quantity: Quantity
    lasting: Lasting
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    #: The worst price that may be paid, for market orders at venues that have none without a bound.
    protection_price: Decimal | None = None
    #: The same bound where the venue wants it as a percentage away from the market: above nought, up to 100.
    protection_percent: Decimal | None = None
    until: dt.datetime | None = None
    minutes: int | None = None
    product: Product = Product.NONE
    hours: Hours = Hours.REGULAR
    is_maker_only: bool = False
    #: The venue may slice what is above its freeze quantity; each slice then has a fate of its own.
    may_be_split: bool = False

    def __post_init__(self) -> None:
        _agree("limit_price", self.limit_price, is_due=self.type.has_limit)
        _agree("trigger_price", self.trigger_price, is_due=self.type.has_trigger)
        _agree("until", self.until, is_due=self.lasting is Lasting.UNTIL_DATE)
        _agree("minutes", self.minutes, is_due=self.lasting is Lasting.MINUTES)
        bounds = [one for one in (self.protection_price, self.protection_percent) if one is not None]
        if bounds and self.type.has_limit:
            raise BadOrder(f"an order of type {self.type} is bound by its limit, and by no protection")
        if len(bounds) > 1:
            raise BadOrder("the protection is said twice, as a price and as a percentage")
        _check_percent(self.protection_percent)
        if self.is_maker_only and self.type is not OrderType.LIMIT:
            raise BadOrder(f"only a limit order can be maker only, got {self.type}")
        for price in (self.limit_price, self.trigger_price, self.protection_price):
            if price is not None and (not price.is_finite() or price <= 0):
                raise BadOrder(f"a price is above nought, got {price}")


@dataclass(frozen=True, slots=True)
class OrderRef:
    """Enough to find an order again: our mark, and the venue's ids so far, the newest last."""

    mark: str
    symbol: str
    sent_at: dt.datetime
    venue_ids: tuple[str, ...] = ()
    #: The part of the day that took it, which at some venues is part of where an order is addressed.
    hours: Hours = Hours.REGULAR

    @property
    def venue_id(self) -> str | None:
        return self.venue_ids[-1] if self.venue_ids else None


@dataclass(frozen=True, slots=True)
class Change:
    """What a modification asks for; None leaves as it is."""

    quantity: Quantity | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    #: For orders without a limit, at venues where a change says the bound again.
    protection_percent: Decimal | None = None

    def __post_init__(self) -> None:
        _check_percent(self.protection_percent)


def _check_percent(percent: Decimal | None) -> None:
    if percent is not None and not (percent.is_finite() and 0 < percent <= 100):
        raise BadOrder(f"a protection is above 0 and at most 100 percent, got {percent}")


def _agree(name: str, value: object, *, is_due: bool) -> None:
    if (value is not None) != is_due:
        raise BadOrder(f"{name} is {'missing' if is_due else 'given, and means nothing here'}")
