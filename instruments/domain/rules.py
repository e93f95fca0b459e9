"""What a venue demands of the numbers of an order in one listing, and the numbers it will take.

Quantity always goes down, never above what was asked. A price goes away from crossing: a buyer's down, a seller's up.
A trigger goes towards less risk: a seller's up and a buyer's down, so that it is met no later than was asked.
"""

import operator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kernel.money.rounding import ceil_to_step, floor_to_step


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def other(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


@dataclass(frozen=True, slots=True)
class Steps:
    """Multiples of `step`, counted from nought, between `least` and `most`. None: the venue sets no such bound."""

    step: Decimal | None = None
    least: Decimal | None = None
    most: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("step", "least", "most"):
            value = getattr(self, name)
            if value is not None and (not value.is_finite() or value <= 0):
                raise ValueError(f"{name} is above nought or None, got {value}")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least {self.least} is above most {self.most}")

    def down(self, value: Decimal) -> Decimal:
        return value if self.step is None else floor_to_step(value, self.step)

    def up(self, value: Decimal) -> Decimal:
        return value if self.step is None else ceil_to_step(value, self.step)


@dataclass(frozen=True, slots=True)
class Band:
    """How far from the reference price an order may lie, as factors of it: 0.8 to 1.2."""

    lowest: Decimal | None = None
    highest: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TradingRules:
    """The filters of one listing. An order of this market type has `market_quantity` besides `quantity`."""

    price: Steps = Steps()
    quantity: Steps = Steps()
    market_quantity: Steps = Steps()
    least_notional: Decimal | None = None
    most_notional: Decimal | None = None
    #: Whether the notional bounds hold for market orders too, reckoned at the last price.
    least_binds_market: bool = True
    most_binds_market: bool = True
    buy_band: Band = Band()
    sell_band: Band = Band()

    def band(self, side: Side) -> Band:
        return self.buy_band if side is Side.BUY else self.sell_band


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants: a price of None takes the market's."""

    side: Side
    quantity: Decimal
    price: Decimal | None = None
    trigger: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """Numbers that the listing's filters take, never more than was asked."""

    side: Side
    quantity: Decimal
    price: Decimal | None
    trigger: Decimal | None


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why no number that is not above what was asked would be taken: a stable code and its figures."""

    code: str
    bound: Decimal
    got: Decimal

    def __str__(self) -> str:
        return f"{self.code} bound={self.bound.normalize():f} got={self.got.normalize():f}"


def fit(asked: Asked, rules: TradingRules, *, reference: Decimal | None) -> Fitted | Unfit:
    """The numbers to send, or the first filter that refuses them.

    `reference` is the venue's own last price. Without it neither a band nor a market order's notional can be judged,
    which is refused where the listing has such a filter: nothing is sent that nobody could check.
    """
    quantity = _quantity(asked, rules)
    if isinstance(quantity, Unfit):
        return quantity
    price = _price(asked.price, asked.side, rules, reference)
    if isinstance(price, Unfit):
        return price
    trigger = _on_tick(asked.trigger, asked.side, rules)
    if isinstance(trigger, Unfit):
        return trigger
    unfit = _notional(quantity, price, rules, reference)
    return unfit or Fitted(asked.side, quantity, price, trigger)


def _quantity(asked: Asked, rules: TradingRules) -> Decimal | Unfit:
    kinds = [rules.quantity] if asked.price is not None else [rules.quantity, rules.market_quantity]
    quantity = asked.quantity
    # Going down to one step may leave another; the coarser of two steps is a multiple of the finer everywhere.
    for steps in sorted(kinds, key=lambda one: one.step or Decimal(0)):
        quantity = steps.down(quantity)
    for steps in kinds:
        if steps.step is not None and quantity % steps.step != 0:
            return Unfit("QUANTITY_OFF_STEP", steps.step, quantity)
    if quantity <= 0:
        return Unfit("QUANTITY_BELOW_MINIMUM", _least(kinds) or Decimal(0), asked.quantity)
    for steps in kinds:
        if steps.least is not None and quantity < steps.least:
            return Unfit("QUANTITY_BELOW_MINIMUM", steps.least, quantity)
        if steps.most is not None and quantity > steps.most:
            return Unfit("QUANTITY_ABOVE_MAXIMUM", steps.most, quantity)
    return quantity


def _least(kinds: list[Steps]) -> Decimal | None:
    return max((one for steps in kinds for one in (steps.least, steps.step) if one is not None), default=None)


def _price(asked: Decimal | None, side: Side, rules: TradingRules, reference: Decimal | None) -> Decimal | Unfit | None:
    price = _on_tick(asked, side, rules)
    if price is None or isinstance(price, Unfit):
        return price
    band = rules.band(side)
    for code, factor, is_outside in (
        ("PRICE_BELOW_BAND", band.lowest, operator.lt),
        ("PRICE_ABOVE_BAND", band.highest, operator.gt),
    ):
        if factor is None:
            continue
        if reference is None:
            return Unfit("NO_REFERENCE_PRICE", factor, price)
        if is_outside(price, bound := reference * factor):
            return Unfit(code, bound, price)
    return price


def _on_tick(price: Decimal | None, side: Side, rules: TradingRules) -> Decimal | Unfit | None:
    if price is None:
        return None
    if not price.is_finite():
        raise ValueError(f"a price is finite, got {price}")
    steps = rules.price
    fitted = steps.up(price) if side is Side.SELL else steps.down(price)
    if fitted <= 0 or (steps.least is not None and fitted < steps.least):
        return Unfit("PRICE_BELOW_MINIMUM", steps.least or steps.step or Decimal(0), price)
    if steps.most is not None and fitted > steps.most:
        return Unfit("PRICE_ABOVE_MAXIMUM", steps.most, price)
    return fitted


def _notional(quantity: Decimal, price: Decimal | None, rules: TradingRules, reference: Decimal | None) -> Unfit | None:
    is_market = price is None
    at = reference if is_market else price
    for code, bound, binds_market, is_outside in (
        ("NOTIONAL_BELOW_MINIMUM", rules.least_notional, rules.least_binds_market, operator.lt),
        ("NOTIONAL_ABOVE_MAXIMUM", rules.most_notional, rules.most_binds_market, operator.gt),
    ):
        if bound is None or (is_market and not binds_market):
            continue
        if at is None:
            return Unfit("NO_REFERENCE_PRICE", bound, quantity)
        if is_outside(quantity * at, bound):
            return Unfit(code, bound, quantity * at)
    return None
