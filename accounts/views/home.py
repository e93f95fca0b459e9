"""The first page, the way home, and a workspace's dashboard."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.models import Person
from accounts.registries import Column, cards_for
from accounts.selectors import workspaces_of
from accounts.views.invitations import PENDING_KEY


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Leads to the invitation that waits, else to the person's home workspace, else to his first."""
    person = cast(Person, request.user)
    if request.session.pop(PENDING_KEY, False):
        return redirect("invitation")
    found = workspaces_of(person.pk)
    if not found:
        return render(request, "accounts/no_workspace.html")
    chosen = next((one for one in found if one.pk == person.home_workspace_id), found[0])
    return redirect("dashboard", chosen.slug)


@require_safe
@workspace_page()
def dashboard(request: WorkspaceRequest) -> HttpResponse:
    shown = [
        {"template": card.template, "column": card.column, "content": card.selector(request)}
        for card in cards_for(request.access)
    ]
    context = {
        "main_cards": [card for card in shown if card["column"] is Column.MAIN],
        "side_cards": [card for card in shown if card["column"] is Column.SIDE],
    }
    return render(request, "accounts/dashboard.html", context)
