"""Search and jump: what the member may open, by name, and what the apps find."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.registries import SearchHit, navigation_for, searches
from kernel.templatetags.plumb import address

LONGEST = 200
AT_MOST = 30
#: Pages of the person, not of the workspace: name, where, icon.
PERSONS_PAGES = (("Security", "security", "lock"), ("Preferences", "preferences", "settings"))


@require_safe
@workspace_page()
def search(request: WorkspaceRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    hits = find(request, words)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "accounts/partials/_hits.html", {"words": words, "hits": hits})
    if request.GET.get("jump") and words and len(hits) == 1:
        return redirect(hits[0].href)
    return render(request, "accounts/search.html", {"words": words, "hits": hits})


def find(request: WorkspaceRequest, words: str) -> list[SearchHit]:
    """Pages first, then what each app finds; without words every page."""
    pages = [SearchHit(link.name, link.href, "page", link.icon) for link in navigation_for(request)]
    for name, url_name, icon in PERSONS_PAGES:
        href = address(url_name, request.workspace.slug)
        if href and all(page.href != href for page in pages):
            pages.append(SearchHit(name, href, "page", icon))
    hits = [page for page in pages if holds(page.name, words)]
    if words:
        for function in searches().values():
            hits += function(request, words)
    return hits[:AT_MOST]


def holds(name: str, words: str) -> bool:
    """True when each of the words begins or stands in the name, whatever its case."""
    return all(word in name.casefold() for word in words.casefold().split())
