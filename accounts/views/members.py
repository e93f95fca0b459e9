"""The members of a workspace."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.selectors import members_of_workspace


@require_safe
@workspace_page()
def members(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "accounts/members.html", {"members": members_of_workspace()})
