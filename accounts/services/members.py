"""Who is in a workspace, as what. Whoever changes it holds the workspace's row, so that of two at once one wins."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Membership, Person, Workspace
from accounts.models.workspace import Role
from accounts.notify import NotAMember, notify
from accounts.services.audit import record
from accounts.services.channels import remove_channels_of
from accounts.services.letters import post_letter
from accounts.services.tokens import revoke_tokens_of
from accounts.services.workspaces import locked_workspace
from kernel.tenancy.access import Access


class MemberRefused(Exception):
    """Nothing was changed. The words say why, for whoever asked."""


class Changed(MemberRefused):
    """What the page showed is no longer so."""


class LastOwner(MemberRefused):
    """Without this one nobody would own the workspace."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member is: his role, and whether he holds the right to trade."""

    role: Role
    can_trade: bool

    @classmethod
    def of(cls, membership: Membership) -> "Standing":
        return cls(Role(membership.role), membership.can_trade)

    @classmethod
    def parse(cls, text: str) -> "Standing | None":
        """What `str` wrote into a form; None when it was something else."""
        role, _, trades = text.partition(":")
        return cls(Role(role), trades == "1") if role in Role.values and trades in {"0", "1"} else None

    def __str__(self) -> str:
        return f"{self.role.value}:{int(self.can_trade)}"

    @property
    def words(self) -> str:
        return f"{self.role.label.lower()}, {'with' if self.can_trade else 'without'} the right to trade"

    @property
    def trading(self) -> str:
        return "With the right to trade." if self.can_trade else "Without the right to trade."


def change_member(
    *, access: Access, membership_id: UUID, was: Standing | None, to: Standing, now: dt.datetime
) -> Membership:
    """Gives a member another role or trading right. `was` is what the owner's page showed of him."""
    workspace = locked_workspace(access.workspace_id)
    _require_owner(access)
    member = _member(membership_id)
    held = Standing.of(member)
    if was != held:
        raise Changed(f"{member.person} was changed meanwhile: {held.words}. Look, then save again.")
    if held == to:
        return member
    if to.role is not Role.OWNER:
        _require_another_owner(member, f"{member.person} is the last owner. Make somebody else an owner first.")
    member.role, member.can_trade = to.role, to.can_trade
    member.save(update_fields=["role", "can_trade"])
    record(
        "member.changed",
        now=now,
        person_id=access.person_id,
        target=f"membership:{member.pk}",
        facts={"role": to.role, "can_trade": to.can_trade, "role_before": held.role, "could_trade": held.can_trade},
        personal={"email": member.person.email},
    )
    _tell_both("member.changed", access, member, workspace, to, now=now)
    return member


def remove_member(*, access: Access, membership_id: UUID, now: dt.datetime) -> Membership:
    """Takes a member out of the workspace; his tokens there end, and so do his open pages."""
    workspace = locked_workspace(access.workspace_id)
    _require_owner(access)
    member = _member(membership_id)
    if member.person_id == access.person_id:
        raise MemberRefused("This is you. To go, leave the workspace.")
    _require_another_owner(member, f"{member.person} is the last owner.")
    end_membership(member, action="member.removed", by=access.person_id, now=now)
    by = _name(access.person_id)
    facts = {"name": str(member.person), "workspace": workspace.name, "by": by}
    notify("member.removed", roles=(Role.OWNER,), facts=facts, path=_path(workspace), now=now)
    post_letter(
        "member_removed",
        to=member.person.email,
        subject=f"You are no longer in {workspace.name}",
        words={"workspace": workspace.name, "by": by},
        now=now,
    )
    return member


