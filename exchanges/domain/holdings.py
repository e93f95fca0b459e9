"""What an account holds, as its venue tells it: balances, holdings, positions and margins are four things."""

from dataclasses import dataclass, field
from decimal import Decimal

from exchanges.domain.orders import Product
from exchanges.domain.reports import Raw


@dataclass(frozen=True, slots=True)
class Balance:
    asset: str
    free: Decimal
    held: Decimal
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def total(self) -> Decimal:
        return self.free + self.held


@dataclass(frozen=True, slots=True)
class Holding:
    """Securities that are owned. `quantity` counts what is settled; T1 was bought and is not delivered yet."""

    symbol: str
    quantity: Decimal
    t1_quantity: Decimal
    pledged_quantity: Decimal
    #: How much may be sold now without another authorisation; None where the venue has no such thing.
    authorised_quantity: Decimal | None
    average_price: Decimal | None
    last_price: Decimal | None
    isin: str = ""
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Position:
    """What was traded and not closed. Below nought: sold short."""

    symbol: str
    product: Product
    quantity: Decimal
    average_price: Decimal | None
    last_price: Decimal | None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Margin:
    """One segment's funds at a broker."""

    segment: str
    currency: str
    available: Decimal
    used: Decimal
    raw: Raw = field(default_factory=dict, repr=False, compare=False)
