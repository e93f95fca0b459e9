"""What a venue tells of a listing's price at one moment. It is kept whole: numbers of two moments are never mixed."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kernel.money.rounding import NotStorable, exact_for_storage

#: A venue's clock may be ahead of ours by so much. A price from further on would keep every true one out.
MOST_AHEAD = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Price:
    symbol: str
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    #: The venue's own time; None where it gives none.
    at: dt.datetime | None
    #: Needed where the venue uses one symbol in two segments.
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class PriceSeen:
    """The last price that was heard, and how old it is: by the venue's time, or else by ours when it came."""

    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    at: dt.datetime | None
    heard_at: dt.datetime
    source: str
    age: dt.timedelta


def moment_of(at: dt.datetime | None, heard_at: dt.datetime) -> dt.datetime:
    return heard_at if at is None else at


def age_of(at: dt.datetime | None, heard_at: dt.datetime, *, now: dt.datetime) -> dt.timedelta:
    return max(now - moment_of(at, heard_at), dt.timedelta(0))


def why_not_kept(price: Price, *, now: dt.datetime) -> str | None:
    """What is wrong with the telling, in words; None when it can be kept."""
    return next(_faults(price, now), None)


def _faults(price: Price, now: dt.datetime) -> Iterator[str]:
    if price.last is None and price.bid is None and price.ask is None:
        yield "it has no price"
    for name, value in (("last", price.last), ("bid", price.bid), ("ask", price.ask)):
        try:
            if value is not None:
                exact_for_storage(value)
        except NotStorable as error:
            yield f"{name}: {error}"
    if price.at is not None and price.at.tzinfo is None:
        yield f"its time {price.at} has no time zone"
    elif price.at is not None and price.at > now + MOST_AHEAD:
        yield f"its time {price.at} is ahead of ours, which is {now}"
