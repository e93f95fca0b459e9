"""The bell: what the member was told in this workspace."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.models import Notification
from accounts.notices import event_families
from accounts.selectors import notifications_of, unread_count
from accounts.services.notifications import mark_all_read, mark_read
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

PAGE = 30


@require_safe
@workspace_page()
def notifications(request: WorkspaceRequest) -> HttpResponse:
    families = event_families()
    family = request.GET.get("family", "")
    family = family if family in families else ""
    rows = notifications_of(
        request.access.person_id, family=family, before=_key(request.GET.get("before", "")), at_most=PAGE + 1
    )
    context = {
        "notifications": rows[:PAGE],
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "is_newest": "before" not in request.GET,
        "families": families,
        "family": family,
    }
    return render(request, "accounts/notifications.html", context)


@require_safe
@workspace_page()
def unread(request: WorkspaceRequest) -> HttpResponse:
    """The figure beside the bell, asked for by the page when news came."""
    return HttpResponse(unread_count(request.access.person_id), content_type="text/plain")


@require_POST
@workspace_page(write=Right.VIEW)
def read_one(request: WorkspaceRequest, notification: UUID) -> HttpResponse:
    own = Notification.objects.filter(person_id=request.access.person_id)
    found = load(request.access, own, notification)
    mark_read(access=request.access, notification=found, now=clock.now())
    if request.htmx:  # type: ignore[attr-defined]
        found.refresh_from_db()
        answer = render(request, "accounts/partials/_notification_row.html", {"notification": found})
        answer["HX-Trigger"] = "notifications-read"
        return answer
    return redirect("notifications", request.workspace.slug)


@require_POST
@workspace_page(write=Right.VIEW)
def read_all(request: WorkspaceRequest) -> HttpResponse:
    count = mark_all_read(access=request.access, now=clock.now())
    messages.success(request, f"{count} marked as read." if count else "Nothing was unread.")
    return redirect("notifications", request.workspace.slug)


def _key(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
