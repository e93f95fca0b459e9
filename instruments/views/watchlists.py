"""Watchlists: made, named, filled and emptied by one press each."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.forms.watching import NameForm
from instruments.models import Instrument, Watchlist, WatchlistEntry
from instruments.services.watchlists import (
    NotKept,
    delete_watchlist,
    make_watchlist,
    move_entry,
    move_watchlist,
    rename_watchlist,
    unwatch_instrument,
    watch_instrument,
)
from instruments.sparklines import sparks_of
from instruments.watched import entries_of, lists_holding
from instruments.watched import watchlists as every_list
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

#: What the first list is called, when one presses Watch before there is any.
FIRST_NAME = "Watchlist"


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def watchlists(request: WorkspaceRequest) -> HttpResponse:
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_watchlist(access=request.access, name=form.cleaned_data["name"], now=clock.now())
        except NotKept as error:
            form.add_error("name", str(error))
        else:
            return redirect("watchlist", request.workspace.slug, made.pk)
    context = {"watchlists": list(every_list()), "form": form, "may_edit": request.access.may(Right.EDIT)}
    return render(request, "instruments/watchlists.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def watchlist(request: WorkspaceRequest, watchlist: UUID) -> HttpResponse:
    """One list with its prices; a POST names it anew."""
    found = _load(request, watchlist)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_watchlist(access=request.access, watchlist=found, name=form.cleaned_data["name"], now=clock.now())
        except NotKept as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "The name is changed.")
            return redirect("watchlist", request.workspace.slug, found.pk)
    entries = entries_of(found)
    context = {
        "watchlist": found,
        "entries": entries,
        "sparks": sparks_of((one.instrument.home_id for one in entries if one.instrument.home_id), now=clock.now()),
        "form": form,
        "may_edit": request.access.may(Right.EDIT),
    }
    return render(request, "instruments/watchlist.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.EDIT)
def delete(request: WorkspaceRequest, watchlist: UUID) -> HttpResponse:
    found = _load(request, watchlist)
    if request.method == "POST":
        delete_watchlist(access=request.access, watchlist=found, now=clock.now())
        messages.success(request, format_html("<bdi>{}</bdi> is deleted.", found.name))
        return redirect("watchlists", request.workspace.slug)
    return render(request, "instruments/delete_watchlist.html", {"watchlist": found})


@require_POST
@workspace_page()
def first(request: WorkspaceRequest, watchlist: UUID) -> HttpResponse:
    """To the top: the list that Watch adds to."""
    move_watchlist(access=request.access, watchlist=_load(request, watchlist), now=clock.now())
    return redirect("watchlists", request.workspace.slug)


@require_POST
@workspace_page()
def move(request: WorkspaceRequest, watchlist: UUID, entry: UUID) -> HttpResponse:
    found = _load(request, watchlist)
    row = load(request.access, WatchlistEntry.objects.filter(watchlist=found), entry)
    move_entry(access=request.access, entry=row, up=request.POST.get("to") == "up", now=clock.now())
    return redirect("watchlist", request.workspace.slug, found.pk)


@require_POST
@workspace_page()
def take_off(request: WorkspaceRequest, watchlist: UUID, entry: UUID) -> HttpResponse:
    found = _load(request, watchlist)
    row = load(request.access, WatchlistEntry.objects.filter(watchlist=found).select_related("instrument"), entry)
    unwatch_instrument(access=request.access, watchlist=found, instrument=row.instrument, now=clock.now())
    return redirect("watchlist", request.workspace.slug, found.pk)


@require_POST
@workspace_page()
def watch(request: WorkspaceRequest, instrument: UUID) -> HttpResponse:
    """Puts the instrument on a list, or takes it off: the list that is named, else the first one."""
    found = load(request.access, Instrument.objects.all(), instrument)
    try:
        _watch(request, found)
    except NotKept as error:
        messages.warning(request, str(error))
    if request.htmx:  # type: ignore[attr-defined]
        context = {"instrument": found, "on": lists_holding([found.pk]).get(found.pk, set())}
        return render(request, "instruments/partials/_watch.html", context)
    return redirect("instrument", request.workspace.slug, found.pk)


def _watch(request: WorkspaceRequest, found: Instrument) -> None:
    now, named = clock.now(), request.POST.get("watchlist", "")
    if request.POST.get("to") == "off":
        for one in [_named(named)] if named else Watchlist.objects.filter(entries__instrument=found).distinct():
            unwatch_instrument(access=request.access, watchlist=one, instrument=found, now=now)
        return
    chosen = _named(named) if named else every_list().first()
    if chosen is None:
        chosen = make_watchlist(access=request.access, name=FIRST_NAME, now=now)
    watch_instrument(access=request.access, watchlist=chosen, instrument=found, now=now)


def _named(key: str) -> Watchlist:
    """The list that a form names; it may have been deleted in another tab."""
    try:
        found: Watchlist = Watchlist.objects.get(pk=key)
    except (ObjectDoesNotExist, ValidationError, ValueError) as error:
        raise NotKept("That watchlist is not there any more. Nothing was changed.") from error
    return found


def _load(request: WorkspaceRequest, key: UUID | str) -> Watchlist:
    return load(request.access, Watchlist.objects.all(), key)
