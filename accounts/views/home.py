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


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Leads to the person's first workspace, or says that there is none."""
    found = workspaces_of(cast(Person, request.user).pk)
    if found:
        return redirect("dashboard", found[0].slug)
    return render(request, "accounts/no_workspace.html")


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
