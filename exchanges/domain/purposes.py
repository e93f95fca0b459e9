"""Why a venue is asked. It decides who goes first when there is little left, and who may ask when Redis is away."""

from enum import StrEnum


class Purpose(StrEnum):
    #: Opens or enlarges a position.
    ENTRY = "entry"
    #: Looks, for a page or a store.
    READ = "read"
    #: Finds out what became of an order.
    RESOLVE = "resolve"
    #: Closes or lowers a position.
    EXIT = "exit"
    CANCEL = "cancel"

    @property
    def share(self) -> float:
        """How much of a budget it may use up: what keeps one safe always finds something left."""
        return _SHARES[self]

    @property
    def is_safe(self) -> bool:
        """It only makes things safer or clearer: it goes on when Redis is away, and tries when the venue seems down."""
        return self in {Purpose.RESOLVE, Purpose.EXIT, Purpose.CANCEL}


_SHARES = {
    Purpose.ENTRY: 0.7,
    Purpose.READ: 0.7,
    Purpose.RESOLVE: 0.85,
    Purpose.EXIT: 0.95,
    Purpose.CANCEL: 1.0,
}
