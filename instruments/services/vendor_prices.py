"""The last prices of what no venue here lists, from the vendors that the operator allows: for the eye, in their name.

Asked for what somebody looks at or watches, several in one request, and never with more than a part of a vendor's
budget: bars are asked for with the same one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

import redis
from django.conf import settings
from django.core.cache import cache

from instruments.domain.prices import Price
from instruments.domain.vendor_names import vendor_name
from instruments.looks import looked_at
from instruments.models import LastPrice, Listing, SourceChoice
from instruments.services.asking import pay
from instruments.services.prices import write_vendor_prices
from instruments.sources import (
    PriceSource,
    RateSource,
    Source,
    SourceBusy,
    SourceFailure,
    SourceRefused,
    UnknownSource,
    source_named,
)
from instruments.watched import list_listings_watched
from kernel import clock
from kernel.logs.setup import get_logger

log = get_logger(__name__)

#: Of a vendor's budget.
_SHARE = 0.5
#: After so many seconds a price is asked for again; a reference rate is told once a day.
_FRESH, _FRESH_RATE = 30, 3600
#: A vendor that failed, and a name that one does not know, are left alone for so long.
_RESTS, _UNKNOWN_RESTS = 60, 3600
#: One at a time; should it die, the next begins after so long.
_TURN = "vendor-prices:turn"
_TURN_SECONDS = 120
#: The central bank publishes its rates at four in the afternoon.
_PUBLISHED = dt.time(16, tzinfo=ZoneInfo("Europe/Berlin"))


class _RatedSource(Source, RateSource, Protocol):
    """A source that tells rates."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """One listing, and what a vendor calls it."""

    key: UUID
    name: str


def is_due(*, now: dt.datetime) -> bool:
    """Whether anything is wanted at all; cheap, for it is asked all the time."""
    return bool(_allowed() and _wanted(now))


def ask_vendor_prices() -> int:
    """How many prices were written. What the budgets did not reach is the next run's, the oldest first."""
    if not cache.add(_TURN, 1, timeout=_TURN_SECONDS):
        return 0
    try:
        return sum(_ask(source, wishes) for source, wishes in _wishes(clock.now()))
    finally:
        cache.delete(_TURN)


# ---- what is wanted, and of whom ----


def _allowed() -> bool:
    return bool(settings.VENDOR_PRICES) or SourceChoice.objects.exists()


def _wanted(now: dt.datetime) -> list[Listing]:
    """What is known from lists alone and somebody looks at, watches or waits for; those heard longest ago first."""
    rows = Listing.objects.filter(gone_at=None, origin=Listing.Origin.LIST)
    keys = list_listings_watched()
    for venue in rows.order_by("venue").values_list("venue", flat=True).distinct():
        symbols = looked_at(venue, now=now)
        if symbols:
            keys |= set(rows.filter(venue=venue, symbol__in=symbols).order_by().values_list("pk", flat=True))
    found = rows.filter(pk__in=keys).select_related("instrument", "last_price")
    return sorted(found, key=lambda one: _heard_at(one) or dt.datetime.min.replace(tzinfo=dt.UTC))


def _heard_at(listing: Listing) -> dt.datetime | None:
    row: LastPrice | None = getattr(listing, "last_price", None)
    return None if row is None else row.heard_at


def _wishes(now: dt.datetime) -> Iterator[tuple[Source, list[_Wish]]]:
    """By vendor what it is to be asked for now."""
    listings = _wanted(now)
    chosen: defaultdict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for row in SourceChoice.objects.filter(instrument__in=[one.instrument_id for one in listings]):
        chosen[row.instrument_id].append((row.source, row.symbol))
    found: defaultdict[str, list[_Wish]] = defaultdict(list)
    for listing in listings:
        for vendor, name in (*chosen[listing.instrument_id], *_usual(listing)):
            if not _tells(vendor) or _rests(vendor, name):
                continue
            if cache.get(_key("asked", vendor, name)) is None:
                found[vendor].append(_Wish(listing.pk, name))
            break
    for vendor, wishes in found.items():
        yield source_named(vendor), wishes


