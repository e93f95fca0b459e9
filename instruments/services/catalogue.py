"""The catalogue of a venue, read again: what is new, what changed, what is gone, what is back."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from accounts.services.audit import record
from instruments.domain.listings import (
    LONGEST_NAME,
    RULE_COLUMNS,
    InstrumentFacts,
    Kind,
    ListingFacts,
    Origin,
    columns_of,
    why_not_kept,
)
from instruments.models import Instrument, Listing
from instruments.services.copying import copy_rows
from instruments.services.finding import index_instruments
from kernel.tenancy.scope import operator

_AT_ONCE = 2_000
#: With fewer listings than this a venue may well end most of them in a day.
_FEW = 20
_KNOWN_BY_ISIN = frozenset({Kind.EQUITY, Kind.ETF})
_Key = tuple[str, str]


#: What a telling decides of a listing.
_COLUMNS = (
    *RULE_COLUMNS,
    "notional_least_binds_market",
    "notional_most_binds_market",
    "calendar",
    "order_types",
    "facts",
    "is_tradable",
    "freeze_quantity",
    "origin",
    "as_of",
)


class DoubtfulCatalogue(Exception):
    """The venue tells so little that it was probably cut short. Nothing was written; what is known stays."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh found."""

    told: int
    new: int = 0
    changed: int = 0
    gone: int = 0
    back: int = 0
    #: Symbols that cannot be kept as they were told, each with the reason. They count as not told.
    refused: tuple[tuple[str, str], ...] = ()
    #: The instruments of which something was written.
    touched: frozenset[UUID] = field(default=frozenset(), compare=False)


def refresh_listings(
    *,
    venue: str,
    listings: Iterable[ListingFacts],
    now: dt.datetime,
    segments: Collection[str] | None = None,
    may_lose_most: bool = False,
    list_of: dt.date | None = None,
    is_found_at_once: bool = True,
) -> Refreshed:
    """Makes the catalogue what the venue tells. Running twice changes nothing the second time.

    `segments` names those that were told whole; None: all of the venue. What they lack is marked gone, never deleted.
    More than half of them gone at once raises DoubtfulCatalogue, unless `may_lose_most` says that it is meant.

    `list_of` says that it is no venue that tells, but a list as of that day. It never overrides what a venue told: a
    segment of which the venue has spoken is left alone. What a list told stays until the venue speaks of its segment.
    Whoever tells several one after the other indexes what was touched himself, instead of `is_found_at_once`.
    """
    told, refused = _sorted_out(listings, segments)
    if not told:
        raise DoubtfulCatalogue(f"{venue} told no listing that can be kept; the catalogue stays as it is.")
    with operator():
        _wait_for_other_refreshes()
        known = _known(venue, segments)
        if list_of is not None:
            spoken = {one.segment for rows in known.values() for one in rows if one.origin == Listing.Origin.VENUE}
            told = {key: facts for key, facts in told.items() if key[0] not in spoken}
        concerned = {segment for segment, _ in told}
        known = _concerned(known, concerned, is_list=list_of is not None)
        if not told:
            return Refreshed(told=0, refused=tuple(refused))
        instruments, odd = _instruments_of(told, now=now)
        for key, reason in odd.items():
            refused.append((key[1], reason))
            del told[key]
        if not told:
            raise DoubtfulCatalogue(f"Everything {venue} told contradicts what is known; the catalogue stays as it is.")
        fresh: list[Listing] = []
        changed: list[Listing] = []
        back: list[Listing] = []
        seen: set[UUID] = set()
        for key, facts in told.items():
            instrument_id = instruments[key].pk
            row = next((one for one in known[key] if one.instrument_id == instrument_id), None)
            values = _values_of(facts, list_of)
            if row is None:
                row = Listing(venue=venue, symbol=facts.symbol, segment=facts.segment, instrument_id=instrument_id)
                _put(row, {**values, "first_seen_at": now, "last_seen_at": now})
                fresh.append(row)
                continue
            seen.add(row.pk)
            if row.gone_at is not None:
                back.append(row)
            elif any(getattr(row, name) != value for name, value in values.items()):
                changed.append(row)
            else:
                continue
            _put(row, {**values, "gone_at": None, "gone_told_at": None, "last_seen_at": now})
        present = [one for rows in known.values() for one in rows if one.gone_at is None]
        gone = [one for one in present if one.pk not in seen]
        if not may_lose_most:
            # What a list told and the venue does not is no sign that the venue's answer was cut short.
            own = [one for one in present if one.origin == Listing.Origin.VENUE]
            _doubt(venue, [one for one in own if one.pk not in seen], len(own), today=now.date())
        # What is gone goes first: its symbol may mean something else from now on.
        Listing.objects.filter(pk__in=[one.pk for one in gone]).update(gone_at=now, is_tradable=False)
        Listing.objects.bulk_create(
            [*changed, *back],
            batch_size=_AT_ONCE,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*_COLUMNS, "gone_at", "gone_told_at", "last_seen_at"],
        )
        copy_rows(fresh, Listing)
        written = {one.pk for one in (*changed, *back)}
        Listing.objects.filter(pk__in=seen - written).update(last_seen_at=now)
        _settle([*fresh, *back], gone)
        touched = frozenset(one.instrument_id for one in (*fresh, *back, *changed, *gone))
        if is_found_at_once:
            index_instruments(touched)
        counts = {"new": len(fresh), "changed": len(changed), "gone": len(gone), "back": len(back)}
        if any(counts.values()):
            origin = {} if list_of is None else {"list_of": list_of.isoformat()}
            record("catalogue.refreshed", now=now, target=venue, facts={**counts, **origin})
    return Refreshed(told=len(told), refused=tuple(refused), touched=touched, **counts)


