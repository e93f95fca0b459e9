"""Where bars come from, what is missing, who took whose place and who contradicts whom; and a button to collect."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.domain.work import COLLECT
from instruments.forms.collection import CollectionForm
from instruments.health import (
    collections_here,
    newest_disagreements,
    newest_failovers,
    series_seen,
    sources_seen,
)
from instruments.news import news_sources
from instruments.services.collecting import start_collection
from kernel import clock
from kernel.bars import Interval, bar_start
from kernel.idempotency.forms import idempotent_form
from kernel.tenancy.access import Right


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(write=Right.EDIT)
@idempotent_form(is_money=False)
def data_health(request: WorkspaceRequest) -> HttpResponse:
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        interval = Interval(form.cleaned_data["interval"])
        since = bar_start(now - dt.timedelta(days=form.cleaned_data["days"]), interval)
        start_collection(form.listing, interval, since, now, now=now, person=request.access.person_id)
        return redirect("data-health", request.workspace.slug)
    series, count = series_seen()
    context = {
        "form": form,
        "may_collect": request.access.may(Right.EDIT),
        "sources": sources_seen(),
        "feeds": news_sources(),
        "series": series,
        "series_count": count,
        "failovers": newest_failovers(),
        "disagreements": newest_disagreements(),
        "jobs": collections_here(COLLECT),
    }
    return render(request, "instruments/data_health.html", context, status=422 if form.errors else 200)
