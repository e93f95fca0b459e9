"""A person's workspaces, and one workspace's settings."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.networks import bare_address
from accounts.doors import WorkspaceRequest, person_page, workspace_page
from accounts.forms.rooms import NetworksForm, RenameForm, TeamForm
from accounts.models import Person
from accounts.selectors import memberships_of, workspaces_of
from accounts.services.guessing import TooManyGuesses
from accounts.services.workspaces import ShutsOut, create_team, rename_workspace, set_allowed_networks, set_home
from accounts.step_up import step_up
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.ids import new_id
from kernel.tenancy.access import Right
from kernel.tenancy.locators import locate
from kernel.views.errors import too_many

SALT = "plumbline.new-team"


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def workspaces(request: HttpRequest) -> HttpResponse:
    """Those the person may enter, and the form that makes a team."""
    person = cast(Person, request.user)
    form = TeamForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        key = _key(request.POST.get("key", ""), person)
        if key is None:
            form.add_error(None, "The form is too old. Look at it again, then send it once more.")
        else:
            try:
                team = create_team(owner=person, name=form.cleaned_data["name"], key=key, now=clock.now())
            except TooManyGuesses as error:
                return too_many(request, retry_after=error.seconds)
            messages.success(request, format_html("<bdi>{}</bdi> is there, and you own it.", team.name))
            return redirect("dashboard", team.slug)
    memberships = memberships_of(person.pk)
    context = {
        "memberships": memberships,
        "home_id": person.home_workspace_id,
        "form": form,
        "key": signing.dumps(str(new_id()), salt=f"{SALT}:{person.pk}"),
    }
    return render(request, "accounts/workspaces.html", context, status=422 if form.errors else 200)


@require_safe
@person_page
def menu(request: HttpRequest) -> HttpResponse:
    """The picker's list, without a frame."""
    shown = {"workspaces": workspaces_of(cast(Person, request.user).pk), "open_slug": request.GET.get("open", "")}
    return render(request, "accounts/partials/_workspace_menu.html", shown)


@require_POST
@person_page
def switch(request: HttpRequest) -> HttpResponse:
    """Opens a workspace and makes it the one that the way home leads to."""
    person, slug = cast(Person, request.user), request.POST.get("to", "")
    # A text that holds a NUL is no slug, and PostgreSQL would not take it.
    found = locate("locate_membership", person.pk, slug) if slug.isprintable() else []
    if not found:
        raise Http404
    set_home(person, found[0][0])
    return redirect("dashboard", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.MANAGE, write=Right.MANAGE)
def settings(request: WorkspaceRequest) -> HttpResponse:
    if request.method != "POST":
        return _settings_page(request)
    form = RenameForm(request.POST)
    if not form.is_valid():
        return _settings_page(request, rename=form)
    if rename_workspace(access=request.access, name=form.cleaned_data["name"], now=clock.now()):
        words = "The workspace is called <bdi>{}</bdi> now. Its address stays."
        messages.success(request, format_html(words, form.cleaned_data["name"]))
    return redirect("workspace-settings", request.workspace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.MANAGE, write=Right.MANAGE)
@step_up()
def networks(request: WorkspaceRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("workspace-settings", request.workspace.slug)
    form = NetworksForm(request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["networks"]
        try:
            set_allowed_networks(
                access=request.access, networks=wanted, address=visitor_address(request), now=clock.now()
            )
        except ShutsOut as error:
            form.add_error("networks", str(error))
        else:
            open_to = f"to {len(wanted)} networks" if wanted else "to every address"
            messages.success(request, f"The workspace is open {open_to}. Pages open elsewhere close now.")
            return redirect("workspace-settings", request.workspace.slug)
    return _settings_page(request, networks=form)


def _settings_page(
    request: WorkspaceRequest, *, rename: RenameForm | None = None, networks: NetworksForm | None = None
) -> HttpResponse:
    held = "\n".join(request.workspace.allowed_networks)
    context = {
        "rename": rename or RenameForm(initial={"name": request.workspace.name}),
        "networks": networks or NetworksForm(initial={"networks": held}),
        "address": bare_address(visitor_address(request)),
    }
    return render(request, "accounts/settings.html", context, status=422 if rename or networks else 200)


def _key(text: str, person: Person) -> UUID | None:
    """The key that the new team is to have, if it was made here for this person a day ago at most."""
    try:
        return UUID(signing.loads(text, salt=f"{SALT}:{person.pk}", max_age=86_400))
    except (signing.BadSignature, ValueError):
        return None
