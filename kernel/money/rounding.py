"""The only module that quantises. The name of each function says the direction."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

STORED_DIGITS = 38
STORED_PLACES = 18
_SMALLEST = Decimal(1).scaleb(-STORED_PLACES)
_LARGEST = Decimal(10) ** (STORED_DIGITS - STORED_PLACES)


class NotStorable(ValueError):
    """The number does not fit NUMERIC(38,18) exactly; we refuse it rather than store another one."""


def _to_step(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    if not step.is_finite() or step <= 0:
        raise ValueError(f"a step must be above zero, got {step}")
    return (value / step).quantize(Decimal(1), rounding=rounding) * step


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `value`."""
    return _to_step(value, step, ROUND_FLOOR)


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `value`."""
    return _to_step(value, step, ROUND_CEILING)


def half_even_to_places(value: Decimal, places: int) -> Decimal:
    """For showing only: a figure on a page, never one that moves money."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def exact_for_storage(value: Decimal) -> Decimal:
    """The same number with 18 places, or NotStorable when any digit would be lost."""
    if not value.is_finite():
        raise NotStorable(f"{value} is not a number that can be stored")
    if abs(value) >= _LARGEST:
        raise NotStorable(f"{value} has more than {STORED_DIGITS - STORED_PLACES} digits before the point")
    stored = value.quantize(_SMALLEST, rounding=ROUND_HALF_EVEN)
    if stored != value:
        raise NotStorable(f"{value} has more than {STORED_PLACES} places after the point; round it first")
    return stored


def nearest_for_storage(value: Decimal) -> Decimal:
    """To the last place that is kept: a ratio such as a third, never an amount of money."""
    return exact_for_storage(half_even_to_places(value, STORED_PLACES))
