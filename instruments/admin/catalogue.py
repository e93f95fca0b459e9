"""Instruments and their listings."""

from django.contrib import admin

from accounts.operator_site import ReadOnly
from instruments.domain.listings import RULE_COLUMNS
from instruments.models import CatalogueReading, Instrument, Listing, PriceAlert, WatchlistEntry


@admin.register(Instrument)
class InstrumentAdmin(ReadOnly):
    group, title = "Markets", "Instruments"
    list_display = ("code", "kind", "name", "status", "calendar", "expiry")
    list_filter = ("kind", "status")
    search_fields = ("code", "name", "isin")
    fields = (
        "code",
        "kind",
        "name",
        "isin",
        "base",
        "quote",
        "expiry",
        "strike",
        "right",
        "multiplier",
        "calendar",
        "aliases",
        "status",
        "created_at",
        "watched",
        "alerts_armed",
    )

    # How many, and never whose: what a workspace watches is its own.
    @admin.display(description="watchlists it stands on")
    def watched(self, one: Instrument) -> int:
        return WatchlistEntry.objects.filter(instrument=one).count()

    @admin.display(description="armed alerts")
    def alerts_armed(self, one: Instrument) -> int:
        return PriceAlert.objects.filter(listing__instrument=one, state=PriceAlert.State.ARMED).count()


@admin.register(Listing)
class ListingAdmin(ReadOnly):
    group, title = "Markets", "Listings"
    list_display = ("symbol", "venue", "segment", "instrument", "origin", "is_tradable", "last_seen_at", "gone_at")
    list_filter = ("venue", "segment", "origin", "is_tradable")
    list_select_related = ("instrument",)
    search_fields = ("symbol", "instrument__code", "instrument__name")
    fields = (
        "symbol",
        "venue",
        "segment",
        "instrument",
        "origin",
        "as_of",
        "calendar",
        "is_tradable",
        *RULE_COLUMNS,
        "notional_least_binds_market",
        "notional_most_binds_market",
        "freeze_quantity",
        "order_types",
        "facts",
        "first_seen_at",
        "last_seen_at",
        "gone_at",
        "gone_told_at",
    )


@admin.register(CatalogueReading)
class CatalogueReadingAdmin(ReadOnly):
    group, title = "Markets", "Readings of catalogues"
    list_display = ("market", "told_at", "listings", "refused_count", "failed_at", "failure")
    fields = ("market", "asked_at", "told_at", "listings", "refused_count", "refused", "failed_at", "failure")
