"""The checklist of first steps: each app brings its own, done ones keep their time, it goes when all are done."""

from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.doors import WorkspaceRequest, person_page
from accounts.models import DoneStep, Person
from accounts.registries import Done, Step, steps
from accounts.services.people import hide_checklist
from kernel import clock
from kernel.moments import Precision, moment_text
from kernel.templatetags.plumb import address, zone_of


def checklist_card(request: HttpRequest) -> dict[str, Any]:
    """The steps with their states; none when all are done or the person put the list away."""
    person = cast(Person, request.user)
    if person.checklist_hidden_at is not None:
        return {"steps": []}
    shown: list[dict[str, Any]] = []
    done_count, has_next = 0, False
    for step in steps():
        done = step.done(request)
        if done is not None:
            done_count += 1
            shown.append({"kind": "done", "title": step.title, "words": _when(done, person)})
            continue
        conditions = step.conditions(request) if step.conditions else []
        met = sum(condition.is_met for condition in conditions)
        if met < len(conditions):
            note = f"{met} of {len(conditions)} met"
            shown.append({"kind": "locked", **_about(step), "conditions": conditions, "note": note})
            continue
        href = address(step.url_name, cast(WorkspaceRequest, request).workspace.slug)
        shown.append({"kind": "open" if has_next else "next", **_about(step), "href": href, "link": step.link})
        has_next = True
    if done_count == len(shown):
        return {"steps": []}
    return {"steps": shown, "done": done_count, "total": len(shown)}


@require_POST
@person_page
def hide(request: HttpRequest) -> HttpResponse:
    hide_checklist(person=cast(Person, request.user), now=clock.now())
    return redirect("home")


@require_POST
@person_page
def show(request: HttpRequest) -> HttpResponse:
    hide_checklist(person=cast(Person, request.user), now=None)
    return redirect("home")


def address_confirmed(request: HttpRequest) -> Done | None:
    person = cast(Person, request.user)
    if not EmailAddress.objects.filter(user=person, email__iexact=person.email, verified=True).exists():
        return None
    kept = DoneStep.objects.filter(person=person, step="verify-email").first()
    return Done(kept.at if kept else None, person.email)


def factor_added(request: HttpRequest) -> Done | None:
    factors = Authenticator.objects.filter(user=request.user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    first = factors.order_by("created_at").first()
    if first is None:
        return None
    return Done(first.created_at, "Passkey" if first.type == Authenticator.Type.WEBAUTHN else "Authenticator app")


def _about(step: Step) -> dict[str, str]:
    return {"title": step.title, "words": step.words}


def _when(done: Done, person: Person) -> str:
    when = moment_text(done.at.astimezone(zone_of(person)), Precision.MINUTE) if done.at else ""
    return ", ".join(part for part in (done.words, when) if part)
