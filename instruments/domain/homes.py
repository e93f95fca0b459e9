"""Of an instrument's listings the one whose price is shown first."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

#: Of two that stand alike the earlier one here; what is not named comes after, by its name.
_WELL_KNOWN = ("binance", "coinbase", "kraken", "bybit", "zerodha", "XNAS", "XNYS", "fx")


@dataclass(frozen=True, slots=True)
class Candidate:
    pk: UUID
    venue: str
    symbol: str
    segment: str
    #: By the venue itself, and not by a list.
    is_told: bool
    is_tradable: bool
    is_gone: bool


def home_of(listings: Iterable[Candidate]) -> Candidate | None:
    """What is listed before what is gone, the venue's own word before a list's, what trades, then by name."""
    return min(listings, key=_standing, default=None)


def _standing(one: Candidate) -> tuple[bool, bool, bool, int, str, str, str]:
    rank = _WELL_KNOWN.index(one.venue) if one.venue in _WELL_KNOWN else len(_WELL_KNOWN)
    return one.is_gone, not one.is_told, not one.is_tradable, rank, one.venue, one.segment, one.symbol
