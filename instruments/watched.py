"""Reads of watchlists and alerts, in a tenant's scope; and what all of them want of the streams, which is nobody's."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from instruments.models import AlertFiring, Listing, PriceAlert, Watchlist, WatchlistEntry
from kernel.tenancy.scope import operator

#: Of one venue; a socket has an end, and what a workspace may put on its lists must not fill it alone.
MOST_WANTED = 2_000


def watchlists() -> QuerySet[Watchlist]:
    rows: QuerySet[Any] = Watchlist.objects.annotate(count=Count("entries"))
    return rows.order_by("position", "made_at", "pk")


def entries_of(watchlist: Watchlist) -> list[WatchlistEntry]:
    """In order, each with its instrument's home, last price and figures."""
    rows = WatchlistEntry.objects.filter(watchlist=watchlist)
    return list(rows.select_related("instrument__home__last_price", "instrument__home__figures"))


def lists_holding(instruments: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Of these instruments, on which watchlists each stands."""
    found: dict[UUID, set[UUID]] = {}
    rows = WatchlistEntry.objects.filter(instrument__in=list(instruments))
    for instrument, watchlist in rows.order_by().values_list("instrument_id", "watchlist_id"):
        found.setdefault(instrument, set()).add(watchlist)
    return found


def alerts() -> QuerySet[PriceAlert]:
    rows: QuerySet[PriceAlert] = PriceAlert.objects.select_related(
        "listing__instrument", "listing__last_price", "made_by"
    )
    return rows


def alert_row(alert_id: UUID) -> PriceAlert | None:
    return alerts().filter(pk=alert_id).first()


def firings() -> QuerySet[AlertFiring]:
    rows: QuerySet[AlertFiring] = AlertFiring.objects.select_related("alert__listing__instrument")
    return rows


def list_listings_watched() -> set[UUID]:
    """Of what is known from lists alone that which somebody watches or has an armed alert on."""
    known = Listing.objects.filter(gone_at=None, origin=Listing.Origin.LIST)
    with operator():
        waiting = PriceAlert.objects.filter(state=PriceAlert.State.ARMED, listing__origin=Listing.Origin.LIST)
        entries = WatchlistEntry.objects.filter(instrument__home__origin=Listing.Origin.LIST)
        found = [
            *known.filter(pk__in=waiting.order_by().values("listing_id")).values_list("pk", flat=True)[:MOST_WANTED]
        ]
        shown = known.filter(home_of__in=entries.order_by().values("instrument_id")).order_by("pk")
        return {*found, *shown.values_list("pk", flat=True)[: MOST_WANTED - len(found)]}


def symbols_watched(venue: str) -> set[str]:
    """Of what this venue itself lists that which somebody watches or has an armed alert on."""
    here = Listing.objects.filter(venue=venue, gone_at=None, origin=Listing.Origin.VENUE)
    with operator():
        waiting = PriceAlert.objects.filter(state=PriceAlert.State.ARMED, listing__venue=venue)
        alerted = here.filter(pk__in=waiting.order_by().values("listing_id"))
        entries = WatchlistEntry.objects.filter(instrument__home__venue=venue)
        shown = here.filter(home_of__in=entries.order_by().values("instrument_id"))
        found = [*alerted.order_by("pk").values_list("symbol", flat=True)[:MOST_WANTED]]
        return {*found, *shown.order_by("pk").values_list("symbol", flat=True)[: MOST_WANTED - len(found)]}
