"""The end of a team, by one of its owners."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.closing import TypedForm
from accounts.models import Workspace
from accounts.models.workspace import Role
from accounts.registries import what_is_erased
from accounts.selectors import members_of_workspace
from accounts.services.closing import NotConfirmed, close_workspace
from accounts.step_up import step_up
from kernel import clock
from kernel.tenancy.access import Right


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@workspace_page(read=Right.MANAGE, write=Right.MANAGE)
@step_up()
def delete_team(request: WorkspaceRequest) -> HttpResponse:
    if request.access.role != Role.OWNER:
        raise PermissionDenied("Only an owner deletes a team.")
    if request.workspace.kind == Workspace.Kind.PERSONAL:
        messages.info(request, "Your own workspace goes with your account. Delete that here.")
        return redirect("delete-account")
    form = TypedForm(request.POST if request.method == "POST" else None, label="Type the team's name to confirm")
    if request.method == "POST" and form.is_valid():
        try:
            close_workspace(
                access=request.access,
                workspace=request.workspace,
                typed=form.cleaned_data["typed"],
                now=clock.now(),
            )
        except NotConfirmed as error:
            form.add_error("typed", str(error))
        else:
            messages.success(request, f"The team {request.workspace.name} is deleted. Its rows are being erased.")
            return redirect("home")
    context = {"form": form, "members": members_of_workspace(), "kinds": what_is_erased()}
    return render(request, "accounts/delete_team.html", context, status=422 if form.errors else 200)
