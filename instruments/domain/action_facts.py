"""A split or a dividend as somebody writes it down, and what is wrong with it when it is none."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from instruments.domain.calendars import BeyondCalendar, Calendar
from kernel.money.rounding import NotStorable, exact_for_storage, nearest_for_storage


class ActionKind(StrEnum):
    SPLIT = "split"
    DIVIDEND = "dividend"


class BadAction(ValueError):
    """What was written is no such fact. `field` says where: kind, ex_date, figure, currency."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class ActionFact:
    """`figure`: of a split new shares for one old, of a dividend the amount of a share in its price's currency."""

    kind: ActionKind
    ex_date: dt.date
    figure: Decimal

    @property
    def words(self) -> str:
        if self.kind is ActionKind.DIVIDEND:
            return f"dividend of {plain(self.figure)}"
        new, old = (self.figure, Decimal(1)) if self.figure > 1 else (Decimal(1), 1 / self.figure)
        return f"split of {_short(new)} for {_short(old)}"


_FIRST = dt.date(1900, 1, 1)
#: Announced so far ahead at the most.
_AHEAD = dt.timedelta(days=2 * 366)
_PARTS = re.compile(r"\s*(?::|/|\bfor\b)\s*")
_LONGEST = 60
_MOST = Decimal(100_000)


def fact_of(
    kind: str,
    ex_date: str | dt.date,
    figure: str,
    *,
    currency: str,
    price_currency: str,
    calendar: Calendar,
    today: dt.date,
) -> ActionFact:
    """The fact that these words tell, or BadAction. An empty currency is that of the price."""
    try:
        known = ActionKind(kind.strip().lower())
    except ValueError as error:
        raise BadAction("kind", f"{kind[:40]!r} is neither split nor dividend.") from error
    day = _day(ex_date, calendar, today)
    if known is ActionKind.SPLIT:
        return ActionFact(known, day, _ratio(figure))
    if currency and currency.strip().upper() != price_currency.upper():
        raise BadAction(
            "currency",
            f"The price is in {price_currency}, and the dividend in {currency[:40]!r}: write its amount in "
            f"{price_currency}, at the rate of its day.",
        )
    return ActionFact(known, day, _amount(figure))


def _day(written: str | dt.date, calendar: Calendar, today: dt.date) -> dt.date:
    try:
        told = dt.date.fromisoformat(written.strip()) if isinstance(written, str) else written
    except ValueError as error:
        raise BadAction("ex_date", f"{str(written)[:40]!r} is no day. One is written like 2026-08-31.") from error
    if not _FIRST <= told <= today + _AHEAD:
        raise BadAction("ex_date", f"{told} is not between {_FIRST} and {today + _AHEAD}.")
    try:
        is_session = calendar.is_always_open or calendar.session(told) is not None
    except BeyondCalendar:
        # So far the calendar does not reach; the day may be one.
        is_session = True
    if not is_session:
        raise BadAction(
            "ex_date",
            f"{told:%A}, {told} is no session of {calendar.name}. The day is the first session without it.",
        )
    return told


def _ratio(told: str) -> Decimal:
    parts = _PARTS.split(told.strip().lower())
    numbers = [_number(one) for one in parts] if len(told) <= _LONGEST else []
    if len(numbers) not in (1, 2) or None in numbers:
        raise BadAction("figure", f"{told[:40]!r} is no ratio. One is written like 4:1, new shares for old, or 0.1.")
    new, old = (*[one for one in numbers if one is not None], Decimal(1))[:2]
    if new <= 0 or old <= 0 or not 1 / _MOST <= new / old <= _MOST:
        raise BadAction(
            "figure", f"A ratio is above nought, and {told[:40]!r} is not between 1:{_MOST:f} and {_MOST:f}:1."
        )
    if new == old:
        raise BadAction("figure", "A split of one for one changes nothing.")
    return nearest_for_storage(new / old)


def _amount(told: str) -> Decimal:
    number = _number(told.strip()) if len(told) <= _LONGEST else None
    if number is None or number <= 0:
        raise BadAction("figure", f"{told[:40]!r} is no amount above nought. One is written like 0.26, with a point.")
    try:
        return exact_for_storage(number)
    except NotStorable as error:
        raise BadAction("figure", f"{error}.") from error


def _number(told: str) -> Decimal | None:
    try:
        number = Decimal(told) if told.isascii() and "_" not in told else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def plain(figure: Decimal) -> str:
    return f"{figure.normalize():f}"


def _short(figure: Decimal) -> str:
    """A third as it was meant, not with all its threes."""
    whole = figure.to_integral_value()
    return plain(whole if abs(figure - whole) < Decimal("1e-9") else round(figure, 6))
