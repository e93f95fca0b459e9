"""A venue as it is met in one mode. The sandbox's listings and prices are its own, and no venue's."""

from dataclasses import dataclass

from exchanges.domain.capabilities import VenueFacts

LIVE, SANDBOX = "live", "sandbox"


@dataclass(frozen=True, slots=True)
class Market:
    facts: VenueFacts
    mode: str

    @property
    def name(self) -> str:
        return market_of(self.facts.name, self.mode)


def market_of(venue: str, mode: str) -> str:
    """The name under which listings and prices are kept."""
    return f"{venue}.{SANDBOX}" if mode == SANDBOX else venue
