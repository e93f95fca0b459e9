"""What a paper account takes over from the venue that it follows: its fees, as published, and its usual currency."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files

from instruments.domain.rules import Side


class TakenIn(StrEnum):
    """Out of what a fee is taken."""

    #: A buyer's from the coins bought, a seller's from the money got.
    RECEIVED = "received"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Rates:
    maker: Decimal
    taker: Decimal

    def __post_init__(self) -> None:
        for rate in (self.maker, self.taker):
            if not 0 <= rate < 1:
                raise ValueError(f"a fee is a part of what is traded, got {rate}")

    @property
    def dearer(self) -> Decimal:
        return max(self.maker, self.taker)

    def of(self, *, is_maker: bool) -> Decimal:
        return self.maker if is_maker else self.taker


@dataclass(frozen=True, slots=True)
class Followed:
    venue: str
    #: What a new paper account holds.
    currency: str
    taken_in: TakenIn
    #: Fees have so many places, and are rounded down to them.
    places: int
    rates: Mapping[Side, Rates]
    made_of: str
    source: str
    date: str

    @property
    def rates_in_words(self) -> str:
        """Buying and selling by themselves where they differ, and so resting and taking."""
        told = {side: _percents(rates) for side, rates in self.rates.items()}
        if told[Side.BUY] == told[Side.SELL]:
            return told[Side.BUY]
        return f"buying {told[Side.BUY]}, selling {told[Side.SELL]}"

    @property
    def fee_step(self) -> Decimal:
        return Decimal(1).scaleb(-self.places)


def _percents(rates: Rates) -> str:
    maker, taker = (f"{(rate * 100).normalize():f} %" for rate in (rates.maker, rates.taker))
    return taker if maker == taker else f"{maker} resting, {taker} taking"


@cache
def followed_venues() -> Mapping[str, Followed]:
    """Every venue that paper can follow, by name."""
    text = files("exchanges.domain").joinpath("followed.json").read_text(encoding="utf-8")
    return {one["venue"]: _read(one) for one in json.loads(text)["venues"]}


def _read(one: dict[str, str | int | dict[str, str]]) -> Followed:
    told = {name: one[name] for name in ("venue", "currency", "places", "made_of", "source", "date")}
    rates = {side: Rates(*(Decimal(one[side.value][kind]) for kind in ("maker", "taker"))) for side in Side}  # type: ignore[index]
    return Followed(**told, taken_in=TakenIn(str(one["taken_in"])), rates=rates)  # type: ignore[arg-type]
