"""One thing that is asked, by whichever way it came, and the table's row that says how it is dealt with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.orders import Account


class Security(StrEnum):
    """Whose key is needed, by the right that it must have."""

    NONE = ""
    READ = "enableReading"
    TRADE = "enableSpotAndMarginTrading"


@dataclass(slots=True)
class Call:
    parameters: Parameters
    _account: Account | None = None

    @property
    def account(self) -> Account:
        if self._account is None:
            raise AssertionError("this is asked with a key alone")
        return self._account


Do = Callable[[Call], Any]
Weigh = Callable[[Parameters], int]


@dataclass(frozen=True, slots=True)
class Route:
    #: As faults name it.
    act: str
    do: Do
    weight: int | Weigh
    #: The parameters that are read.
    names: frozenset[str] = field(default_factory=frozenset)
    security: Security = Security.NONE

    def weigh(self, parameters: Parameters) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(parameters)
