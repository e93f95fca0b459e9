"""The door of every page under /w/<workspace>/: who are you, are you a member, may you do this."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.domain.documents import document_named
from accounts.domain.networks import admits, bare_address
from accounts.models import Membership, Person, Workspace
from accounts.selectors import has_accepted
from kernel.api.addresses import visitor_address
from kernel.logs.context import bind_ids
from kernel.tenancy.access import Access, Right
from kernel.tenancy.loader import require
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class WorkspaceRequest(HttpRequest):
    """A request that came through the door."""

    access: Access
    workspace: Workspace


View = Callable[..., HttpResponse]


class AddressNotAllowed(PermissionDenied):
    """The workspace is not entered from this address, whoever comes."""

    code = "ADDRESS_NOT_ALLOWED"

    def __init__(self, address: str) -> None:
        super().__init__(
            f"This workspace is open to certain addresses alone, and yours, {bare_address(address)}, is not among "
            "them. Come from one of them, or ask an owner to add yours in the workspace's settings."
        )


def workspace_page(*, read: Right = Right.VIEW, write: Right = Right.EDIT) -> Callable[[View], View]:
    """Runs the view in its workspace's scope, for members who hold the right; strangers get 404."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def entered(request: HttpRequest, workspace: str, *args: Any, **kwargs: Any) -> HttpResponse:
            person = cast(Person, request.user)
            found = locate("locate_membership", person.pk, workspace)
            if not found:
                raise Http404
            workspace_id, membership_id = found[0]
            with tenant(workspace_id):
                membership = Membership.objects.select_related("workspace").get(pk=membership_id)
                address = visitor_address(request)
                if not admits(membership.workspace.allowed_networks, address):
                    raise AddressNotAllowed(address)
                member_request = cast(WorkspaceRequest, request)
                member_request.access = access_of(membership)
                member_request.workspace = membership.workspace
                bind_ids(person=person.pk, workspace=workspace_id)
                require(member_request.access, read if request.method in SAFE_METHODS else write)
                return view(member_request, *args, **kwargs)

        # The isolation sweep tells a tenant's page by this.
        entered.tenant_door = True  # type: ignore[attr-defined]
        # What a viewer may do here is about his own rows alone; the sweep looks that no others change.
        entered.lets_viewers_act = write is Right.VIEW  # type: ignore[attr-defined]
        return entered

    return decorate


def person_page(view: View) -> View:
    """A page of the person, in the frame of the workspace he calls home; the view itself is in no tenant's scope."""

    @login_required
    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = cast(Person, request.user)
        bind_ids(person=person.pk)
        home = home_of(person, address=visitor_address(request))
        if home is not None:
            member_request = cast(WorkspaceRequest, request)
            member_request.access, member_request.workspace = access_of(home), home.workspace
        return view(request, *args, **kwargs)

    return entered


def home_of(person: Person, *, address: str) -> Membership | None:
    """The membership that the person's pages are framed by: of his home workspace, else of the first he may enter."""
    ids = [workspace_id for (workspace_id,) in locate("locate_memberships", person.pk)]
    for workspace_id in sorted(ids, key=lambda one: one != person.home_workspace_id):
        with tenant(workspace_id):
            membership = _admitted(person, address)
            if membership is not None:
                return membership
    return None


@contextmanager
def workspace_of(person: Person, workspace_id: UUID, *, address: str) -> Iterator[Membership]:
    """The scope of a workspace whose id something that we signed has brought; 404 for who may not enter it."""
    if (workspace_id,) not in locate("locate_memberships", person.pk):
        raise Http404
    with tenant(workspace_id):
        membership = _admitted(person, address)
        if membership is None:
            raise AddressNotAllowed(address)
        bind_ids(person=person.pk, workspace=workspace_id)
        yield membership


def _admitted(person: Person, address: str) -> Membership | None:
    membership: Membership = Membership.objects.select_related("workspace").get(person=person)
    return membership if admits(membership.workspace.allowed_networks, address) else None


def access_of(membership: Membership) -> Access:
    return Access(
        workspace_id=membership.workspace_id,
        person_id=membership.person_id,
        role=membership.role,
        can_trade=membership.can_trade,
    )


def needs_consent(document: str) -> Callable[[View], View]:
    """Lets the view run for who accepted the document in its current version; others are led to read it.

    Stands under `workspace_page` or `person_page`, above what the document is about.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if has_accepted(cast(Person, request.user), document):
                return view(request, *args, **kwargs)
            way_back = request.get_full_path() if request.method in SAFE_METHODS else "/home/"
            messages.warning(request, f"First read the {document_named(document).title.lower()} and accept it here.")
            address = f"{reverse('consents')}?{urlencode({'next': way_back})}"
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": address})
            return redirect(address)

        return guarded

    return decorate
