"""The book of a listing. Whoever reads it has it asked for, as long as he reads it again."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.looks import look_at
from instruments.models import Listing
from instruments.selectors import book_row
from kernel import clock


@require_safe
@workspace_page()
def book(request: WorkspaceRequest, instrument: UUID, listing: UUID) -> HttpResponse:
    found = get_object_or_404(Listing.objects.select_related("instrument"), pk=listing, instrument=instrument)
    look_at(found.venue, found.symbol, now=clock.now())
    context = {"row": book_row(found.pk), "listing": found}
    return render(request, "instruments/partials/_book_panel.html", context)
