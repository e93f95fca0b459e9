"""Invitations, from both ends: the owner who makes them, and whoever opens the link."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.members import InviteForm
from accounts.models import Invitation, Person, Workspace
from accounts.services import invitations as services
from accounts.services.guessing import TooManyGuesses
from accounts.services.invitations import Ended, Found, NotForYou, NotInvited, Unknown
from accounts.step_up import step_up
from kernel import clock
from kernel.idempotency.forms import idempotent_form
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load
from kernel.views.errors import answer, too_many

#: The digest of the link that was opened: it lets its holder sign up, and brings him back here.
SESSION_KEY = "invitation"
#: Set until the visitor was led back here once.
PENDING_KEY = "invitation_pending"


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.MANAGE, write=Right.MANAGE)
@step_up()
@idempotent_form(is_money=False)
def invite(request: WorkspaceRequest) -> HttpResponse:
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.invite(
                access=request.access, email=form.cleaned_data["email"], standing=form.standing, now=clock.now()
            )
        except NotInvited as error:
            form.add_error("email", str(error))
        except TooManyGuesses as error:
            return too_many(request, retry_after=error.seconds)
        else:
            messages.success(request, f"{made.email} is invited. The link works for seven days.")
            return redirect("members", request.workspace.slug)
    context = {"form": form, "is_team": request.workspace.kind == Workspace.Kind.TEAM}
    return render(request, "accounts/invite.html", context, status=422 if form.errors else 200)


@require_POST
@workspace_page(write=Right.MANAGE)
def send_again(request: WorkspaceRequest, invitation: UUID) -> HttpResponse:
    row = load(request.access, Invitation.objects.all(), invitation, Right.MANAGE)
    try:
        services.send_again(access=request.access, invitation=row, now=clock.now())
    except NotInvited as error:
        return answer(request, 409, "INVITATION_ENDED", str(error))
    except TooManyGuesses as error:
        return too_many(request, retry_after=error.seconds)
    messages.success(request, f"{row.email} gets a new link. The old one is dead.")
    return redirect("members", request.workspace.slug)


@require_POST
@workspace_page(write=Right.MANAGE)
def revoke(request: WorkspaceRequest, invitation: UUID) -> HttpResponse:
    row = load(request.access, Invitation.objects.all(), invitation, Right.MANAGE)
    if services.revoke_invitation(access=request.access, invitation=row, now=clock.now()):
        messages.success(request, f"The invitation of {row.email} is revoked. Its link is dead.")
    else:
        messages.info(request, f"The invitation of {row.email} had already ended.")
    return redirect("members", request.workspace.slug)


@never_cache
@require_safe
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Takes the secret out of the address: the session keeps its digest, and what follows needs no more."""
    digest = services.digest_of(secret)
    ended = _ended(request, digest)
    if ended is not None:
        return ended
    request.session[SESSION_KEY] = digest.hex()
    request.session[PENDING_KEY] = True
    return redirect("invitation")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """What the visitor is invited to, and the button that takes it."""
    digest = _digest_in_session(request)
    if digest is None:
        return _page(request, 404, "There is no invitation here", "Open the link in the mail that you were sent.")
    ended = _ended(request, digest)
    if ended is not None:
        return ended
    person = request.user if request.user.is_authenticated else None
    if person is None:
        if request.method == "POST":
            return redirect(f"{reverse('account_login')}?next={request.path}")
        return _invitation_page(request, services.find_invitation(digest, now=clock.now()))
    request.session.pop(PENDING_KEY, None)
    return _for_person(request, person, digest)


def _for_person(request: HttpRequest, person: Person, digest: bytes) -> HttpResponse:
    try:
        if request.method == "POST":
            joined = services.accept_invitation(digest=digest, person=person, now=clock.now())
            return _in(request, joined)
        found = services.find_invitation_or_own(digest, person, now=clock.now())
        if isinstance(found, Workspace):
            return _in(request, found)
    except NotForYou:
        return render(request, "accounts/invitation_not_yours.html", status=403)
    except NotInvited as error:
        return _page(request, 409, "There is no seat", f"{error} Ask whoever invited you.")
    except Ended as error:
        return _page(request, error.status, "This invitation has ended", str(error))
    if not services.is_for(found.invitation, person):
        return render(request, "accounts/invitation_not_yours.html", status=403)
    return _invitation_page(request, found)


def _invitation_page(request: HttpRequest, found: Found) -> HttpResponse:
    return render(request, "accounts/invitation.html", {"invitation": found.invitation, "into": found.workspace})


def _in(request: HttpRequest, workspace: Workspace) -> HttpResponse:
    forget(request)
    messages.success(request, format_html("You are in <bdi>{}</bdi>.", workspace.name))
    return redirect("dashboard", workspace.slug)


def _ended(request: HttpRequest, digest: bytes) -> HttpResponse | None:
    """The page that says why the link opens nothing; None when it does, or when this very person has used it."""
    try:
        if request.user.is_authenticated:
            services.find_invitation_or_own(digest, request.user, now=clock.now())
        else:
            services.find_invitation(digest, now=clock.now())
    except Ended as error:
        forget(request)
        title = "This invitation is not known" if isinstance(error, Unknown) else "This invitation has ended"
        return _page(request, error.status, title, str(error))
    return None


def forget(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)
    request.session.pop(PENDING_KEY, None)


def _digest_in_session(request: HttpRequest) -> bytes | None:
    try:
        return bytes.fromhex(request.session[SESSION_KEY])
    except (KeyError, ValueError, TypeError):
        return None


def _page(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    return render(request, "accounts/invitation_ended.html", {"heading": title, "words": words}, status=status)
