"""What is listed: coins against other coins, and shares. Figures of size are the sandbox's own.

Prices are counted in ticks and quantities in lots, both whole numbers; money in atoms, 10^-18 of its unit. So nothing
is rounded anywhere but where a venue's own rule says so, and matching is arithmetic of whole numbers.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

ATOMS = 10**18


def atoms(figure: Decimal) -> int:
    """A figure with 18 places at the most, as a whole number of atoms."""
    scaled = figure.scaleb(18)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{figure} has more than 18 places")
    return whole


def figure(count: int) -> Decimal:
    return Decimal(count).scaleb(-18)


@dataclass(frozen=True)
class Listing:
    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    #: The crowd: how wide it quotes, as a share of the price, and how many lots it offers at a price.
    spread: float
    level: int
    #: What the venue says of it besides, in the wire's own words.
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.tick_atoms * self.lot_atoms % ATOMS:
            raise ValueError(f"{self.symbol}: a tick times a lot is finer than an atom")

    @cached_property
    def tick_atoms(self) -> int:
        return atoms(self.tick)

    @cached_property
    def lot_atoms(self) -> int:
        return atoms(self.lot)
