"""What an account has at a broker of shares, beside its purses: positions of the day, and what holdings cost.

Lots are shares here, and money is atoms.
"""

from dataclasses import dataclass, field

from exchanges.sandbox.market import Market


@dataclass(slots=True)
class Position:
    """What was bought and sold of one listing under one product today."""

    market: Market
    product: str
    buy_lots: int = 0
    buy_value: int = 0
    sell_lots: int = 0
    sell_value: int = 0
    #: Cash that stands in for shares sold short, with what they brought.
    blocked: int = 0

    @property
    def net(self) -> int:
        return self.buy_lots - self.sell_lots

    def add(self, *, is_buy: bool, lots: int, value: int) -> None:
        if is_buy:
            self.buy_lots += lots
            self.buy_value += value
        else:
            self.sell_lots += lots
            self.sell_value += value


@dataclass(slots=True)
class Estate:
    #: By symbol and product.
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    #: What a share of a bucket cost on average, in atoms.
    averages: dict[str, int] = field(default_factory=dict)
    opening_cash: int = 0
    #: Sold today out of settled holdings, and out of those of yesterday.
    used: dict[str, int] = field(default_factory=dict)
    used_yesterdays: dict[str, int] = field(default_factory=dict)
    #: Whether settled shares are sold only when their going out was allowed today, and of which it was.
    asks_leave: bool = False
    allowed: dict[str, int] = field(default_factory=dict)

    def position(self, market: Market, product: str) -> Position:
        key = (market.listing.symbol, product)
        found = self.positions.get(key)
        if found is None:
            found = self.positions[key] = Position(market, product)
        return found
