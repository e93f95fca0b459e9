"""What operators do, beyond looking. Called in the operator's scope, for staff who have proven a factor."""

from typing import Any, cast
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.domain.browsers import browser_in_words
from accounts.forms.operators import KycForm, PlatformStopForm, ReasonForm
from accounts.kill_switch import PLATFORM_LEVELS, Level, State
from accounts.models import KillSwitch, Kyc, Person
from accounts.services.kill_switch import set_kill_switch
from accounts.services.log_ins import (
    OwnLogIn,
    end_one_session,
    end_sessions_of,
    lift_lock_outs,
    readmit_person,
    suspend_person,
)
from accounts.services.people import set_kyc
from accounts.views.acts import Act
from kernel import clock

ACTS = {
    "suspend": Act(
        suspend_person,
        "Suspend {email}?",
        "The log-in opens nothing until it is opened again: its sessions end within seconds, its API tokens are "
        "refused. What its workspaces hold stays as it is.",
        "Suspend {email}",
        "The log-in {email} is suspended.",
        "The log-in {email} was suspended already.",
        is_grave=True,
    ),
    "readmit": Act(
        readmit_person,
        "Open the log-in of {email} again?",
        "Password, factors and API tokens work as they did before it was suspended.",
        "Open it for {email}",
        "The log-in {email} is open again.",
        "The log-in {email} is open already, or was deleted by its owner.",
    ),
    "end-sessions": Act(
        end_sessions_of,
        "End every session of {email}?",
        "Each browser is signed out within seconds and may log in again. API tokens stay.",
        "End all sessions of {email}",
        "The log-in {email} is signed out everywhere.",
        "The log-in {email} was signed in nowhere.",
        is_grave=True,
    ),
    "lift-lock-outs": Act(
        lift_lock_outs,
        "Let {email} try again?",
        "Wrong passwords and codes counted so far are forgotten. Make sure that it is the owner who asks: whoever "
        "was guessing may go on too.",
        "Lift the lock-out of {email}",
        "The log-in {email} takes tries again at once.",
        "The log-in {email} was locked out of nothing.",
    ),
}


def act_on_person(request: HttpRequest, context: dict[str, Any], person: UUID, act: str) -> HttpResponse:
    """Asks for the reason under a sentence that names the person, and does it on the second press."""
    if act not in ACTS:
        raise Http404
    found = get_object_or_404(Person, pk=person, deleted_at=None)
    return _ask(request, context, ACTS[act], found, {"person": found})


def end_session(request: HttpRequest, context: dict[str, Any], session: int) -> HttpResponse:
    found = get_object_or_404(UserSession.objects.select_related("user"), pk=session)
    where = f"{browser_in_words(found.user_agent)} at {found.ip}"
    act = Act(
        end_one_session,
        "End this session of {email}?",
        f"It is {where}. That browser is signed out within seconds and may log in again.",
        "End the session of {email}",
        "The session of {email} is ended.",
        "That session had ended already.",
        is_grave=True,
    )
    return _ask(request, context, act, found.user, {"session": found})


def _ask(request: HttpRequest, context: dict[str, Any], act: Act, person: Person, what: dict[str, Any]) -> HttpResponse:
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, now = cast(Person, request.user), clock.now()
        try:
            changed = act.do(**what, reason=form.cleaned_data["reason"], by=by, now=now)
        except OwnLogIn as error:
            form.add_error(None, str(error))
        else:
            act.tell(request, is_done=changed, email=person.email)
            return redirect("admin:accounts_person_change", person.pk)
    shown = {
        **context,
        "form": form,
        "title": act.question.format(email=person.email),
        "words": act.words,
        "button": act.button.format(email=person.email),
        "is_grave": act.is_grave,
        "person": person,
    }
    return render(request, "admin/act.html", shown, status=422 if form.errors else 200)


def kyc(request: HttpRequest, context: dict[str, Any], person: UUID) -> HttpResponse:
    """What the operator's provider said of somebody's identity."""
    found = get_object_or_404(Person, pk=person, deleted_at=None)
    initial = {"status": found.kyc, "reference": found.kyc_reference}
    form = KycForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        status = Kyc(form.cleaned_data["status"])
        changed = set_kyc(
            person=found,
            status=status,
            reference=form.cleaned_data["reference"],
            set_by=cast(Person, request.user),
            now=clock.now(),
        )
        said = (
            f"The identity of {found.email} is “{status.label}” now; the person is told."
            if changed
            else "That was known already."
        )
        messages.success(request, said)
        return redirect("admin:accounts_person_change", found.pk)
    shown = {
        **context,
        "title": f"Identity check of {found}",
        "form": form,
        "words": "The person reads the status in the app or in a mail, and it is kept in the platform's audit trail.",
        "button": f"Set it for {found.email}",
        "person": found,
    }
    return render(request, "admin/act.html", shown, status=422 if form.errors else 200)


def trading(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Halts, reduces or lets go on: everybody's trading, or everybody's at one venue. The second press does it."""
    form = PlatformStopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        level, state = Level(form.cleaned_data["level"]), State(form.cleaned_data["state"])
        what = f"the venue {form.cleaned_data['key']}" if level is Level.VENUE else "the whole platform"
        if "sure" not in request.POST:
            return render(request, "admin/trading_sure.html", {**context, **_sure(level, state, what), "form": form})
        changed = set_kill_switch(
            level=level,
            key=form.cleaned_data["key"],
            state=state,
            reason=form.cleaned_data["reason"],
            now=clock.now(),
            person_id=cast(Person, request.user).pk,
        )
        messages.success(request, f"Trading is {state} for {what}." if changed else f"It was {state} already.")
        return redirect("admin:trading")
    shown = {
        **context,
        "title": "Trading",
        "form": form,
        "switches": KillSwitch.objects.filter(level__in=PLATFORM_LEVELS).select_related("set_by"),
    }
    return render(request, "admin/trading.html", shown, status=422 if form.errors else 200)


def _sure(level: Level, state: State, what: str) -> dict[str, Any]:
    there = " there" if level is Level.VENUE else ""
    act, words = {
        State.HALTED: (
            "Halt trading",
            f"No workspace sends anything new{there}. Stops that rest at a venue stay. Owners cannot lift it.",
        ),
        State.REDUCING: (
            "Only reduce",
            f"Every workspace may cancel and exit{there}; nothing opens. Owners cannot lift it.",
        ),
        State.ACTIVE: (
            "Let trading go on",
            f"What this switch held may trade again{there}. What a workspace halted for itself stays halted.",
        ),
    }[state]
    button = f"{act} for {what}"
    return {"title": f"{button}?", "words": words, "button": button, "is_grave": state is State.HALTED}
