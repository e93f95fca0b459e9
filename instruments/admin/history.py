"""The bars that are kept, who gives them, and what was told of splits and dividends."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.operator_site import ReadOnly
from instruments.models import (
    CandleFile,
    CandleSeries,
    CorporateAction,
    Disagreement,
    Failover,
    ListingFigures,
    SourceChoice,
    SourceStanding,
)
from instruments.views import corporate_actions


@admin.register(CandleSeries)
class CandleSeriesAdmin(ReadOnly):
    group, title = "Bars", "Kept series"
    list_display = ("listing", "interval", "count", "first", "last", "given_by", "gap_bars", "written_at")
    list_filter = ("interval",)
    list_select_related = ("listing",)
    search_fields = ("listing__symbol", "listing__venue")
    fields = (
        "listing",
        "interval",
        "count",
        "first",
        "last",
        "given_by",
        "changes",
        "written_at",
        "gap_runs",
        "gap_bars",
        "gaps_seen_at",
    )

    @admin.display(description="given by")
    def given_by(self, series: CandleSeries) -> str:
        return ", ".join(series.sources)


@admin.register(CandleFile)
class CandleFileAdmin(ReadOnly):
    group, title = "Bars", "Files of closed months"
    list_display = ("name", "series", "month", "rows", "size", "written_at")
    list_select_related = ("series__listing",)
    list_filter = ("series__interval",)
    search_fields = ("name", "series__listing__symbol")
    fields = ("name", "series", "month", "rows", "size", "digest", "written_at")


@admin.register(SourceChoice)
class SourceChoiceAdmin(ReadOnly):
    group, title = "Bars", "Chosen sources"
    list_display = ("instrument", "source", "symbol", "priority")
    list_filter = ("source",)
    list_select_related = ("instrument",)
    search_fields = ("instrument__code", "symbol")
    fields = ("instrument", "source", "symbol", "priority")


@admin.register(SourceStanding)
class SourceStandingAdmin(ReadOnly):
    group, title = "Bars", "How sources stand"
    list_display = ("source", "listing", "interval", "state", "failures", "since", "rests_until", "answered_at")
    list_filter = ("state", "source", "interval")
    list_select_related = ("listing",)
    search_fields = ("listing__symbol",)
    fields = (
        "source",
        "listing",
        "interval",
        "state",
        "failures",
        "since",
        "rests_until",
        "answered_at",
        "trouble",
        "trouble_at",
    )


@admin.register(Failover)
class FailoverAdmin(ReadOnly):
    group, title = "Bars", "Changes of source"
    list_display = ("at", "listing", "interval", "before", "after", "seconds", "reason")
    list_filter = ("before", "after", "interval")
    list_select_related = ("listing",)
    search_fields = ("listing__symbol",)
    fields = ("at", "listing", "interval", "before", "after", "seconds", "reason")


@admin.register(Disagreement)
class DisagreementAdmin(ReadOnly):
    group, title = "Bars", "Disagreements of sources"
    list_display = ("start", "listing", "interval", "kept_source", "other_source", "apart_text", "seen_at")
    list_filter = ("interval", "kept_source", "other_source")
    list_select_related = ("listing",)
    search_fields = ("listing__symbol",)
    fields = ("start", "listing", "interval", "kept_source", "kept", "other_source", "other", "apart_text", "seen_at")

    @admin.display(description="apart", ordering="apart")
    def apart_text(self, one: Disagreement) -> str:
        return f"{one.apart:.2%}".replace("%", " %")


@admin.register(ListingFigures)
class ListingFiguresAdmin(ReadOnly):
    group, title = "Bars", "Daily figures"
    list_display = ("listing", "price", "turnover", "spread", "volatility", "trades_since", "reckoned_at")
    list_select_related = ("listing",)
    search_fields = ("listing__symbol",)
    fields = ("listing", "price", "turnover", "spread", "volatility", "trades_since", "reckoned_at")


@admin.register(CorporateAction)
class CorporateActionAdmin(ReadOnly):
    group, title = "Bars", "Splits and dividends"
    change_form_template = "admin/corporate_action.html"
    change_list_template = "admin/corporate_actions.html"
    list_display = ("instrument", "what", "ex_date", "source", "known_at", "withdrawn_at")
    list_filter = ("kind", "source")
    list_select_related = ("instrument",)
    search_fields = ("instrument__code", "instrument__name", "instrument__isin")
    fields = (
        "instrument",
        "what",
        "ex_date",
        "ratio",
        "amount",
        "currency",
        "source",
        "known_at",
        "withdrawn_at",
        "withdrawn_why",
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        ours = [
            path("do/add/", view(self.add_action), name="corporate-action-add"),
            path("<uuid:action>/do/withdraw/", view(self.withdraw), name="corporate-action-withdraw"),
        ]
        return [*ours, *super().get_urls()]

    def add_action(self, request: HttpRequest) -> HttpResponse:
        self._refuse_who_may_not_look(request)
        return corporate_actions.add(request, self.admin_site.each_context(request))

    def withdraw(self, request: HttpRequest, action: UUID) -> HttpResponse:
        self._refuse_who_may_not_look(request)
        return corporate_actions.withdraw(request, self.admin_site.each_context(request), action)

    def _refuse_who_may_not_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    @admin.display(description="what", ordering="kind")
    def what(self, action: CorporateAction) -> str:
        return action.fact.words
