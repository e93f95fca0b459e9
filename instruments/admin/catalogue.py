"""Instruments and their listings."""

from django.contrib import admin

from accounts.operator_site import ReadOnly
from instruments.domain.listings import RULE_COLUMNS
from instruments.models import Instrument, Listing


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
    )


@admin.register(Listing)
class ListingAdmin(ReadOnly):
    group, title = "Markets", "Listings"
    list_display = ("symbol", "venue", "segment", "instrument", "is_tradable", "last_seen_at", "gone_at")
    list_filter = ("venue", "segment", "is_tradable")
    list_select_related = ("instrument",)
    search_fields = ("symbol", "instrument__code", "instrument__name")
    fields = (
        "symbol",
        "venue",
        "segment",
        "instrument",
        "calendar",
        "is_tradable",
        *RULE_COLUMNS,
        "notional_least_binds_market",
        "notional_most_binds_market",
        "order_types",
        "facts",
        "first_seen_at",
        "last_seen_at",
        "gone_at",
    )
