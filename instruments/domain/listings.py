"""What a venue tells of one thing that it lists, in the words of the catalogue. A symbol is a name, never read."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter

from instruments.domain.calendars import UnknownCalendar, calendar_named
from instruments.domain.rules import TradingRules
from kernel.money.rounding import NotStorable, exact_for_storage

LONGEST_SYMBOL, LONGEST_CODE, LONGEST_CURRENCY, LONGEST_NAME, LONGEST_SEGMENT = 80, 120, 40, 200, 20


class Kind(StrEnum):
    SPOT = "spot"
    EQUITY = "equity"
    ETF = "etf"
    INDEX = "index"
    FOREX = "forex"
    COMMODITY = "commodity"
    FUTURE = "future"
    OPTION = "option"


class Origin(StrEnum):
    """Whose word a listing is: its venue's own, or that of a list that was shipped before anybody asked."""

    VENUE = "venue"
    LIST = "list"


class OptionRight(StrEnum):
    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    """What makes it this instrument and no other, whoever lists it."""

    kind: Kind
    base: str
    quote: str
    #: Where base and quote, expiry, strike and right do not say all of it; spot has none.
    code: str = ""
    name: str = ""
    isin: str = ""
    #: A future without one is perpetual.
    expiry: dt.date | None = None
    strike: Decimal | None = None
    right: OptionRight | None = None
    multiplier: Decimal = Decimal(1)

    @property
    def full_code(self) -> str:
        """The code that is unique within the kind: BTC/USDT, or NIFTY/INR 2026-12-29 24000 call."""
        if self.code:
            return self.code
        parts = [f"{self.base}/{self.quote}"]
        if self.kind in {Kind.FUTURE, Kind.OPTION}:
            parts.append("perpetual" if self.expiry is None else self.expiry.isoformat())
        if self.strike is not None:
            parts.append(f"{self.strike.normalize():f}")
        if self.right is not None:
            parts.append(self.right)
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """One listing as its venue tells it now."""

    symbol: str
    segment: str
    instrument: InstrumentFacts
    rules: TradingRules
    is_tradable: bool
    #: A calendar's name: "always" where trading never stops.
    calendar: str
    #: None: whatever the segment allows.
    order_types: frozenset[str] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    #: Above it an exchange freezes an order instead of taking it, where it says so.
    freeze_quantity: Decimal | None = None


#: Where each number of a listing's rules is kept.
RULE_COLUMNS: dict[str, str] = {
    "price_tick": "price.step",
    "price_least": "price.least",
    "price_most": "price.most",
    "lot": "quantity.step",
    "quantity_least": "quantity.least",
    "quantity_most": "quantity.most",
    "market_lot": "market_quantity.step",
    "market_quantity_least": "market_quantity.least",
    "market_quantity_most": "market_quantity.most",
    "notional_least": "least_notional",
    "notional_most": "most_notional",
    "buy_band_lowest": "buy_band.lowest",
    "buy_band_highest": "buy_band.highest",
    "sell_band_lowest": "sell_band.lowest",
    "sell_band_highest": "sell_band.highest",
}
_READERS = {column: attrgetter(path) for column, path in RULE_COLUMNS.items()}


def columns_of(rules: TradingRules) -> dict[str, Decimal | None]:
    return {column: read(rules) for column, read in _READERS.items()}


def why_not_kept(facts: ListingFacts) -> str | None:
    """What is wrong with the telling, in words; None when it can be kept to the last digit."""
    return next(_faults(facts), None)


def _faults(facts: ListingFacts) -> Iterator[str]:
    told = facts.instrument
    yield from _bad_name("symbol", facts.symbol, LONGEST_SYMBOL)
    yield from _bad_name("segment", facts.segment, LONGEST_SEGMENT)
    yield from _bad_name("base", told.base, LONGEST_CURRENCY)
    yield from _bad_name("quote", told.quote, LONGEST_CURRENCY)
    yield from _bad_name("code", told.full_code, LONGEST_CODE)
    if told.kind is Kind.SPOT and told.code:
        yield f"spot is known by base and quote, and has no code, got {told.code!r}"
    if len(told.isin) not in {0, 12}:
        yield f"an ISIN has 12 signs, got {told.isin[:20]!r}"
    is_option = told.kind is Kind.OPTION
    if is_option and None in (told.expiry, told.strike, told.right):
        yield "an option has an expiry, a strike and a right"
    if not is_option and not (told.strike is None and told.right is None):
        yield f"{told.kind} has neither strike nor right"
    if told.expiry is not None and told.kind not in {Kind.FUTURE, Kind.OPTION}:
        yield f"{told.kind} does not expire"
    if told.multiplier <= 0:
        yield f"a multiplier is above nought, got {told.multiplier}"
    numbers = {
        "multiplier": told.multiplier,
        "strike": told.strike,
        "freeze_quantity": facts.freeze_quantity,
        **columns_of(facts.rules),
    }
    for name, value in numbers.items():
        try:
            if value is not None:
                exact_for_storage(value)
        except NotStorable as error:
            yield f"{name}: {error}"
    try:
        calendar_named(facts.calendar)
    except UnknownCalendar as error:
        yield str(error)


def _bad_name(what: str, name: str, longest: int) -> Iterator[str]:
    if not 0 < len(name) <= longest:
        yield f"a {what} has 1 to {longest} signs, got {len(name)}"
    elif name != name.strip() or not name.isprintable():
        yield f"a {what} has no blank at its ends and no control sign, got {name!r}"
