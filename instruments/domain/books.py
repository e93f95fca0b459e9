"""What stands in a listing's book at one moment: some levels of either side, as its venue told them."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from instruments.domain.prices import MOST_AHEAD, age_of
from kernel.money.rounding import NotStorable, exact_for_storage

#: As many as a person looks at.
MOST_LEVELS = 20


@dataclass(frozen=True, slots=True)
class Level:
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Depth:
    """As it was told: the best first."""

    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    #: The venue's own time; None where it gives none.
    at: dt.datetime | None
    #: Needed where the venue uses one symbol in two segments.
    segment: str | None = None
    #: Whose word it is where that is more than the venue's name.
    source: str = ""


@dataclass(frozen=True, slots=True)
class DepthSeen:
    """The book that was heard last, and how old it is."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at: dt.datetime | None
    heard_at: dt.datetime
    source: str
    age: dt.timedelta

    @classmethod
    def of(
        cls,
        bids: Sequence[Sequence[str]],
        asks: Sequence[Sequence[str]],
        at: dt.datetime | None,
        heard_at: dt.datetime,
        source: str,
        *,
        now: dt.datetime,
    ) -> "DepthSeen":
        return cls(levels_of(bids), levels_of(asks), at, heard_at, source, age_of(at, heard_at, now=now))

    @property
    def spread(self) -> Decimal | None:
        return self.asks[0].price - self.bids[0].price if self.asks and self.bids else None


def levels_of(told: Sequence[Sequence[str]]) -> tuple[Level, ...]:
    return tuple(Level(Decimal(price), Decimal(quantity)) for price, quantity in told)


def words_of(levels: Sequence[Level]) -> list[list[str]]:
    """The levels to the last digit, in a form that JSON keeps."""
    return [[f"{one.price:f}", f"{one.quantity:f}"] for one in levels[:MOST_LEVELS]]


def why_not_kept(depth: Depth, *, now: dt.datetime) -> str | None:
    """What is wrong with the telling, in words; None when it can be kept."""
    return next(_faults(depth, now), None)


def _faults(depth: Depth, now: dt.datetime) -> Iterator[str]:
    for name, levels in (("bid", depth.bids), ("ask", depth.asks)):
        for number, level in enumerate(levels, start=1):
            if level.price <= 0 or level.quantity <= 0:
                yield f"{name} {number} offers {level.quantity} at {level.price}"
            for figure in (level.price, level.quantity):
                try:
                    exact_for_storage(figure)
                except NotStorable as error:
                    yield f"{name} {number}: {error}"
        prices = [level.price for level in levels]
        if prices != sorted(set(prices), reverse=name == "bid"):
            yield f"its {name}s do not stand from the best on, each price once"
    if depth.bids and depth.asks and depth.bids[0].price >= depth.asks[0].price:
        yield f"its best bid {depth.bids[0].price} is not under its best ask {depth.asks[0].price}"
    if depth.at is not None and depth.at.tzinfo is None:
        yield f"its time {depth.at} has no time zone"
    elif depth.at is not None and depth.at > now + MOST_AHEAD:
        yield f"its time {depth.at} is ahead of ours, which is {now}"
