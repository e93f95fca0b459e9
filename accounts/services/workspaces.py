"""Workspaces and who may enter them."""

import datetime as dt
import secrets
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from accounts.domain.networks import admits, bare_address
from accounts.models import Membership, Person, Workspace
from accounts.models.workspace import Role
from accounts.services.audit import record
from accounts.services.guessing import count_guess
from kernel.ids import new_id
from kernel.live.news import recheck_sockets
from kernel.tenancy.access import Access
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant


def create_workspace(
    *,
    owner: Person,
    name: str,
    kind: Workspace.Kind,
    now: dt.datetime,
    can_trade: bool = False,
    key: UUID | None = None,
) -> Workspace:
    """A workspace with its owner in it. Its slug carries random letters, so that it tells nothing of others.

    Whoever may be asked twice for the same one hands in the key that it is to have.
    """
    key = key or new_id()
    with tenant(key):
        workspace = Workspace.objects.create(id=key, name=name, kind=kind, slug=new_slug(name), created_at=now)
        Membership.objects.create(
            workspace=workspace, person=owner, role=Role.OWNER, can_trade=can_trade, joined_at=now
        )
        record("workspace.created", now=now, person_id=owner.pk, target=f"workspace:{key}", facts={"kind": kind})
    return workspace


def create_team(*, owner: Person, name: str, key: UUID, now: dt.datetime) -> Workspace:
    """A team of which the person is the owner; when its form was sent twice, the one that the first made."""
    # Two of the same form at once: the second waits here, and finds the team.
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if (key,) in locate("locate_memberships", owner.pk):
            with tenant(key):
                made: Workspace = Workspace.objects.get(pk=key)
            if made.name == name:
                return made
            # Another name in the same form is another team: somebody went back and typed again.
            key = new_id()
        count_guess("team.person", str(owner.pk), now=now)
        return create_workspace(owner=owner, name=name, kind=Workspace.Kind.TEAM, now=now, can_trade=True, key=key)


def rename_workspace(*, access: Access, name: str, now: dt.datetime) -> bool:
    """Gives the workspace another name; its address stays. False when it already had it."""
    workspace = locked_workspace(access.workspace_id)
    if workspace.name == name:
        return False
    Workspace.objects.filter(pk=workspace.pk).update(name=name)
    record(
        "workspace.renamed",
        now=now,
        person_id=access.person_id,
        target=f"workspace:{workspace.pk}",
        personal={"from": workspace.name, "to": name},
    )
    return True


class ShutsOut(ValueError):
    """The list would keep out whoever sets it. The words are for him."""


def set_allowed_networks(*, access: Access, networks: Sequence[str], address: str, now: dt.datetime) -> bool:
    """From which networks the workspace is entered from now on; none means anywhere. False when nothing changed."""
    if not admits(networks, address):
        raise ShutsOut(
            f"Your own address, {bare_address(address)}, is in none of these networks, so this would lock you out. "
            "Add it, or save the list from a place that is in it."
        )
    workspace = locked_workspace(access.workspace_id)
    if workspace.allowed_networks == list(networks):
        return False
    Workspace.objects.filter(pk=workspace.pk).update(allowed_networks=list(networks))
    record(
        "workspace.networks_set",
        now=now,
        person_id=access.person_id,
        target=f"workspace:{workspace.pk}",
        facts={"count": len(networks)},
        personal={"from": workspace.allowed_networks, "to": list(networks), "address": bare_address(address)},
    )
    recheck_sockets()
    return True


def set_home(person: Person, workspace_id: UUID) -> None:
    """Where the person's way home leads from now on."""
    Person.objects.filter(pk=person.pk).update(home_workspace_id=workspace_id)


def locked_workspace(workspace_id: UUID) -> Workspace:
    """The workspace, its row locked until this transaction ends: whoever changes who may enter waits here."""
    found: Workspace = Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)
    return found


def new_slug(name: str) -> str:
    """Readable letters of the name and five random ones."""
    readable = slugify(name)[:40].strip("-") or "workspace"
    tail = "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(5))
    return f"{readable}-{tail}"


def add_member(
    *,
    workspace: Workspace,
    person: Person,
    role: Role,
    now: dt.datetime,
    can_trade: bool = False,
    by: UUID | None = None,
) -> Membership:
    """A further member. Called inside the workspace's scope."""
    membership = Membership.objects.create(
        workspace=workspace, person=person, role=role, can_trade=can_trade, joined_at=now
    )
    record(
        "member.added",
        now=now,
        person_id=by,
        target=f"membership:{membership.pk}",
        facts={"role": role, "can_trade": can_trade},
        personal={"email": person.email},
    )
    return membership
