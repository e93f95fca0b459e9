"""What was found in the kept series, and the repairs that operators decide on."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.operator_site import ReadOnly
from instruments.models import CheckedSeries, QualityFinding, QualityScore, RepairProposal
from instruments.views import repairs


@admin.register(CheckedSeries)
class CheckedSeriesAdmin(ReadOnly):
    group, title = "Bars", "Checked series"
    list_display = ("listing", "interval", "score", "errors", "warnings", "looks", "bars", "checked_at")
    list_filter = ("interval",)
    list_select_related = ("listing",)
    search_fields = ("listing__symbol",)
    fields = (
        "listing",
        "interval",
        "score",
        "errors",
        "warnings",
        "looks",
        "bars",
        "first_start",
        "last_start",
        "checked_at",
    )


@admin.register(QualityFinding)
class QualityFindingAdmin(ReadOnly):
    group, title = "Bars", "Findings in bars"
    list_display = ("series", "kind", "severity", "start", "rows", "detail")
    list_filter = ("severity", "kind")
    list_select_related = ("series__listing",)
    search_fields = ("series__listing__symbol",)
    fields = ("series", "kind", "severity", "start", "end", "rows", "detail")


@admin.register(QualityScore)
class QualityScoreAdmin(ReadOnly):
    group, title = "Bars", "Scores of days"
    list_display = ("series", "day", "score")
    list_select_related = ("series__listing",)
    search_fields = ("series__listing__symbol",)
    fields = ("series", "day", "score")


@admin.register(RepairProposal)
class RepairProposalAdmin(ReadOnly):
    group, title = "Bars", "Repairs of bars"
    change_form_template = "admin/repair.html"
    list_display = ("series", "start", "state", "raw_close", "proposed_close", "reason")
    list_filter = ("state",)
    list_select_related = ("series__listing",)
    search_fields = ("series__listing__symbol",)
    fields = ("series", "start", "state", "raw", "proposed", "source", "reason", "proposed_at", "decided_at")

    def get_urls(self) -> list[Any]:
        decide = self.admin_site.admin_view(self.decide)
        return [path("<uuid:repair>/do/<slug:act>/", decide, name="repair-act"), *super().get_urls()]

    def decide(self, request: HttpRequest, repair: UUID, act: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return repairs.decide(request, self.admin_site.each_context(request), repair, act)

    @admin.display(description="raw close")
    def raw_close(self, repair: RepairProposal) -> str:
        return repair.raw_figures[3]

    @admin.display(description="proposed close")
    def proposed_close(self, repair: RepairProposal) -> str:
        return repair.proposed_figures[3]
