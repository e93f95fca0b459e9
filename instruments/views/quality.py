"""How far the kept prices are to be trusted: the same for everybody."""

import datetime as dt
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.checked import checked_series, report_of
from instruments.domain.quality.findings import Severity
from kernel import clock

_ROWS = 50


@require_safe
@workspace_page()
def data_quality(request: WorkspaceRequest) -> HttpResponse:
    page = Paginator(checked_series(), _ROWS).get_page(request.GET.get("page"))
    return render(request, "instruments/data_quality.html", {"page": page, "now": clock.now()})


@require_safe
@workspace_page()
def checked(request: WorkspaceRequest, series: UUID) -> HttpResponse:
    found = get_object_or_404(checked_series(), pk=series)
    severity = request.GET.get("severity", "")
    chosen = severity if severity in set(Severity) else ""
    before = _moment(request.GET.get("before", ""))
    context = {
        "report": report_of(found, severity=chosen, before=before),
        "severities": [one.value for one in Severity],
        "severity": chosen,
    }
    return render(request, "instruments/checked_series.html", context)


def _moment(text: str) -> dt.datetime | None:
    """What is no moment is no bound."""
    try:
        told = parse_datetime(text)
    except ValueError:
        return None
    return None if told is None or told.tzinfo is None else told
