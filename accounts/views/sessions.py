"""Where a person is signed in, and the end of it."""

from typing import cast

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.doors import person_page
from accounts.models import Person
from accounts.selectors import sessions_of, sign_ins_of
from accounts.services.sessions import end_other_sessions, end_session
from kernel import clock


@require_safe
@person_page
def sessions(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    context = {
        "sessions": sessions_of(person, now=clock.now()),
        "current": request.session.session_key,
        "sign_ins": sign_ins_of(person, at_most=20),
    }
    return render(request, "accounts/sessions.html", context)


@require_POST
@person_page
def end_one(request: HttpRequest, session: int) -> HttpResponse:
    """Ending makes things safer, so nobody is asked to confirm it."""
    person = cast(Person, request.user)
    found = get_object_or_404(UserSession, pk=session, user=person)
    is_current = found.session_key == request.session.session_key
    end_session(person=person, session=found, now=clock.now())
    if is_current:
        logout(request)
        return redirect("landing")
    messages.success(request, "That session is ended. What it had open closes within seconds.")
    return redirect("sessions")


@require_POST
@person_page
def end_others(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    ended = end_other_sessions(person=person, keep=request.session.session_key, now=clock.now())
    messages.success(request, f"{ended} other sessions ended." if ended != 1 else "One other session ended.")
    return redirect("sessions")
