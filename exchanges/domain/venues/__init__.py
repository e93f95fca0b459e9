"""Every venue that has an adapter, by name."""

from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.venues.binance import BINANCE
from exchanges.domain.venues.coinbase import COINBASE
from exchanges.domain.venues.kraken import KRAKEN
from exchanges.domain.venues.paper import PAPER
from exchanges.domain.venues.zerodha import ZERODHA


class UnknownVenue(LookupError):
    """There is no adapter of this name."""


#: Whose wire the sandbox speaks.
IN_THE_SANDBOX = frozenset({BINANCE.name, ZERODHA.name})
VENUES = {venue.name: venue for venue in (BINANCE, COINBASE, KRAKEN, ZERODHA, PAPER)}


def venue_named(name: str) -> VenueFacts:
    try:
        return VENUES[name]
    except KeyError as error:
        raise UnknownVenue(f"there is no venue {name!r}; there are {', '.join(sorted(VENUES))}") from error
