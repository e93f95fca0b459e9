"""Invitations: a secret by mail, kept as a digest, that makes the person with that very address a member once."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from accounts.limits import may
from accounts.models import Invitation, Mail, Membership, Person, Workspace
from accounts.models.workspace import Role
from accounts.notify import notify
from accounts.services.audit import record
from accounts.services.guessing import count_guess
from accounts.services.letters import post_letter
from accounts.services.members import Standing
from accounts.services.workspaces import add_member, locked_workspace
from kernel.encryption.secret import Secret
from kernel.tenancy.access import Access
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

LIFETIME = dt.timedelta(days=7)


class NotInvited(Exception):
    """No invitation was made, or sent. The words say why, for the owner."""


class Ended(Exception):
    """The invitation opens nothing any more. The words say why, for whoever holds its link."""

    status = 410


class Unknown(Ended):
    status = 404


class NotForYou(Exception):
    """The invitation is good, and for somebody else."""


@dataclass(frozen=True, slots=True)
class Found:
    """An open invitation, and into what."""

    invitation: Invitation
    workspace: Workspace


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(f"plumbline-invitation:{secret}".encode()).digest()


def invite(*, access: Access, email: str, standing: Standing, now: dt.datetime) -> Invitation:
    """An invitation whose mail leaves after the commit. One that ran out for the same address is begun anew."""
    email = email.strip().lower()
    workspace = locked_workspace(access.workspace_id)
    if workspace.kind == Workspace.Kind.PERSONAL:
        raise NotInvited("This is a personal workspace. Create a team to work with others.")
    if _is_member(email):
        raise NotInvited(f"{email} belongs to somebody who is in this workspace already.")
    invitation = Invitation.objects.filter(email=email, accepted_at=None, revoked_at=None).first()
    if invitation is not None and invitation.expires_at > now:
        raise NotInvited(f"{email} has an open invitation. Send that one again, or revoke it first.")
    _require_seat(workspace)
    count_guess("invite.workspace", str(workspace.pk), now=now)
    if invitation is None:
        invitation = Invitation(workspace=workspace, email=email)
    invitation.role, invitation.can_trade = standing.role, standing.can_trade
    return _issue(invitation, "invitation.made", access=access, workspace=workspace, now=now)


def send_again(*, access: Access, invitation: Invitation, now: dt.datetime) -> Invitation:
    """The same invitation under a new secret, for another week; the old link is dead."""
    workspace = locked_workspace(access.workspace_id)
    open_one = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).first()
    if open_one is None:
        raise NotInvited("This invitation has ended meanwhile. Nothing was sent.")
    count_guess("invite.workspace", str(workspace.pk), now=now)
    return _issue(open_one, "invitation.sent_again", access=access, workspace=workspace, now=now)


def revoke_invitation(*, access: Access, invitation: Invitation, now: dt.datetime) -> bool:
    """After this the link opens nothing; False when the invitation had already ended."""
    locked_workspace(access.workspace_id)
    claimed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(revoked_at=now)
    if claimed != 1:
        return False
    record("invitation.revoked", now=now, person_id=access.person_id, target=f"invitation:{invitation.pk}")
    return True


def find_invitation(digest: bytes, *, now: dt.datetime) -> Found:
    """The open invitation with this digest; Ended says why there is none."""
    found = locate("locate_invitation", digest)
    if not found:
        raise Unknown(
            "This invitation is not known. Its link may have been cut off, or sent anew since: look for a newer mail."
        )
    workspace_id, invitation_id = found[0]
    with tenant(workspace_id):
        invitation = Invitation.objects.get(pk=invitation_id)
        if invitation.accepted_at is not None:
            raise Ended("This invitation was used. Whoever accepted it finds the workspace after logging in.")
        if invitation.revoked_at is not None:
            raise Ended("This invitation was taken back by the workspace's owner.")
        if invitation.expires_at <= now:
            raise Ended("This invitation ran out. Ask whoever sent it to send it again.")
        return Found(invitation, Workspace.objects.get(pk=workspace_id))


def is_for(invitation: Invitation, person: Person) -> bool:
    """True when the invited address is one that the person has proven to be his."""
    verified = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    return invitation.email in {email.lower() for email in verified}


def accept_invitation(*, digest: bytes, person: Person, now: dt.datetime) -> Workspace:
    """The workspace that the person is a member of from now on. Accepting twice makes one membership."""
    found = find_invitation_or_own(digest, person, now=now)
    if isinstance(found, Workspace):
        return found
    with tenant(found.workspace.pk):
        workspace = locked_workspace(found.workspace.pk)
        # Of two tabs the second waited for the lock, and finds what the first did.
        invitation = Invitation.objects.get(pk=found.invitation.pk)
        if invitation.accepted_by_id == person.pk:
            return workspace
        if invitation.accepted_at or invitation.revoked_at or bytes(invitation.digest) != digest:
            raise Ended("This invitation ended a moment ago. Nothing was changed.")
        if not is_for(invitation, person):
            raise NotForYou
        is_member = Membership.objects.filter(person=person).exists()
        if not is_member:
            _require_seat(workspace)
        Invitation.objects.filter(pk=invitation.pk).update(accepted_at=now, accepted_by=person)
        record(
            "invitation.accepted",
            now=now,
            person_id=person.pk,
            target=f"invitation:{invitation.pk}",
            facts={"was_member": is_member},
        )
        if not is_member:
            _join(invitation, workspace=workspace, person=person, now=now)
        return workspace


def find_invitation_or_own(digest: bytes, person: Person, *, now: dt.datetime) -> Found | Workspace:
    """The open invitation, or the workspace when this very person has accepted it before and is a member."""
    try:
        return find_invitation(digest, now=now)
    except Ended:
        for workspace_id, invitation_id in locate("locate_invitation", digest):
            with tenant(workspace_id):
                is_own = Invitation.objects.filter(pk=invitation_id, accepted_by=person).exists()
                if is_own and Membership.objects.filter(person=person).exists():
                    return Workspace.objects.get(pk=workspace_id)
        raise


def _join(invitation: Invitation, *, workspace: Workspace, person: Person, now: dt.datetime) -> None:
    standing = Standing(Role(invitation.role), invitation.can_trade)
    facts = {
        "name": str(person),
        "workspace": workspace.name,
        "role": standing.role.label.lower(),
        "trading": standing.trading,
        "by": str(invitation.invited_by or "an owner"),
    }
    notify(
        "member.joined",
        roles=(Role.OWNER,),
        facts=facts,
        path=f"{workspace.get_absolute_url()}members/",
        now=now,
    )
    add_member(
        workspace=workspace,
        person=person,
        role=standing.role,
        can_trade=standing.can_trade,
        by=invitation.invited_by_id,
        now=now,
    )


def _issue(
    invitation: Invitation, action: str, *, access: Access, workspace: Workspace, now: dt.datetime
) -> Invitation:
    """Puts a new secret under the invitation, and posts it once that is committed."""
    secret = Secret(secrets.token_urlsafe(32))
    invitation.digest = digest_of(secret.reveal())
    invitation.invited_by_id = access.person_id
    invitation.created_at, invitation.expires_at = now, now + LIFETIME
    invitation.mail_id = _post(invitation, secret, access=access, workspace=workspace, now=now).pk
    invitation.save()
    record(
        action,
        now=now,
        person_id=access.person_id,
        target=f"invitation:{invitation.pk}",
        facts={"role": invitation.role, "can_trade": invitation.can_trade},
        personal={"email": invitation.email},
    )
    return invitation


def _post(invitation: Invitation, secret: Secret, *, access: Access, workspace: Workspace, now: dt.datetime) -> Mail:
    by = str(Person.objects.get(pk=access.person_id))
    words = {
        "workspace": workspace.name,
        "by": by,
        "role": Role(invitation.role).label.lower(),
        "expires_at": invitation.expires_at,
        "link": f"{settings.SITE_ADDRESS}{reverse('open-invitation', args=[secret.reveal()])}",
    }
    subject = f"{by} invites you to {workspace.name}"
    return post_letter("invitation", to=invitation.email, subject=subject, words=words, now=now)


def _is_member(email: str) -> bool:
    """True when a member logs in with this address, or has proven another one of his to be it."""
    proven = EmailAddress.objects.filter(email=email, verified=True).values("user_id")
    return Membership.objects.filter(Q(person__email=email) | Q(person_id__in=proven)).exists()


def _require_seat(workspace: Workspace) -> None:
    allowance = may(workspace.pk, "seats")
    if not allowance.is_allowed:
        raise NotInvited(allowance.reason or "This workspace's plan has no seat left.")
