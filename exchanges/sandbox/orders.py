"""What an account asked for, and what became of it. This is the truth; what a wire tells may be made to differ."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from exchanges.domain.matching import SelfTrade, Stay
from exchanges.sandbox.ledger import Purses

if TYPE_CHECKING:
    from exchanges.sandbox.market import Market


class State(StrEnum):
    NEW = "new"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    #: Taken, and refused by the house afterwards: what some venues do instead of an error.
    REJECTED = "rejected"

    @property
    def is_over(self) -> bool:
        return self not in {State.NEW, State.PARTIAL}


@dataclass(frozen=True, slots=True)
class Ask:
    """An order as the wire read it, in ticks and lots. `amount` is in atoms of the quote."""

    is_buy: bool
    lots: int = 0
    amount: int | None = None
    price: int | None = None
    trigger: int | None = None
    wakes_rising: bool = True
    stay: Stay = Stay.RESTS
    is_maker_only: bool = False
    self_trade: SelfTrade = SelfTrade.ALLOWED
    mark: str = ""
    #: The venue's own words and whatever its wire must say again.
    words: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fill:
    number: int
    price: int
    lots: int
    at: int
    is_maker: bool
    fee_asset: str
    fee: int


@dataclass(slots=True, eq=False)
class Account:
    id: str
    name: str
    opened_at: int
    purses: Purses = field(default_factory=Purses)
    #: By number; the oldest that are over are forgotten in the end.
    orders: "dict[int, Placed]" = field(default_factory=dict)
    #: Those that are not over, by number.
    standing: "dict[int, Placed]" = field(default_factory=dict)
    #: By the client's own mark, the order that took it last.
    marks: dict[str, int] = field(default_factory=dict)
    #: What the wire keeps of it: keys, rights, tokens.
    words: dict[str, Any] = field(default_factory=dict)
    #: When purses were changed last.
    changed_at: int = 0


@dataclass(slots=True, eq=False)
class Placed:
    """`arrived_at` is true time; the other times are as the venue's clock told them."""

    number: int
    account: Account
    market: "Market"
    ask: Ask
    arrived_at: int
    placed_at: int
    changed_at: int
    lots: int
    state: State = State.NEW
    #: Waits for its trigger.
    is_asleep: bool = False
    working_at: int = 0
    filled: int = 0
    #: What was paid or had for it, in atoms of the quote.
    paid: int = 0
    fills: list[Fill] = field(default_factory=list)
    #: The worst price that it may take, where it has no limit.
    cap: int | None = None
    #: How many lots an amount will buy or sell.
    foreseen: int = 0
    #: What is held for it.
    held_asset: str = ""
    held: int = 0
    why: str = ""
    #: The other one of a pair of which one cancels the other.
    partner: "Placed | None" = None
    #: Reads do not show it before this moment. Faults set it.
    hidden_until: int = 0

    @property
    def name(self) -> str:
        """As the book knows it."""
        return f"o{self.number}"

    @property
    def left(self) -> int:
        return self.lots - self.filled


class Happening(StrEnum):
    NEW = "new"
    TRADE = "trade"
    WOKE = "woke"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that became of an order. `fill` comes with a trade, `words` with whatever the wire needs beside it."""

    kind: Happening
    order: Placed
    at: int
    fill: Fill | None = None
    words: dict[str, Any] = field(default_factory=dict)
