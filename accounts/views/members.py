"""The members of a workspace."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.registries import SearchHit
from accounts.selectors import members_named, members_of_workspace


@require_safe
@workspace_page()
def members(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "accounts/members.html", {"members": members_of_workspace()})


def find_members(request: HttpRequest, words: str) -> list[SearchHit]:
    href = reverse("members", args=[request.workspace.slug])  # type: ignore[attr-defined]
    return [
        SearchHit(str(member.person), href, f"member, {member.person.email}", "person")
        for member in members_named(words, 5)
    ]
