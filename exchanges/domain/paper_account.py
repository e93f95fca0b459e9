"""What a paper account is made of: what it holds, its orders and fills, and the prices that it is shown."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from exchanges.domain.followed import Followed
from exchanges.domain.market import Book
from exchanges.domain.orders import Lasting, OrderType, Product, Quantity
from exchanges.domain.reports import Status
from instruments.domain.calendars import Calendar
from instruments.domain.rules import Side, TradingRules

#: No order meets an older price.
OLDEST = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True, order=True)
class Asset:
    """A currency or coin by its code, or a security by the venue's symbol."""

    name: str
    is_security: bool = False


@dataclass(frozen=True, slots=True)
class Traded:
    """What the followed venue lists by a symbol."""

    symbol: str
    segment: str
    base: Asset
    quote: str
    is_tradable: bool
    rules: TradingRules
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Quote:
    """What the followed venue last told of a price: when, how old that is now, and by whom it was heard."""

    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    moment: dt.datetime
    age: dt.timedelta
    source: str
    book: Book | None = None

    @property
    def is_old(self) -> bool:
        return self.age > OLDEST


@dataclass(frozen=True, slots=True)
class PaperOrder:
    number: int
    mark: str
    symbol: str
    segment: str
    base: Asset
    quote: str
    side: Side
    type: OrderType
    lasting: Lasting
    product: Product
    quantity: Quantity
    limit_price: Decimal | None
    trigger_price: Decimal | None
    is_maker_only: bool
    placed_at: dt.datetime
    changed_at: dt.datetime
    status: Status = Status.ACCEPTED
    filled: Decimal = Decimal(0)
    #: Money paid or got for what is filled, without fees.
    moved: Decimal = Decimal(0)
    #: What is kept back for the rest, of `held_in`.
    held: Decimal = Decimal(0)
    #: The moment of the price that it met last: it never meets one twice.
    priced_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    is_asleep: bool = False
    reason: str = ""

    @property
    def left(self) -> Decimal:
        return self.quantity.value - self.filled

    @property
    def held_in(self) -> Asset:
        return Asset(self.quote) if self.side is Side.BUY else self.base


@dataclass(frozen=True, slots=True)
class PaperFill:
    number: int
    order: int
    mark: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Quantity
    #: Money paid or got, without the fee.
    moved: Decimal
    fee: Decimal
    fee_in: str
    is_maker: bool
    at: dt.datetime
    #: Of which price, how old and by whom told, it was made.
    made_from: Mapping[str, str]


@dataclass(slots=True)
class Ledger:
    """One account while it is changed; whoever opened it saves what changed, or nothing."""

    followed: Followed
    totals: dict[Asset, Decimal]
    #: Those that stand, by number.
    orders: dict[int, PaperOrder]
    next_order: int = 1
    next_fill: int = 1
    changed: dict[int, PaperOrder] = field(default_factory=dict)
    touched: set[Asset] = field(default_factory=set)
    fills: list[PaperFill] = field(default_factory=list)

    def total(self, asset: Asset) -> Decimal:
        return self.totals.get(asset, Decimal(0))

    def held(self, asset: Asset) -> Decimal:
        return sum((one.held for one in self.orders.values() if one.held_in == asset), Decimal(0))

    def free(self, asset: Asset) -> Decimal:
        return self.total(asset) - self.held(asset)

    def put(self, order: PaperOrder) -> PaperOrder:
        """Keeps the order as it now is; one that is over stands no more and holds nothing back."""
        if order.status.is_final:
            order = replace(order, held=Decimal(0), is_asleep=False)
            self.orders.pop(order.number, None)
        else:
            self.orders[order.number] = order
        self.changed[order.number] = order
        return order

    def move(self, asset: Asset, by: Decimal) -> None:
        after = self.total(asset) + by
        if after < 0:
            raise Overdrawn(f"{asset.name} would be {after}")
        self.totals[asset] = after
        self.touched.add(asset)


class Overdrawn(ArithmeticError):
    """More would leave the account than is in it: a defect of this module, and nothing of it is kept."""
