"""How figures go out and come in, the same at every venue that tells them as text."""

from decimal import Decimal


def plain(value: Decimal) -> str:
    """Digits alone: no exponent, and no zeros after the last that counts."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def above_nought(text: str | Decimal | int) -> Decimal | None:
    """A bound, a price or a side of the book that a venue tells as nought is none."""
    value = Decimal(text)
    return value if value > 0 else None


__all__ = ["above_nought", "plain"]
