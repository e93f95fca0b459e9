"""The audit trail of a workspace, newest first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.selectors import audit_head, audit_trail
from kernel.tenancy.access import Right

PAGE = 50


@require_safe
@workspace_page(read=Right.MANAGE)
def audit(request: WorkspaceRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    entries = audit_trail(before=int(before) if before.isdecimal() and len(before) < 19 else None, at_most=PAGE + 1)
    older = entries[PAGE - 1].sequence if len(entries) > PAGE else None
    context = {"entries": entries[:PAGE], "older": older, "head": audit_head()}
    return render(request, "accounts/audit.html", context)


def trail_card(request: HttpRequest) -> dict[str, object]:
    newest = audit_trail(before=None, at_most=1)
    return {"head": audit_head(), "newest": newest[0] if newest else None}
