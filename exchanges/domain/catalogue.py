"""What is known of a venue's listings since they were last read, for adapters that need it to read other answers."""

from collections.abc import Iterable
from typing import Protocol

from exchanges.domain.market import Listing


class Catalogue(Protocol):
    def listing(self, symbol: str) -> Listing | None:
        """What the venue lists by this name now; None when nothing is known of it."""

    def listings(self) -> Iterable[Listing]:
        """All of them, with the names that the venue has for their assets."""


class GivenCatalogue:
    """These listings and no others; none of them: nothing was read yet."""

    def __init__(self, listings: Iterable[Listing] = ()) -> None:
        self._listings = {one.symbol: one for one in listings}

    def listing(self, symbol: str) -> Listing | None:
        return self._listings.get(symbol)

    def listings(self) -> Iterable[Listing]:
        return self._listings.values()


NOTHING_READ = GivenCatalogue()
