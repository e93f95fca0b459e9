"""Workspaces and who may enter them."""

import datetime as dt
import secrets

from django.utils.text import slugify

from accounts.models import Membership, Person, Workspace
from accounts.models.workspace import Role
from accounts.services.audit import record
from kernel.ids import new_id
from kernel.tenancy.scope import tenant


def create_workspace(
    *, owner: Person, name: str, kind: Workspace.Kind, now: dt.datetime, can_trade: bool = False
) -> Workspace:
    """A workspace with its owner in it. Its slug carries random letters, so that it tells nothing of others."""
    key = new_id()
    with tenant(key):
        workspace = Workspace.objects.create(id=key, name=name, kind=kind, slug=new_slug(name), created_at=now)
        Membership.objects.create(
            workspace=workspace, person=owner, role=Role.OWNER, can_trade=can_trade, joined_at=now
        )
        record("workspace.created", now=now, person_id=owner.pk, target=f"workspace:{key}", facts={"kind": kind})
    return workspace


def new_slug(name: str) -> str:
    """Readable letters of the name and five random ones."""
    readable = slugify(name)[:40].strip("-") or "workspace"
    tail = "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(5))
    return f"{readable}-{tail}"


def add_member(
    *, workspace: Workspace, person: Person, role: Role, now: dt.datetime, can_trade: bool = False
) -> Membership:
    """A further member. Called inside the workspace's scope."""
    membership = Membership.objects.create(
        workspace=workspace, person=person, role=role, can_trade=can_trade, joined_at=now
    )
    record(
        "member.added",
        now=now,
        target=f"membership:{membership.pk}",
        facts={"role": role, "can_trade": can_trade},
        personal={"email": person.email},
    )
    return membership