def _sorted_out(
    listings: Iterable[ListingFacts], segments: Collection[str] | None
) -> tuple[dict[_Key, ListingFacts], list[tuple[str, str]]]:
    """By segment and symbol, in that order; and what cannot be kept. What is told twice in two ways is not believed."""
    told: dict[_Key, ListingFacts] = {}
    refused: dict[_Key, str] = {}
    for facts in listings:
        key = (facts.segment, facts.symbol)
        fault = why_not_kept(facts)
        if fault is None and segments is not None and facts.segment not in segments:
            fault = f"it is of the segment {facts.segment}, which was not asked for"
        if fault is None and told.get(key, facts) != facts:
            fault = "it is told twice, and not alike"
        if fault is not None:
            refused.setdefault(key, fault)
        told[key] = facts
    kept = {key: told[key] for key in sorted(told) if key not in refused}
    return kept, [(symbol, fault) for (_, symbol), fault in refused.items()]


def _wait_for_other_refreshes() -> None:
    """One at a time over all venues: two of them make the same instruments."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('instruments.refresh', 0))")


def _known(venue: str, segments: Collection[str] | None) -> defaultdict[_Key, list[Listing]]:
    rows = Listing.objects.filter(venue=venue).order_by()
    if segments is not None:
        rows = rows.filter(segment__in=segments)
    known: defaultdict[_Key, list[Listing]] = defaultdict(list)
    for row in rows:
        known[row.segment, row.symbol].append(row)
    return known


def _concerned(
    known: Mapping[_Key, list[Listing]], segments: Collection[str], *, is_list: bool
) -> defaultdict[_Key, list[Listing]]:
    """What this telling is about: of a list its segments, of a venue all but what a list told of other segments."""
    found: defaultdict[_Key, list[Listing]] = defaultdict(list)
    for key, rows in known.items():
        kept = [one for one in rows if key[0] in segments or (not is_list and one.origin == Listing.Origin.VENUE)]
        if kept:
            found[key] = kept
    return found


def _instruments_of(
    told: Mapping[_Key, ListingFacts], *, now: dt.datetime
) -> tuple[dict[_Key, Instrument], dict[_Key, str]]:
    """Whose listing each is, made where nobody knew it; and those that contradict what is known."""
    facts_of = {(one.instrument.kind.value, one.instrument.full_code): one for one in told.values()}
    by_code = _by_code(facts_of)
    by_isin = _by_isin(one.instrument.isin for one in told.values())
    made: list[Instrument] = []
    for code, facts in sorted(facts_of.items()):
        isin = _isin_key(facts.instrument)
        if code in by_code or isin in by_isin:
            continue
        made.append(_new(facts, now=now))
        by_code[code] = made[-1]
        if isin[1]:
            by_isin[isin] = made[-1]
    copy_rows(made, Instrument)
    found: dict[_Key, Instrument] = {}
    odd: dict[_Key, str] = {}
    filled: dict[UUID, Instrument] = {}
    for key, facts in told.items():
        one = facts.instrument
        instrument = by_isin.get(_isin_key(one)) or by_code[one.kind.value, one.full_code]
        for name, value in _identity(one).items():
            if getattr(instrument, name) != value:
                odd[key] = f"{instrument} has the {name} {getattr(instrument, name)}, and here {value}"
        if one.isin and instrument.isin and one.isin != instrument.isin:
            odd[key] = f"{instrument} has the ISIN {instrument.isin}, and here {one.isin}"
        if key in odd:
            continue
        found[key] = instrument
        # The first telling stands; a later one fills what it left empty.
        blanks = {"name": _short(one.name), "isin": one.isin}
        news = {name: value for name, value in blanks.items() if value and not getattr(instrument, name)}
        if news:
            _put(instrument, news)
            filled[instrument.pk] = instrument
    Instrument.objects.bulk_update(filled.values(), ["name", "isin"], batch_size=_AT_ONCE)
    return found, odd


def _by_code(codes: Iterable[_Key]) -> dict[_Key, Instrument]:
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for kind, code in codes:
        wanted[kind].append(code)
    return {
        (one.kind, one.code): one
        for kind, of_kind in wanted.items()
        for one in Instrument.objects.filter(kind=kind, code__in=of_kind).order_by()
    }


def _by_isin(isins: Iterable[str]) -> dict[tuple[str, str, str], Instrument]:
    """By kind, ISIN and currency. What has none is found by its code; so is a contract, whose ISIN others share."""
    wanted = {isin for isin in isins if isin}
    rows = Instrument.objects.filter(isin__in=wanted, kind__in=_KNOWN_BY_ISIN).order_by("pk")
    return {(one.kind, one.isin, one.quote): one for one in reversed(rows)}


def _isin_key(facts: InstrumentFacts) -> tuple[str, str, str]:
    return (facts.kind.value, facts.isin if facts.kind in _KNOWN_BY_ISIN else "", facts.quote)


def _identity(facts: InstrumentFacts) -> dict[str, Any]:
    return {
        "expiry": facts.expiry,
        "strike": facts.strike,
        "right": "" if facts.right is None else facts.right.value,
        "multiplier": facts.multiplier,
    }


def _new(facts: ListingFacts, *, now: dt.datetime) -> Instrument:
    one = facts.instrument
    return Instrument(
        kind=one.kind.value,
        code=one.full_code,
        base=one.base,
        quote=one.quote,
        name=_short(one.name),
        isin=one.isin,
        calendar=facts.calendar,
        created_at=now,
        **_identity(one),
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _values_of(facts: ListingFacts, list_of: dt.date | None) -> dict[str, Any]:
    """The listing's columns as they were told now."""
    others = (
        facts.rules.least_binds_market,
        facts.rules.most_binds_market,
        facts.calendar,
        None if facts.order_types is None else sorted(facts.order_types),
        dict(facts.facts),
        facts.is_tradable,
        facts.freeze_quantity,
        (Origin.VENUE if list_of is None else Origin.LIST).value,
        list_of,
    )
    return dict(zip(_COLUMNS, (*columns_of(facts.rules).values(), *others), strict=True))


def _put(row: Instrument | Listing, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _doubt(venue: str, gone: Sequence[Listing], present: int, *, today: dt.date) -> None:
    """What has expired is expected to go, and is not counted."""
    if len(gone) * 2 <= present or present < _FEW:
        return
    expired = Instrument.objects.filter(pk__in={one.instrument_id for one in gone}, expiry__lt=today)
    over = set(expired.values_list("pk", flat=True))
    lost = sum(one.instrument_id not in over for one in gone)
    if lost * 2 > present:
        raise DoubtfulCatalogue(f"{venue} no longer tells {lost} of {present} listings; the catalogue stays as it is.")


def _settle(listed: Sequence[Listing], gone: Sequence[Listing]) -> None:
    """An instrument that no venue lists is gone; one that some venue lists again is not."""
    Instrument.objects.filter(pk__in={one.instrument_id for one in listed}).exclude(
        status=Instrument.Status.LISTED
    ).update(status=Instrument.Status.LISTED)
    still = Listing.objects.filter(instrument=OuterRef("pk"), gone_at=None)
    Instrument.objects.filter(~Exists(still), pk__in={one.instrument_id for one in gone}).update(
        status=Instrument.Status.GONE
    )
