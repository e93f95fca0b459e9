"""Stop: the state of trading in a workspace, and the three buttons that set it. Never a step-up."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.rooms import StopForm
from accounts.kill_switch import PLATFORM_LEVELS, Level, State, kill_switch
from accounts.selectors import switches
from accounts.services.kill_switch import set_kill_switch
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
        "states": [state.value for state in State],
        "form": StopForm(),
        "may_set": request.access.may(Right.EDIT),
    }
    return render(request, "accounts/stop.html", context)


def _set(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's own switch, or one narrower that is on the page."""
    wanted, level, key = (request.POST.get(name, "") for name in ("state", "level", "key"))
    if wanted not in State.values:
        return answer(request, 400, "BAD_REQUEST", "The form named no state of trading. Nothing was changed.")
    known = {(Level.WORKSPACE.value, "")} | {(one.level, one.key) for one in switches() if one.workspace_id}
    if (level or Level.WORKSPACE.value, key) not in known:
        return answer(request, 400, "BAD_REQUEST", "There is no such switch here. Nothing was changed.")
    form = StopForm(request.POST)
    state, reason = State(wanted), form.cleaned_data["reason"] if form.is_valid() else ""
    changed = set_kill_switch(
        level=Level(level or Level.WORKSPACE),
        key=key,
        state=state,
        now=clock.now(),
        person_id=request.access.person_id,
        reason=reason,
    )
    what = format_html("for the {} <bdi>{}</bdi>", level, key) if key else "in this workspace"
    words = format_html("Trading is {} {}." if changed else "Trading was {} {} already.", state, what)
    messages.add_message(request, messages.SUCCESS if state is State.ACTIVE else messages.WARNING, words)
    return redirect("stop", request.workspace.slug)
