"""How an amount is written for people. Text out, never a number to reckon with; the digits are the amount's own."""

from decimal import Decimal
from enum import StrEnum

from kernel.money.rounding import half_even_to_places

MINUS = "\u2212"
#: Signs that stand before the figure. Every other currency's code stands after it.
SIGNS = {"INR": "₹"}
#: Places that a currency is shown with, where it is not two.
PLACES = {"JPY": 0, "KRW": 0, "BTC": 8, "ETH": 8}
_LAKH, _CRORE = Decimal(100_000), Decimal(10_000_000)
_THOUSAND, _MILLION = Decimal(1_000), Decimal(1_000_000)


class Grouping(StrEnum):
    """Where the commas stand: 18,85,588.10 or 1,885,588.10 or 1885588.10."""

    LAKH = "lakh"
    THOUSAND = "thousand"
    PLAIN = "plain"


def grouping_of(currency: str) -> Grouping:
    """What readers of a currency are used to, where a person has chosen nothing."""
    return Grouping.LAKH if currency == "INR" else Grouping.THOUSAND


def grouped(value: Decimal, *, places: int, grouping: Grouping) -> str:
    """The figure with exactly `places` decimals and a true minus; zero has no sign."""
    rounded = _rounded(value, places)
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    first = 3
    after = {Grouping.LAKH: 2, Grouping.THOUSAND: 3, Grouping.PLAIN: 0}[grouping]
    if after and len(whole) > first:
        head, tail = whole[:-first], [whole[-first:]]
        while head:
            tail.insert(0, head[-after:])
            head = head[:-after]
        whole = ",".join(tail)
    sign = MINUS if rounded < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def money_text(
    value: Decimal,
    currency: str,
    *,
    places: int | None = None,
    grouping: Grouping | None = None,
    signed: bool = False,
) -> str:
    """₹18,85,588.10 or 91,250.00 USDT. With `signed` a gain wears its plus."""
    figure = grouped(value, places=_places(currency, places), grouping=grouping or grouping_of(currency))
    sign, figure = (MINUS, figure[1:]) if figure.startswith(MINUS) else ("", figure)
    if signed and sign_of(value, currency, places=places) > 0:
        sign = "+"
    before = SIGNS.get(currency, "")
    return f"{sign}{before}{figure}" if before or not currency else f"{sign}{figure}\u00a0{currency}"


def places_of(*values: Decimal) -> int:
    """The places that the longest of these figures needs; zeros at an end say nothing."""
    ends = (value.normalize().as_tuple().exponent for value in values)
    return max([0, *(-end for end in ends if isinstance(end, int))])


def exact_text(value: Decimal | None, currency: str = "") -> str:
    """All digits that were told, without the zeros that say nothing, grouped as readers of the currency are used to."""
    return "" if value is None else grouped(value, places=places_of(value), grouping=grouping_of(currency))


def axis_text(value: Decimal, *, grouping: Grouping) -> str:
    """Short, for the axis of a chart: 18.86 L, 1.20 Cr; 1.89 M, 12.50 k."""
    steps = [(_CRORE, "Cr"), (_LAKH, "L")] if grouping is Grouping.LAKH else [(_MILLION, "M"), (_THOUSAND, "k")]
    for size, name in steps:
        if abs(value) >= size:
            return f"{grouped(value / size, places=2, grouping=grouping)}\u00a0{name}"
    return grouped(value, places=2, grouping=grouping)


def sign_of(value: Decimal, currency: str, *, places: int | None = None) -> int:
    """-1, 0 or 1 of the figure as it is shown: what rounds to zero is zero."""
    rounded = _rounded(value, _places(currency, places))
    return (rounded > 0) - (rounded < 0)


def _places(currency: str, places: int | None) -> int:
    return PLACES.get(currency, 2) if places is None else places


def _rounded(value: Decimal, places: int) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(f"an amount is a Decimal, got {type(value).__name__}")
    if not value.is_finite():
        raise ValueError(f"an amount is finite, got {value}")
    return half_even_to_places(value, places)