def leave_workspace(*, access: Access, now: dt.datetime) -> None:
    """Ends the asking member's own membership. The last owner hands over first; a personal workspace is not left."""
    workspace = locked_workspace(access.workspace_id)
    member = Membership.objects.select_related("person").filter(person_id=access.person_id).first()
    if member is None:
        raise Changed("You were no longer a member of this workspace.")
    if workspace.kind == Workspace.Kind.PERSONAL:
        raise MemberRefused("This is your personal workspace; it is yours as long as you have an account.")
    _require_another_owner(member, "You are the last owner. Hand the workspace over to somebody, or delete the team.")
    end_membership(member, action="member.left", by=access.person_id, now=now)
    facts = {"name": str(member.person), "workspace": workspace.name}
    notify("member.left", roles=(Role.OWNER,), facts=facts, path=_path(workspace), now=now)
    post_letter(
        "member_left",
        to=member.person.email,
        subject=f"You left {workspace.name}",
        words={"workspace": workspace.name},
        now=now,
    )


def hand_over(*, access: Access, membership_id: UUID, now: dt.datetime) -> Membership:
    """Makes the member an owner, and the asking owner a trader with the trading right that he had."""
    workspace = locked_workspace(access.workspace_id)
    owner = _require_owner(access)
    member = _member(membership_id)
    if member.pk == owner.pk:
        raise MemberRefused("You own this workspace already. Choose somebody else to hand it to.")
    if not member.person.is_active:
        raise MemberRefused(f"{member.person} cannot log in, so nobody could act as the owner.")
    member.role, owner.role = Role.OWNER, Role.TRADER
    member.save(update_fields=["role"])
    owner.save(update_fields=["role"])
    record(
        "workspace.handed_over",
        now=now,
        person_id=access.person_id,
        target=f"membership:{member.pk}",
        facts={"from": str(owner.pk), "to": str(member.pk)},
        personal={"email": member.person.email},
    )
    _tell_both("member.took_over", access, member, workspace, Standing.of(member), now=now)
    return member


def _require_owner(access: Access) -> Membership:
    """The asking member, who was an owner at the door and still is now that nobody else can change it."""
    found: Membership | None = Membership.objects.filter(person_id=access.person_id).first()
    if found is None:
        raise Changed("You were taken out of this workspace a moment ago. Nothing was changed.")
    if found.role != Role.OWNER:
        raise Changed(
            f"Your own role was changed to {found.get_role_display().lower()} a moment ago. Nothing was changed."
        )
    return found


def _member(membership_id: UUID) -> Membership:
    found: Membership | None = Membership.objects.select_related("person").filter(pk=membership_id).first()
    if found is None:
        raise Changed("This member left or was removed a moment ago.")
    return found


def _require_another_owner(member: Membership, words: str) -> None:
    others = Membership.objects.filter(role=Role.OWNER, person__is_active=True).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise LastOwner(words)


def end_membership(member: Membership, *, action: str, by: UUID, now: dt.datetime) -> None:
    """After this nothing of the member opens anything in the workspace. Called under its lock."""
    key = member.pk
    member.delete()
    revoke_tokens_of(member.person_id, by=by, now=now)
    remove_channels_of(member.person_id, by=by, now=now)
    Person.objects.filter(pk=member.person_id, home_workspace_id=member.workspace_id).update(home_workspace_id=None)
    record(
        action,
        now=now,
        person_id=by,
        target=f"membership:{key}",
        facts={"role": member.role, "could_trade": member.can_trade},
        personal={"email": member.person.email},
    )


def _tell_both(
    event: str, access: Access, member: Membership, workspace: Workspace, standing: Standing, *, now: dt.datetime
) -> None:
    facts = {
        "name": str(member.person),
        "workspace": workspace.name,
        "role": standing.role.label.lower(),
        "trading": standing.trading,
        "by": _name(access.person_id),
    }
    for person_id in dict.fromkeys((member.person_id, access.person_id)):
        try:
            notify(event, person_id=person_id, facts=facts, path=_path(workspace), now=now)
        except NotAMember:
            # A log-in that was switched off is not told.
            continue


def _name(person_id: UUID) -> str:
    return str(Person.objects.get(pk=person_id))


def _path(workspace: Workspace) -> str:
    return f"{workspace.get_absolute_url()}members/"
