"""What the venues list, read each day for the markets that somebody here is connected to."""

import datetime as dt
from collections.abc import Sequence

from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.failures import Contradiction, VenueFailure
from exchanges.domain.limits import Act
from exchanges.domain.listed import NotForUs, listing_facts
from exchanges.domain.market import Listing
from exchanges.domain.markets import market_of
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import venue_named
from exchanges.lines import ADAPTERS, NoLine, open_public_line
from exchanges.models import Account, Connection
from instruments.domain.listings import ListingFacts
from instruments.models import CatalogueReading
from instruments.services.catalogue import DoubtfulCatalogue, refresh_listings
from instruments.services.readings import reading_asked, reading_failed, reading_told
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.scope import operator

READ_EVERY = dt.timedelta(hours=24)
#: After a failure, or a nudge that was lost.
ASKED_AGAIN = dt.timedelta(minutes=15)


def look_for_old_catalogues(*, now: dt.datetime) -> int:
    """Has those read that are a day old; how many. Run twice at once, a catalogue is read twice and is the same."""
    lists = {one for one in markets_in_use() if Act.LISTINGS in venue_named(one[0]).acts}
    due = [one for one in sorted(lists) if is_due(market_of(*one), now=now)]
    for venue, mode in due:
        reading_asked(market_of(venue, mode), now=now)
        enqueue("exchanges.refresh_catalogue", venue, mode, queue="data")
    return len(due)


def is_due(market: str, *, now: dt.datetime) -> bool:
    reading = CatalogueReading.objects.filter(pk=market).first()
    if reading is None:
        return True
    is_old = reading.told_at is None or reading.told_at + READ_EVERY <= now
    return is_old and reading.asked_at + ASKED_AGAIN <= now


def was_told(market: str) -> bool:
    return CatalogueReading.objects.filter(pk=market, told_at__isnull=False).exists()


def refresh_catalogue(venue: str, mode: str, *, now: dt.datetime) -> bool:
    """Reads what the venue lists now; False when it could not be had, which is noted where people look."""
    facts, market = venue_named(venue), market_of(venue, mode)
    try:
        told = open_public_line(facts, mode, purpose=Purpose.READ).listings()
        kept, refused = _sorted_out(told, facts)
        refreshed = refresh_listings(venue=market, listings=kept, now=now)
    except (VenueFailure, NoLine, DoubtfulCatalogue) as error:
        reading_failed(market, str(error), now=now)
        return False
    reading_told(market, listings=refreshed.told, refused=[*refused, *refreshed.refused], now=now)
    return True


def _sorted_out(told: Sequence[Listing], facts: VenueFacts) -> tuple[list[ListingFacts], list[tuple[str, str]]]:
    """What the catalogue has words for; and the rest, each with the reason. One bad line holds back no other."""
    kept: list[ListingFacts] = []
    refused: list[tuple[str, str]] = []
    for at in range(len(told)):
        symbol = f"line {at + 1}"
        try:
            listing = told[at]
            symbol = listing.symbol
            kept.append(listing_facts(listing, facts))
        except (NotForUs, Contradiction) as reason:
            refused.append((symbol, str(reason)))
    return kept, refused


def markets_in_use() -> set[tuple[str, str]]:
    """Venue and mode of what somebody is connected to, and of what a paper account follows."""
    with operator():
        open_ones = Connection.objects.filter(closed_at=None)
        connected = set(open_ones.exclude(mode=Connection.Mode.PAPER).values_list("venue", "mode").distinct())
        accounts = Account.objects.filter(connection__in=open_ones).exclude(follows="")
        followed = {(venue, Connection.Mode.LIVE.value) for venue in accounts.values_list("follows", flat=True)}
    return {(venue, mode) for venue, mode in connected | followed if venue in ADAPTERS}
