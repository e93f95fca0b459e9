"""From a venue's words of what it lists to the catalogue's. What cannot be told apart with certainty is left out."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.market import Listing
from instruments.domain.calendars import ALWAYS
from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts, OptionRight

#: Venues' names of coins that everybody else calls otherwise, or by whose usual name they mean another coin.
#: Kraken: its asset list's altnames against the names of its own support pages; ccxt 4.5.90 keeps the same table.
COMMON_NAMES: Mapping[str, Mapping[str, str]] = {
    "kraken": {
        "XBT": "BTC",
        "XDG": "DOGE",
        "LUNA": "LUNC",
        "LUNA2": "LUNA",
        "REP": "REPV1",
        "REPV2": "REP",
        "UST": "USTC",
        "FEE": "KFEE",
    },
}
_NO_NAMES: Mapping[str, str] = {}
_INDICES = "INDICES"
_RIGHTS = {"CE": OptionRight.CALL, "PE": OptionRight.PUT}


class NotForUs(ValueError):
    """The catalogue has no words for this listing; the reason is in words."""


def listing_facts(listing: Listing, venue: VenueFacts) -> ListingFacts:
    """The listing for the catalogue; raises NotForUs."""
    segment = venue.segments.get(listing.segment)
    if segment is None:
        raise NotForUs(f"nobody here knows the segment {listing.segment}")
    read = _READERS.get(venue.name, _coin)
    return ListingFacts(
        symbol=listing.symbol,
        segment=listing.segment,
        instrument=read(listing, venue),
        rules=listing.rules,
        is_tradable=listing.is_tradable,
        calendar=segment.calendar or ALWAYS,
        order_types=None if listing.order_types is None else frozenset(one.value for one in listing.order_types),
        facts={"base": listing.base, "quote": listing.quote, "name": listing.name, **listing.facts},
    )


def _coin(listing: Listing, venue: VenueFacts) -> InstrumentFacts:
    names = COMMON_NAMES.get(venue.name, _NO_NAMES)
    base, quote = (names.get(one, one) for one in (listing.base, listing.quote))
    return InstrumentFacts(Kind.SPOT, base, quote)


def _kite(listing: Listing, venue: VenueFacts) -> InstrumentFacts:
    """NSE and BSE list one company by one trading symbol; contracts are known by their exchange's own."""
    told = listing.facts
    if told["segment"] == _INDICES:
        return InstrumentFacts(Kind.INDEX, listing.base, listing.quote, name=listing.name)
    kind = told["type"]
    if kind == "EQ":
        return InstrumentFacts(Kind.EQUITY, listing.base, listing.quote, name=listing.name)
    if kind != "FUT" and kind not in _RIGHTS:
        raise NotForUs(f"nobody here knows the type {kind}")
    if not told["expiry"]:
        raise NotForUs(f"a {kind} has an expiry, and none is told")
    strike = Decimal(told["strike"]) if told["strike"] else None
    if kind != "FUT" and strike is None:
        raise NotForUs(f"a {kind} has a strike, and none is told")
    return InstrumentFacts(
        kind=Kind.FUTURE if kind == "FUT" else Kind.OPTION,
        base=listing.name or listing.base,
        quote=listing.quote,
        # Two exchanges have futures of one metal and one day that are not the same contract.
        code=listing.symbol,
        expiry=dt.date.fromisoformat(told["expiry"]),
        strike=strike if kind != "FUT" else None,
        right=_RIGHTS.get(kind),
    )


_READERS: Mapping[str, Callable[[Listing, VenueFacts], InstrumentFacts]] = {"zerodha": _kite}
