"""What operators do, beyond looking. Called in the operator's scope, for staff who have proven a factor."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.forms.rooms import PlatformStopForm
from accounts.kill_switch import PLATFORM_LEVELS, Level, State
from accounts.models import KillSwitch, Person
from accounts.services.kill_switch import set_kill_switch
from kernel import clock


def trading(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Halts, reduces or lets go on: everybody's trading, or everybody's at one venue."""
    form = PlatformStopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        level, state = Level(form.cleaned_data["level"]), State(form.cleaned_data["state"])
        changed = set_kill_switch(
            level=level,
            key=form.cleaned_data["key"],
            state=state,
            reason=form.cleaned_data["reason"],
            now=clock.now(),
            person_id=cast(Person, request.user).pk,
        )
        what = f"the venue {form.cleaned_data['key']}" if level is Level.VENUE else "the whole platform"
        messages.success(request, f"Trading is {state} for {what}." if changed else f"It was {state} already.")
        return redirect("admin:trading")
    shown = {
        **context,
        "title": "Trading",
        "form": form,
        "switches": KillSwitch.objects.filter(level__in=PLATFORM_LEVELS).select_related("set_by"),
    }
    return render(request, "admin/trading.html", shown, status=422 if form.errors else 200)