def _usual(listing: Listing) -> Iterator[tuple[str, str]]:
    instrument = listing.instrument
    for vendor in settings.VENDOR_PRICES.get(listing.venue, ()):
        name = vendor_name(
            vendor, kind=instrument.kind, symbol=listing.symbol, base=instrument.base, quote=instrument.quote
        )
        if name is not None:
            yield vendor, name


def _tells(vendor: str) -> bool:
    try:
        source = source_named(vendor)
    except UnknownSource:
        return False
    return hasattr(source, "prices") or hasattr(source, "rates")


# ---- who is left alone ----


def _rests(vendor: str, name: str) -> bool:
    return bool(cache.get_many([_key("rest", vendor), _key("rest", vendor, name)]))


def _key(what: str, vendor: str, name: str = "") -> str:
    return f"vendor-prices:{what}:{vendor}:{quote(name)}"


def _leave_alone(vendor: str, name: str = "") -> None:
    cache.set(_key("rest", vendor, name), 1, timeout=_UNKNOWN_RESTS if name else _RESTS)


# ---- asking ----


def _ask(source: Source, wishes: Sequence[_Wish]) -> int:
    """Request by request, each written when it is answered. What fails leaves the others to the next run."""
    written = 0
    try:
        for batch in _batches(source, wishes):
            pay(source, share=_SHARE)
            try:
                told = _told(source, [one.name for one in batch])
            except SourceRefused:
                # One name may have spoilt it for all; alone, each is told apart.
                told = _one_by_one(source, batch) if len(batch) > 1 else {}
            for one in batch:
                if one.name in told:
                    cache.set(_key("asked", source.name, one.name), 1, timeout=_fresh(source))
                else:
                    _leave_alone(source.name, one.name)
            prices = {one.key: told[one.name] for one in batch if one.name in told}
            done = write_vendor_prices(source=source.name, prices=prices, now=clock.now())
            if done.refused:
                log.warning("vendor_prices.refused", source=source.name, faults=done.refused[:5])
            written += done.written
    except SourceBusy as busy:
        log.info("vendor_prices.busy", source=source.name, seconds=busy.wait)
    except SourceFailure as failure:
        log.info("vendor_prices.not_told", source=source.name, error=type(failure).__name__)
        _leave_alone(source.name)
    except redis.RedisError as error:
        log.info("vendor_prices.not_counted", source=source.name, error=type(error).__name__)
    return written


def _fresh(source: Source) -> int:
    return _FRESH if hasattr(source, "prices") else _FRESH_RATE


def _one_by_one(source: Source, batch: Sequence[_Wish]) -> dict[str, Price]:
    told: dict[str, Price] = {}
    for one in batch:
        pay(source, share=_SHARE)
        try:
            told |= _told(source, [one.name])
        except SourceRefused:
            log.info("vendor_prices.unknown", source=source.name, symbol=one.name)
    return told


def _batches(source: Source, wishes: Sequence[_Wish]) -> Iterator[Sequence[_Wish]]:
    """As many as one request asks for; rates are asked for of one currency in others."""
    if hasattr(source, "prices"):
        yield from _cut(wishes, cast(PriceSource, source).prices_at_once)
        return
    by_base: defaultdict[str, list[_Wish]] = defaultdict(list)
    for one in wishes:
        by_base[one.name.partition("/")[0]].append(one)
    for group in by_base.values():
        yield from _cut(group, cast(_RatedSource, source).rates_at_once)


def _cut(wishes: Sequence[_Wish], most: int) -> Iterable[Sequence[_Wish]]:
    return (wishes[begin : begin + most] for begin in range(0, len(wishes), most))


def _told(source: Source, names: Sequence[str]) -> dict[str, Price]:
    try:
        if hasattr(source, "prices"):
            return {one.symbol: one for one in cast(PriceSource, source).prices(names)}
        base = names[0].partition("/")[0]
        rates = cast(_RatedSource, source).rates(base, [name.partition("/")[2] for name in names])
        return {
            f"{one.base}/{one.quote}": Price(
                f"{one.base}/{one.quote}", one.rate, None, None, dt.datetime.combine(one.day, _PUBLISHED)
            )
            for one in rates
        }
    except SourceFailure:
        raise
    except Exception as error:
        # A defect of one adapter must not keep the next vendor from being asked.
        log.exception("source.defect", source=source.name)
        raise SourceFailure(f"{source.title}: something failed on our side ({type(error).__name__}).") from error
