"""Connections: listed, added, looked at, closed. What opens a venue is written here and shown nowhere."""

import datetime as dt
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.models import Person
from accounts.step_up import step_up
from exchanges.domain.capabilities import Support, VenueFacts
from exchanges.domain.credentials import Bound, CredentialKind
from exchanges.domain.followed import followed_venues
from exchanges.domain.orders import OrderType
from exchanges.domain.paper_account import OLDEST
from exchanges.domain.policy import Rule, closed_by
from exchanges.domain.venues import IN_THE_SANDBOX, VENUES, UnknownVenue, venue_named
from exchanges.domain.venues.paper import PAPER
from exchanges.egress import egress_addresses
from exchanges.forms.connection import ConnectionForm, KeysForm, SandboxForm
from exchanges.models import Account, Connection
from exchanges.selectors import (
    accounts_with_snapshots,
    latest_login,
    listed_connections,
    listening_of,
    shown,
    snapshots_of,
)
from exchanges.services.connections import (
    NotAllowed,
    add_connection,
    ask_for_check,
    change_key,
    close_connection,
    rights_in_words,
)
from exchanges.services.postbacks import takes_postbacks
from exchanges.services.sandbox import connect_sandbox
from exchanges.views.logins import back_address
from exchanges.views.postbacks import postback_address
from kernel import clock
from kernel.idempotency.forms import idempotent_form
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

Mode = Connection.Mode
#: So long after a question the page looks often for what came of it.
_ANSWERED_WITHIN = dt.timedelta(seconds=30)
#: Kinds of credentials that can be added here.
BUILT = {
    CredentialKind.NOTHING,
    CredentialKind.SIGNED_KEY,
    CredentialKind.REQUEST_TOKEN,
    CredentialKind.BROWSER_TOKEN,
}


@require_safe
@workspace_page()
def connections(request: WorkspaceRequest) -> HttpResponse:
    now = clock.now()
    found = [shown(one, now=now) for one in listed_connections(now=now)]
    return render(request, "exchanges/connections.html", {"connections": found, "may_add": _may_add(request)})


@require_safe
@workspace_page(read=Right.EDIT)
def choose(request: WorkspaceRequest) -> HttpResponse:
    """The venues, each with what it can do and why it may be shut here."""
    home = cast(Person, request.user).country
    offers = [_offer(facts, home) for facts in VENUES.values()]
    return render(request, "exchanges/choose.html", {"offers": offers})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.TRADE, write=Right.TRADE)
@step_up(needs_factor=True)
@idempotent_form(is_money=False)
def add_live(request: WorkspaceRequest, venue: str) -> HttpResponse:
    facts = _venue(venue)
    if facts.credentials.kind not in BUILT:
        raise Http404
    return _add(request, facts, Mode.LIVE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.EDIT, write=Right.EDIT)
@idempotent_form(is_money=False)
def add_pretended(request: WorkspaceRequest, venue: str, mode: str) -> HttpResponse:
    """The sandbox: no factor, no wait, no plan. Paper has a page of its own."""
    facts = _venue(venue)
    if mode != Mode.SANDBOX or facts.name == PAPER.name:
        raise Http404
    return _add(request, facts, Mode.SANDBOX)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.EDIT, write=Right.EDIT)
@idempotent_form(is_money=False)
def make_pretended(request: WorkspaceRequest, venue: str) -> HttpResponse:
    """An account that the sandbox makes on the spot: no key to fetch anywhere."""
    facts = _venue(venue)
    if facts.name not in IN_THE_SANDBOX:
        raise Http404
    form = SandboxForm(request.POST if request.method == "POST" else None, initial={"name": f"{facts.title} sandbox"})
    if request.method == "POST" and form.is_valid():
        person = cast(Person, request.user)
        try:
            made = connect_sandbox(
                access=request.access,
                person=person,
                facts=facts,
                name=form.cleaned_data["name"],
                back_address=back_address(),
                now=clock.now(),
            )
        except NotAllowed as error:
            form.add_error(None, str(error))
        else:
            return redirect("connection", request.workspace.slug, made.pk)
    context = {"form": form, "facts": facts, "watched_at": _sandbox_page()}
    return render(request, "exchanges/make_sandbox.html", context, status=422 if form.errors else 200)


