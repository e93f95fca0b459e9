"""Tells those who hold or watch it that a venue no longer lists something. Run twice, each is told once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from accounts.models import Notification, Workspace
from accounts.models.workspace import Role
from accounts.notify import notify
from instruments.holders import holders_of
from instruments.models import Instrument, Listing, PriceAlert, WatchlistEntry
from kernel.logs.setup import get_logger
from kernel.tenancy.scope import operator, tenant

log = get_logger(__name__)

_AT_ONCE, _BATCHES = 2_000, 20
_EVENT = "instrument.delisted"


def tell_of_delisted(*, now: dt.datetime) -> int:
    """How many notices there are now that were not there before."""
    told = 0
    for _ in range(_BATCHES):
        gone = list(
            Listing.objects.filter(gone_at__isnull=False, gone_told_at=None)
            .select_related("instrument__home")
            .order_by("gone_at", "pk")[:_AT_ONCE]
        )
        if not gone:
            break
        number, is_whole = _tell_all(gone, now=now)
        told += number
        if not is_whole:
            break
        # Marked when all were told: a run that dies before tells again, and finds what it has told.
        with operator():
            Listing.objects.filter(pk__in=[one.pk for one in gone], gone_at__isnull=False).update(gone_told_at=now)
    return told


def _tell_all(gone: Sequence[Listing], *, now: dt.datetime) -> tuple[int, bool]:
    """How many notices were made, and whether every workspace could be told."""
    by_key = {one.pk: one for one in gone}
    concerned: defaultdict[UUID, dict[UUID, str]] = defaultdict(dict)
    for workspace, key in _watching(gone):
        concerned[workspace][key] = "It is on a watchlist of this workspace, or an alert waits for its price."
    for workspace, key in holders_of(gone):
        concerned[workspace][key] = "An account of this workspace holds it, by what its venue said last."
    told, is_whole = 0, True
    for workspace, keys in concerned.items():
        try:
            with tenant(workspace):
                told += sum(_tell(workspace, by_key[key], why, now=now) for key, why in sorted(keys.items()))
        except Exception:
            is_whole = False
            log.exception("delisted.not_told", workspace=str(workspace))
    return told, is_whole


def _watching(gone: Sequence[Listing]) -> set[tuple[UUID, UUID]]:
    """Who has an alert on the listing, or watches an instrument whose price was shown from there or that is gone."""
    homes = {one.instrument_id: one.pk for one in gone if _is_news(one)}
    with operator():
        alerts = PriceAlert.objects.filter(listing__in=[one.pk for one in gone]).values_list(
            "workspace_id", "listing_id"
        )
        watched = WatchlistEntry.objects.filter(instrument__in=homes).values_list("workspace_id", "instrument_id")
        return {*alerts, *((workspace, homes[instrument]) for workspace, instrument in watched)}


def _is_news(listing: Listing) -> bool:
    """Whether who watches the instrument is told of it: its venue listed it, or nobody lists it any more.

    A list's row that no venue confirms is no news to somebody who sees the price elsewhere.
    """
    is_gone = listing.instrument.status == Instrument.Status.GONE
    return is_gone or listing.origin == Listing.Origin.VENUE


def _tell(workspace_id: UUID, listing: Listing, why: str, *, now: dt.datetime) -> int:
    facts = {"listing": str(listing.pk), "since": listing.gone_at.isoformat() if listing.gone_at else ""}
    if Notification.objects.filter(event=_EVENT, facts__contains=facts).exists():
        return 0
    home = listing.instrument.home
    elsewhere = f"It is still listed at {home.venue}." if home is not None and home.gone_at is None else ""
    slug = Workspace.objects.values_list("slug", flat=True).get(pk=workspace_id)
    sent = notify(
        _EVENT,
        roles=(Role.OWNER, Role.TRADER),
        facts={**facts, "code": listing.instrument.code, "venue": listing.venue, "why": why, "elsewhere": elsewhere},
        path=f"/w/{slug}/markets/{listing.instrument_id}/",
        now=now,
    )
    return len(sent)
