"""To the venue's own log-in page and back. What it gives the browser is a secret: sealed at once, shown in no page."""

from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.doors import WorkspaceRequest, access_of, workspace_of, workspace_page
from accounts.models import Person
from exchanges.models import Connection
from exchanges.services.connections import NotAllowed
from exchanges.services.logins import NotTaken, begin_login, bring_back, read_state
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.encryption.secret import Secret
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

_MOST = 512


@never_cache
@require_POST
@workspace_page(write=Right.EDIT)
def log_in(request: WorkspaceRequest, connection: UUID) -> HttpResponse:
    """A page that goes on to the venue by itself: the content policy lets no form be answered by another host."""
    found = load(request.access, Connection.objects.all(), connection)
    if found.is_live and not request.access.may(Right.TRADE):
        raise PermissionDenied
    try:
        _, there = begin_login(
            access=request.access,
            person=cast(Person, request.user),
            connection=found,
            session_key=request.session.session_key or "",
            now=clock.now(),
        )
    except NotAllowed as error:
        messages.warning(request, str(error))
        return redirect("connection", request.workspace.slug, found.pk)
    context = {"connection": found, "there": there, "host": urlsplit(there).netloc}
    return render(request, "exchanges/log_in_away.html", context)


@never_cache
@require_GET
def come_back(request: HttpRequest) -> HttpResponse:
    """The one address of this instance to which venues send a browser back, with a state that we signed.

    It only ever leads on: a page drawn here would hand its address, secret and all, to whatever it loads.
    """
    if not request.user.is_authenticated:
        # Its address is not kept for after the log-in: it holds what the venue gave.
        messages.warning(request, "Log in here first, then log in at the venue once more.")
        return _leave(f"{reverse('account_login')}?{urlencode({'next': reverse('home')})}")
    person = request.user
    try:
        ticket = read_state(request.GET.get("state", ""))
        with workspace_of(person, ticket.workspace_id, address=visitor_address(request)) as membership:
            slug = membership.workspace.slug
            try:
                found = bring_back(
                    ticket,
                    access=access_of(membership),
                    person=person,
                    session_key=request.session.session_key or "",
                    answer=_answer(request),
                    now=clock.now(),
                )
            except NotTaken as refused:
                messages.warning(request, str(refused))
                there = refused.connection_id
                return _leave(
                    reverse("connection", args=[slug, there]) if there else reverse("connections", args=[slug])
                )
    except NotTaken as refused:
        messages.warning(request, str(refused))
        return _leave(reverse("home"))
    except (Http404, PermissionDenied):
        messages.warning(request, "That log-in was for a workspace that is not open to you here. Nothing was changed.")
        return _leave(reverse("home"))
    return _leave(reverse("connection", args=[slug, found.pk]))


def back_address() -> str:
    """What a person registers at the venue as the redirect address."""
    return f"{settings.SITE_ADDRESS}{reverse('venue-log-in-back')}"


def _answer(request: HttpRequest) -> Secret | None:
    """What is to be exchanged; None when the person broke off, or nothing that looks like it came."""
    told = request.GET.get("request_token", "")
    if request.GET.get("status", "success") != "success" or not (0 < len(told) <= _MOST and told.isalnum()):
        return None
    return Secret(told) if told.isascii() else None


def _leave(address: str) -> HttpResponse:
    response = redirect(address)
    response["Referrer-Policy"] = "no-referrer"
    return response