@require_safe
@workspace_page()
def connection(request: WorkspaceRequest, connection: UUID) -> HttpResponse:
    """One connection: how it stands, what its key may do, what it holds."""
    found, now = _load(request, connection), clock.now()
    account = Account.objects.filter(connection=found).first()
    context = {
        "one": shown(found, now=now),
        "rights_words": rights_in_words(found) if found.checked_at else "",
        "account": account,
        "snapshots": list(snapshots_of(account).values()) if account else [],
        "openings": list(account.openings.all()) if account else [],
        "followed": followed_venues().get(account.follows) if account else None,
        "follows": venue_named(account.follows) if account and account.follows else None,
        "oldest": int(OLDEST.total_seconds()),
        "may_change": _may_change(request, found),
        "mode": found.mode,
        "is_asked": found.asked_at is not None and now - found.asked_at < _ANSWERED_WITHIN,
        "listening": listening_of(found),
        "has_socket": found.facts.fills is not None and found.closed_at is None,
        "login": latest_login(found) if found.facts.credentials.needs_log_in else None,
        **_registered(found.facts, found.mode),
        "postback_address": postback_address(found) if takes_postbacks(found) else "",
    }
    return render(request, "exchanges/connection.html", context)


@require_POST
@workspace_page(write=Right.EDIT)
def check(request: WorkspaceRequest, connection: UUID) -> HttpResponse:
    """Has the venue asked again: what the key may do, and what the account holds."""
    found = _load(request, connection)
    ask_for_check(found, now=clock.now())
    enqueue("exchanges.refresh_accounts", found.workspace_id, found.pk)
    messages.success(request, format_html("<bdi>{}</bdi> is being asked. The page shows what it says.", found.name))
    return redirect("connection", request.workspace.slug, found.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.EDIT, write=Right.EDIT)
def change(request: WorkspaceRequest, connection: UUID) -> HttpResponse:
    """Other keys of the same account. A live one asks for a factor."""
    found = _load(request, connection)
    if found.closed_at is not None or found.facts.credentials.kind is CredentialKind.NOTHING:
        raise Http404
    if found.is_live and not request.access.may(Right.TRADE):
        raise PermissionDenied
    return _change_live(request, found) if found.is_live else _change(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.EDIT, write=Right.EDIT)
def close(request: WorkspaceRequest, connection: UUID) -> HttpResponse:
    """Shreds the key. A live one asks for a factor."""
    found = _load(request, connection)
    if found.is_live and not request.access.may(Right.TRADE):
        raise PermissionDenied
    return _close_live(request, found) if found.is_live else _close(request, found)


@require_safe
@workspace_page()
def holdings(request: WorkspaceRequest) -> HttpResponse:
    """Everything that the venues say one has: balances, holdings, positions, open orders, with age and source."""
    return render(request, "exchanges/holdings.html", {"accounts": accounts_with_snapshots()})


def _add(request: WorkspaceRequest, facts: VenueFacts, mode: Connection.Mode) -> HttpResponse:
    person = cast(Person, request.user)
    form = ConnectionForm(
        request.POST if request.method == "POST" else None,
        facts=facts,
        is_live=mode is Mode.LIVE,
        initial={"name": f"{facts.title}{'' if mode is Mode.LIVE else ' sandbox'}"},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = add_connection(
                access=request.access,
                person=person,
                facts=facts,
                mode=mode,
                name=form.cleaned_data["name"],
                fields=form.keys(),
                attested=bool(form.cleaned_data.get("attested")),
                egress=form.leaves_from(),
                now=clock.now(),
            )
        except NotAllowed as error:
            form.add_error(None, str(error))
        else:
            return redirect("connection", request.workspace.slug, made.pk)
    context = {"form": form, "facts": facts, "adding": mode.value, "closed": _closed(facts, mode, person.country)}
    context |= _registered(facts, mode)
    return render(request, "exchanges/add.html", context, status=422 if form.errors else 200)


def _change(request: WorkspaceRequest, found: Connection) -> HttpResponse:
    form = KeysForm(
        request.POST if request.method == "POST" else None, facts=found.facts, initial={"egress": found.egress}
    )
    if request.method == "POST" and form.is_valid():
        person = cast(Person, request.user)
        try:
            change_key(
                access=request.access,
                person=person,
                connection=found,
                fields=form.keys(),
                egress=form.leaves_from(),
                now=clock.now(),
            )
        except NotAllowed as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _replaced(found.facts))
            return redirect("connection", request.workspace.slug, found.pk)
    context = {"form": form, "connection": found, "facts": found.facts, **_registered(found.facts, found.mode)}
    return render(request, "exchanges/change_key.html", context, status=422 if form.errors else 200)


