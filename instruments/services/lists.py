"""The shipped lists into the catalogue: what can be traded is known before any venue was asked."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from instruments.domain.listings import ListingFacts
from instruments.domain.lists import LISTS, list_date, list_digest, shipped_list
from instruments.models import CatalogueReading
from instruments.services.catalogue import refresh_listings
from instruments.services.finding import index_instruments
from instruments.services.readings import reading_told
from kernel.tenancy.scope import operator


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one list."""

    name: str
    as_of: dt.date
    told: int
    new: int = 0
    changed: int = 0
    gone: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    #: This issue was loaded before: nothing was read again.
    is_known: bool = False


def load_lists(names: Sequence[str] = LISTS, *, again: bool = False, now: dt.datetime) -> list[Loaded]:
    """Each list, market by market and segment by segment. Running twice changes nothing the second time.

    An issue that was loaded before is passed over, unless `again` asks for it.

    1. What a venue told of a segment itself stays; the list is not asked there any more.
    2. What a list's newer issue lacks is marked gone, never deleted.
    """
    with operator():
        touched: set[UUID] = set()
        done = [_load(name, touched, again=again, now=now) for name in names]
        index_instruments(touched)
    return done


def _load(name: str, touched: set[UUID], *, again: bool, now: dt.datetime) -> Loaded:
    digest, reading = list_digest(name), f"list {name}"
    if not again and CatalogueReading.objects.filter(pk=reading, digest=digest).exists():
        return Loaded(name, list_date(name), told=0, is_known=True)
    one = shipped_list(name)
    done = Loaded(name, one.as_of, told=0)
    for market, listings in one.markets.items():
        by_segment: defaultdict[str, list[ListingFacts]] = defaultdict(list)
        for facts in listings:
            by_segment[facts.segment].append(facts)
        for segment, told in by_segment.items():
            found = refresh_listings(
                venue=market,
                listings=told,
                segments=[segment],
                may_lose_most=True,
                list_of=one.as_of,
                is_found_at_once=False,
                now=now,
            )
            touched |= found.touched
            done = Loaded(
                name,
                one.as_of,
                told=done.told + found.told,
                new=done.new + found.new,
                changed=done.changed + found.changed,
                gone=done.gone + found.gone,
                refused=(*done.refused, *found.refused),
            )
    reading_told(reading, listings=done.told, refused=done.refused, digest=digest, now=now)
    return done
