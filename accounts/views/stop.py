"""Stop: the state of trading in a workspace, and the three buttons that set it. Never a step-up."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.rooms import StopForm
from accounts.kill_switch import Level, State, kill_switch
from accounts.selectors import switches
from accounts.services.kill_switch import PLATFORM_LEVELS, set_kill_switch
from kernel import clock
from kernel.tenancy.access import Right
from kernel.views.errors import answer


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.VIEW, write=Right.EDIT)
def stop(request: WorkspaceRequest) -> HttpResponse:
    if request.method == "POST":
        return _set(request)
    found = switches()
    here = next((one for one in found if one.level == Level.WORKSPACE), None)
    context = {
        "state": kill_switch(),
        "here": here,
        "here_state": here.state if here else State.ACTIVE.value,
        "platforms": [one for one in found if one.level in PLATFORM_LEVELS and one.state != State.ACTIVE],
        "narrower": [one for one in found if one.level not in (*PLATFORM_LEVELS, Level.WORKSPACE)],
        "form": StopForm(),
        "may_set": request.access.may(Right.EDIT),
    }
    return render(request, "accounts/stop.html", context)


def _set(request: WorkspaceRequest) -> HttpResponse:
    wanted = request.POST.get("state", "")
    if wanted not in State.values:
        return answer(request, 400, "BAD_REQUEST", "The form named no state of trading. Nothing was changed.")
    form = StopForm(request.POST)
    state, reason = State(wanted), form.cleaned_data["reason"] if form.is_valid() else ""
    changed = set_kill_switch(
        level=Level.WORKSPACE, state=state, now=clock.now(), person_id=request.access.person_id, reason=reason
    )
    words = f"Trading is {state} in this workspace." if changed else f"Trading was {state} already."
    messages.add_message(request, messages.SUCCESS if state is State.ACTIVE else messages.WARNING, words)
    return redirect("stop", request.workspace.slug)
