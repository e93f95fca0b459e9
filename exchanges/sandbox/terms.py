"""What a house refuses, and whom it asks: who holds the money, who keeps what became of it."""

from typing import Protocol

from exchanges.sandbox.orders import Account, Placed


class WouldTake(Exception):
    """It was to add to the book alone, and would take from it."""


class WouldWake(Exception):
    """Its trigger is where the price is already."""


class Halted(Exception):
    """Nothing is traded here."""


class TooMany(Exception):
    """The sandbox keeps no more of these."""


class Money(Protocol):
    """How a venue holds money for an order and pays it out. All figures are atoms."""

    def hold(self, order: Placed) -> None:
        """Sets aside what the order may cost, by its limit or its `cap`. Raises Short."""

    def settle(self, order: Placed, *, price: int, lots: int, is_maker: bool) -> tuple[str, int]:
        """Moves what one trade moves, and says the fee and in which asset it was taken."""

    def shrink(self, order: Placed, lots: int) -> None:
        """Lets go what was held for lots that the order no longer asks for."""

    def release(self, order: Placed) -> None:
        """Lets go whatever is still held."""


class Keeper(Protocol):
    """Keeps what became of accounts and orders."""

    def changed(self, account: Account) -> None: ...

    def closed(self, account: Account) -> None: ...

    def touched(self, order: Placed) -> None: ...

    def forgot(self, order: Placed) -> None: ...
