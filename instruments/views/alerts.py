"""Price alerts: made on an instrument's page, listed, paused, armed again, deleted; each with what it fired on."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.forms.watching import AlertForm
from instruments.models import Instrument, PriceAlert
from instruments.services.alerts import TooManyAlerts, arm_alert, delete_alert, make_alert, pause_alert
from instruments.views.markets import instrument_page
from instruments.watched import alerts as every_alert
from instruments.watched import firings
from kernel import clock
from kernel.idempotency.forms import idempotent_form
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

_SHOWN = 100
State = PriceAlert.State


@require_safe
@workspace_page()
def alerts(request: WorkspaceRequest) -> HttpResponse:
    context = {
        "alerts": list(every_alert()[:500]),
        "firings": list(firings()[:20]),
        "may_edit": request.access.may(Right.EDIT),
    }
    return render(request, "instruments/alerts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
@idempotent_form(is_money=False)
def make(request: WorkspaceRequest, instrument: UUID) -> HttpResponse:
    """From the form on the instrument's page."""
    found = load(request.access, Instrument.objects.all(), instrument)
    if request.method != "POST":
        return redirect("instrument", request.workspace.slug, found.pk)
    form = AlertForm(request.POST)
    rows = found.listings.filter(gone_at=None)
    named = request.POST.get("listing", "")
    listing = next((one for one in rows if str(one.pk) == named or (not named and one.pk == found.home_id)), None)
    if listing is None:
        form.add_error(None, "It is not listed there now, so no price of it can be waited for.")
    elif form.is_valid():
        try:
            made = make_alert(access=request.access, listing=listing, now=clock.now(), **form.told)
        except TooManyAlerts as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The alert waits from now on.")
            return redirect("alert", request.workspace.slug, made.pk)
    return instrument_page(request, found, form)


@require_safe
@workspace_page()
def alert(request: WorkspaceRequest, alert: UUID) -> HttpResponse:
    found = load(request.access, every_alert(), alert)
    context: dict[str, Any] = {
        "alert": found,
        "firings": list(firings().filter(alert=found)[:_SHOWN]),
        "may_edit": request.access.may(Right.EDIT),
    }
    return render(request, "instruments/alert.html", context)


@require_POST
@workspace_page()
def switch(request: WorkspaceRequest, alert: UUID) -> HttpResponse:
    """Arms it again, or pauses it."""
    found = load(request.access, PriceAlert.objects.all(), alert)
    act = arm_alert if request.POST.get("to") == "on" else pause_alert
    act(access=request.access, alert=found, now=clock.now())
    return redirect("alert", request.workspace.slug, found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.EDIT)
def delete(request: WorkspaceRequest, alert: UUID) -> HttpResponse:
    found = load(request.access, every_alert(), alert)
    if request.method == "POST":
        delete_alert(access=request.access, alert=found, now=clock.now())
        messages.success(request, "The alert is deleted, with what it fired on.")
        return redirect("alerts", request.workspace.slug)
    return render(request, "instruments/delete_alert.html", {"alert": found})
