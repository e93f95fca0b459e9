"""How often a venue may be asked. Each budget has its own scope; a request may cost something in several."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """Who shares the budget."""

    ADDRESS = "address"
    KEY = "key"
    ACCOUNT = "account"
    PAIR = "pair"
    SOCKET = "socket"
    APP = "app"


class Refill(StrEnum):
    #: The whole comes back when the window turns.
    WINDOW = "window"
    #: It drains at a steady rate.
    STEADY = "steady"


class Act(StrEnum):
    """What is asked of a venue; the keys of costs, of the health page and of the conformance kit."""

    PLACE = "place"
    CANCEL = "cancel"
    MODIFY = "modify"
    FIND = "find"
    OPEN_ORDERS = "open_orders"
    ORDERS_SINCE = "orders_since"
    TRADES_SINCE = "trades_since"
    BALANCES = "balances"
    HOLDINGS = "holdings"
    POSITIONS = "positions"
    MARGINS = "margins"
    TICKER = "ticker"
    BOOK = "book"
    CANDLES = "candles"
    LISTINGS = "listings"
    RIGHTS = "rights"
    CLOCK = "clock"
    LOG_IN = "log_in"
    STREAM = "stream"

    @property
    def is_order(self) -> bool:
        """It changes something at the venue, and is never sent twice."""
        return self in {Act.PLACE, Act.CANCEL, Act.MODIFY}


@dataclass(frozen=True, slots=True)
class AgeStep:
    """An act costs this much while the order is younger than so many seconds."""

    younger_than: float
    cost: int


@dataclass(frozen=True, slots=True)
class Budget:
    name: str
    scope: Scope
    amount: int
    seconds: float
    refill: Refill
    #: What an act costs; those not named cost nothing here.
    costs: Mapping[Act, int]
    age_costs: Mapping[Act, tuple[AgeStep, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.seconds <= 0:
            raise ValueError(f"{self.name}: a budget is so much in so many seconds, both above nought")
        dear = {act: cost for act, cost in self.costs.items() if not 0 < cost <= self.amount}
        if dear:
            raise ValueError(f"{self.name}: nobody could ever pay {dear}")

    def cost(self, act: Act, *, order_age: float | None = None) -> int:
        """What the act costs now. Of an order whose age is not known the dearest step is taken."""
        steps = self.age_costs.get(act, ())
        if not steps:
            return self.costs.get(act, 0)
        if order_age is None:
            return max(step.cost for step in steps)
        for step in sorted(steps, key=lambda one: one.younger_than):
            if order_age < step.younger_than:
                return step.cost
        return self.costs.get(act, 0)
