"""Who holds what: each room that knows of holdings says so, and those who hold what is delisted are told."""

from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from instruments.models import Listing

#: Given listings with their instruments, who holds which: the workspace and the listing's key. Called in no scope.
Holders = Callable[[Collection[Listing]], Iterable[tuple[UUID, UUID]]]

_holders: list[Holders] = []


def register_holders(holders: Holders) -> None:
    if holders not in _holders:
        _holders.append(holders)


def holders_of(listings: Collection[Listing]) -> set[tuple[UUID, UUID]]:
    """Workspace and listing, of every room that knows of holdings."""
    return {one for holders in _holders for one in holders(listings)} if listings else set()
