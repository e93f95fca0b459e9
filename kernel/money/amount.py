"""An amount of money with its currency; amounts of two currencies do not mix."""

import re
from dataclasses import dataclass
from decimal import Decimal

_CODE = re.compile(r"[A-Z0-9]{2,15}")


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum; convert with a dated rate first."""


@dataclass(frozen=True, slots=True, order=False)
class Amount:
    value: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal):
            raise TypeError(f"an amount is a Decimal, got {type(self.value).__name__}")
        if not self.value.is_finite():
            raise ValueError(f"an amount is finite, got {self.value}")
        if not _CODE.fullmatch(self.currency):
            raise ValueError(f"a currency is a code such as USD or USDT, got {self.currency!r}")

    def _same(self, other: "Amount") -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix")
        return other.value

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.value + self._same(other), self.currency)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.value - self._same(other), self.currency)

    def __neg__(self) -> "Amount":
        return Amount(-self.value, self.currency)

    def __lt__(self, other: "Amount") -> bool:
        return self.value < self._same(other)

    def __le__(self, other: "Amount") -> bool:
        return self.value <= self._same(other)

    def times(self, factor: Decimal | int) -> "Amount":
        return Amount(self.value * factor, self.currency)

    def __str__(self) -> str:
        return f"{self.value:f} {self.currency}"