def _close(request: WorkspaceRequest, found: Connection) -> HttpResponse:
    if request.method == "POST":
        if close_connection(access=request.access, connection=found, now=clock.now()):
            messages.success(request, format_html("<bdi>{}</bdi> is closed, and its key is shredded.", found.name))
        return redirect("connections", request.workspace.slug)
    return render(request, "exchanges/close.html", {"connection": found})


_change_live = step_up(needs_factor=True)(_change)
_close_live = step_up()(_close)


def _registered(facts: VenueFacts, mode: str) -> dict[str, object]:
    """What a person enters at the venue of this instance: where it sends browsers back to, and whence we come.

    The sandbox is on this instance's own side of the wire, and binds no key.
    """
    is_bound = facts.credentials.bound is not Bound.NO and mode != Mode.SANDBOX
    return {
        "back_address": back_address() if facts.credentials.needs_log_in else "",
        "is_bound": is_bound,
        "binds_orders": facts.credentials.bound is Bound.ORDERS,
        "addresses": egress_addresses() if is_bound else (),
    }


def _sandbox_page() -> str:
    """Where the sandbox is watched. It shows every account, so it is told where they are all one's own."""
    return f"{settings.SANDBOX_ADDRESS}/sandbox/" if settings.SELF_HOSTED and settings.SANDBOX_ADDRESS else ""


def _replaced(facts: VenueFacts) -> str:
    if facts.credentials.needs_log_in:
        return f"The old key is gone, and its log-in with it. Log in at {facts.title} with the new one."
    return "The new key is being checked. The old one is gone."


def _offer(facts: VenueFacts, home: str) -> dict[str, object]:
    return {
        "facts": facts,
        "is_paper": facts.name == PAPER.name,
        "has_sandbox": facts.name in IN_THE_SANDBOX and bool(settings.SANDBOX_ADDRESS),
        "is_built": facts.credentials.kind in BUILT,
        "closed": _closed(facts, Mode.LIVE, home),
        "segments": ", ".join(facts.segments),
        "types": sorted({kind.value.replace("_", " ") for kind in _native_types(facts)}),
    }


def _native_types(facts: VenueFacts) -> set[OrderType]:
    """What the venue does itself. What we would do in its place says so where it can be had."""
    segments = facts.segments.values()
    return {kind for one in segments for kind, support in one.orders.items() if support is Support.NATIVE}


def _closed(facts: VenueFacts, mode: Connection.Mode, home: str) -> Rule | None:
    return closed_by(
        venue=facts.name,
        countries=facts.countries,
        mode=mode.value,
        home=home,
        is_self_hosted=settings.SELF_HOSTED,
    )


def _venue(name: str) -> VenueFacts:
    try:
        return venue_named(name)
    except UnknownVenue as error:
        raise Http404 from error


def _load(request: WorkspaceRequest, connection_id: UUID) -> Connection:
    return load(request.access, Connection.objects.all(), connection_id)


def _may_add(request: WorkspaceRequest) -> bool:
    return request.access.may(Right.EDIT)


def _may_change(request: WorkspaceRequest, found: Connection) -> bool:
    return found.closed_at is None and request.access.may(Right.TRADE if found.is_live else Right.EDIT)
