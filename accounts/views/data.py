"""A person's own data: a copy to take along, and the end of the account."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.doors import AddressNotAllowed, person_page
from accounts.forms.closing import TypedForm
from accounts.models import DataExport, Person
from accounts.registries import what_is_erased
from accounts.selectors import exports_of
from accounts.services.closing import LastOwner, NotConfirmed, close_account, plan_leaving
from accounts.services.exports import (
    ask_for_export,
    is_open_to,
    is_readable_from,
    open_export,
    workspaces_to_export,
)
from accounts.step_up import step_up
from kernel import clock
from kernel.api.addresses import visitor_address


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_page
@step_up()
def data(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    if request.method == "POST":
        ask_for_export(person=person, address=visitor_address(request), now=clock.now())
        messages.info(request, "Your data is being packed. It appears here, usually within a minute.")
        return redirect("data")
    exports, owned = exports_of(person, now=clock.now()), workspaces_to_export(person.pk)
    context = {
        "exports": exports,
        "is_waiting": any(export.state == DataExport.State.WAITING for export in exports),
        "workspaces": [one for one in owned if is_open_to(one, visitor_address(request))],
        "closed": [one for one in owned if not is_open_to(one, visitor_address(request))],
    }
    return render(request, "accounts/data.html", context)


@require_safe
@never_cache
@person_page
@step_up(methods=frozenset({"GET", "HEAD"}))
def download(request: HttpRequest, export: UUID) -> HttpResponse:
    found = get_object_or_404(DataExport, pk=export, person=request.user)
    if not is_readable_from(found, visitor_address(request)):
        raise AddressNotAllowed(visitor_address(request))
    file = open_export(found, now=clock.now())
    if file is None:
        raise Http404("This file is gone. Ask for a new export.")
    name = f"plumbline-data-{found.created_at:%Y-%m-%d}.zip"
    # The decorators know pages; a file is streamed.
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")  # type: ignore[return-value]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_page
@step_up()
def delete(request: HttpRequest) -> HttpResponse:
    """Says what goes and what stays; the address, typed, ends the account."""
    person = cast(Person, request.user)
    form = TypedForm(request.POST if request.method == "POST" else None, label="Type your address to confirm")
    if request.method == "POST" and form.is_valid():
        try:
            close_account(person=person, typed=form.cleaned_data["typed"], now=clock.now())
        except (NotConfirmed, LastOwner) as error:
            form.add_error("typed", str(error))
        else:
            logout(request)
            return redirect("account-deleted")
    context = {"form": form, "plan": plan_leaving(person), "kinds": what_is_erased()}
    return render(request, "accounts/delete_account.html", context, status=422 if form.errors else 200)


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/account_deleted.html")
