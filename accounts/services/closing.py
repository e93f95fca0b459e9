"""The end of a workspace and of a log-in.

At once, in one transaction: nobody gets in any more, tokens and sessions end, sealed keys are shredded, the name goes.
Then a job erases the rows, table by table; killed anywhere it begins again and finds less to do. Audit entries stay,
without names; their chains hold.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef

from accounts.models import (
    ApiToken,
    AuditDetail,
    Invitation,
    Membership,
    NoticeMessage,
    Notification,
    NotificationChannel,
    Person,
    Workspace,
)
from accounts.models.workspace import Role
from accounts.registries import Erasure, erasers, erasure_order, person_erasers
from accounts.services.audit import record
from accounts.services.mail import post_mail
from accounts.services.members import end_membership
from accounts.services.person_trail import record_of_person
from accounts.services.sessions import end_other_sessions
from accounts.services.workspaces import locked_workspace
from kernel.encryption.envelope import Envelope, seal, unseal
from kernel.encryption.fields import EncryptedField
from kernel.encryption.keyring import key_ring
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.jobs.models import Job, JobState
from kernel.jobs.run import Run
from kernel.jobs.services import nudge, start_job
from kernel.live.news import recheck_sockets
from kernel.outgoing.models import Delivery
from kernel.tenancy.access import Access
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant

ERASE_WORKSPACE = "accounts.erase_workspace"
ERASE_PERSON = "accounts.erase_person"
#: A worker may die often; these are finished all the same.
MOST_ATTEMPTS = 1_000
#: What a member alone owns in a team, beside what its registered erasers know.
OF_A_MEMBER = (NotificationChannel, Notification, ApiToken, Membership)
_BATCH = 1_000
_SEAL = ("plumbline", "address to forget")


class NotConfirmed(ValueError):
    """What was typed does not name what is to be deleted. The words are for the person."""


class LastOwner(ValueError):
    """Teams with other members would be left without an owner. The words are for the person."""

    def __init__(self, teams: Sequence[Workspace]) -> None:
        self.teams = list(teams)
        super().__init__("You are the last owner of teams that have other members. Hand them over first.")


@dataclass(frozen=True, slots=True)
class Leaving:
    """What becomes of each workspace when a person leaves for good."""

    erased: list[Workspace] = field(default_factory=list)
    left: list[Workspace] = field(default_factory=list)
    #: He is the last owner there, and others would stay behind.
    in_the_way: list[Workspace] = field(default_factory=list)


def plan_leaving(person: Person) -> Leaving:
    """What would happen now. Inside a transaction the workspaces stay locked, as with every change of members."""
    plan = Leaving()
    for (workspace_id,) in sorted(locate("locate_memberships", person.pk)):
        with tenant(workspace_id):
            workspace = locked_workspace(workspace_id)
            own = Membership.objects.filter(person=person).first()
            if own is None:
                # Taken out while we waited for the lock.
                continue
            others = Membership.objects.exclude(person=person)
            if not others.exists():
                plan.erased.append(workspace)
            elif own.role == Role.OWNER and not others.filter(role=Role.OWNER, person__is_active=True).exists():
                plan.in_the_way.append(workspace)
            else:
                plan.left.append(workspace)
    return plan


def close_account(*, person: Person, typed: str, now: dt.datetime) -> None:
    """Ends the log-in at once and begins the erasure. Running twice ends it once."""
    with transaction.atomic():
        row = Person.objects.select_for_update().get(pk=person.pk)
        if row.deleted_at is not None:
            return
        address = row.email
        if typed.strip().lower() != address:
            raise NotConfirmed("This is not the address of your log-in. Nothing was deleted.")
        plan = plan_leaving(row)
        if plan.in_the_way:
            raise LastOwner(plan.in_the_way)
        record_of_person(row, "person.left", now=now, target=f"person:{row.pk}")
        end_other_sessions(person=row, keep=None, now=now)
        for workspace in plan.left:
            with tenant(workspace.pk):
                _leave(row, now=now)
        for workspace in plan.erased:
            with tenant(workspace.pk):
                _close(workspace, person_id=row.pk, now=now)
        _revoke_invitations(address, now=now)
        for erase in person_erasers().values():
            erase(row)
        _forget_name(row, now=now)
        post_mail(
            to=address,
            subject="Your Plumbline account is deleted",
            text=_farewell([workspace.name for workspace in plan.erased]),
            forgets_address=True,
            now=now,
        )
        with operator():
            record("account.deleted", now=now, target=f"person:{row.pk}", facts={"workspaces": len(plan.erased)})
            start_job(
                ERASE_PERSON,
                now=now,
                quota_key=f"erase:{row.pk}",
                person=str(row.pk),
                workspaces=[str(workspace.pk) for workspace in plan.erased],
                # The trail names it in places; forgotten with the job's end.
                address=str(seal(Secret(address), key_ring(), (*_SEAL, str(row.pk)))),
            )
        recheck_sockets()


def close_workspace(*, access: Access, workspace: Workspace, typed: str, now: dt.datetime) -> None:
    """Ends a team at once and begins its erasure; the members are told by mail. In the workspace's scope."""
    if typed.strip() != workspace.name.strip():
        raise NotConfirmed("This is not the name of the team. Nothing was deleted.")
    # Of two owners who press at once the second finds nobody left.
    locked_workspace(workspace.pk)
    members = list(Membership.objects.select_related("person").order_by("pk"))
    if not members:
        return
    _close(workspace, person_id=access.person_id, now=now)
    for member in members:
        if member.person_id != access.person_id:
            post_mail(
                to=member.person.email,
                subject=f"The team {workspace.name} was deleted",
                text=(
                    f"An owner deleted the team {workspace.name} on {now:%Y-%m-%d at %H:%M} UTC. Its pages, tokens "
                    "and automations ended at once, and its rows are being erased. Your own log-in stays.\n"
                ),
                now=now,
            )
    recheck_sockets()
    enqueue("accounts.finish_erasures")


def erase_workspaces(run: Run) -> dict[str, Any]:
    """The work of the job that ends a team."""
    erased = _erase_each(run)
    _forget_parameters(run)
    return {"rows": erased}


def erase_person(run: Run) -> dict[str, Any]:
    """The work of the job that ends a log-in: his workspaces, then his name in every other chain."""
    erased = _erase_each(run)
    person_id = UUID(run.parameters["person"])
    sealed = run.parameters.get("address")
    if sealed:
        address = unseal(Envelope.parse(sealed), key_ring(), (*_SEAL, str(person_id))).reveal()
        erased += _shred_trails(person_id, address)
    _forget_parameters(run)
    return {"rows": erased}


def finish_erasures(*, now: dt.datetime) -> int:
    """Begins the erasure of workspaces that have no member left, and begins again what failed; how many.

    Nothing that was promised to be erased stays because of a fault of ours.
    """
    with operator():
        with connection.cursor() as cursor:
            # Two sweeps at once would both find a workspace that no job erases yet.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('erasures', 0))")
        jobs = Job.objects.filter(kind__in=(ERASE_WORKSPACE, ERASE_PERSON))
        begun = jobs.filter(state__in=(JobState.FAILED, JobState.CANCELLED)).update(
            state=JobState.QUEUED, attempts=0, ended_at=None, error="", cancel_requested_at=None, lease_until=None
        )
        empty = Workspace.objects.filter(~Exists(Membership.objects.filter(workspace=OuterRef("pk"))))
        for workspace_id in empty.values_list("pk", flat=True)[:_BATCH]:
            if jobs.exclude(state=JobState.DONE).filter(parameters__workspaces__contains=[str(workspace_id)]).exists():
                continue
            record("workspace.deleted", now=now, target=f"workspace:{workspace_id}")
            start_job(ERASE_WORKSPACE, now=now, quota_key=f"erase:{workspace_id}", workspaces=[str(workspace_id)])
            begun += 1
        if begun:
            nudge("default")
    return begun


def _erase_each(run: Run) -> int:
    workspaces, erased = [UUID(one) for one in run.parameters["workspaces"]], 0
    order = erasure_order()
    total, done = max(1, len(workspaces) * len(order)), 0
    for workspace_id in workspaces:
        for model in order:
            done += 1
            while True:
                # A transaction for each batch: what is gone stays gone, whatever comes next.
                with tenant(workspace_id):
                    batch = _erase_batch(model)
                erased += batch
                run.progress(done, total, str(model._meta.verbose_name_plural))
                if not batch:
                    break
    return erased


def _close(workspace: Workspace, *, person_id: UUID, now: dt.datetime) -> None:
    """Nobody gets in any more, nothing sealed can be opened any more. In the workspace's scope."""
    record("workspace.closed", now=now, person_id=person_id, target=f"workspace:{workspace.pk}")
    ApiToken.objects.filter(revoked_at=None).update(revoked_at=now)
    Invitation.objects.filter(accepted_at=None, revoked_at=None).update(revoked_at=now)
    Membership.objects.all().delete()
    for model in erasure_order():
        if any(isinstance(one, EncryptedField) for one in model._meta.concrete_fields):
            while _erase_batch(model):
                pass


def _erase_batch(model: type[models.Model]) -> int:
    """How many rows went and may be followed by more."""
    erasure, erase = erasers()[model]
    count = erase()
    return 0 if erasure is Erasure.PSEUDONYMISE else count


def _leave(person: Person, *, now: dt.datetime) -> None:
    """Takes what is the member's own out of a team that goes on. In its scope."""
    messages = NoticeMessage.objects.filter(notification__person=person).values_list("pk", flat=True)
    owners = [f"notice:{key}" for key in messages.iterator()]
    membership = Membership.objects.select_related("person").get(person=person)
    end_membership(membership, action="member.left", by=person.pk, now=now)
    for start in range(0, len(owners), _BATCH):
        Delivery.objects.filter(owner__in=owners[start : start + _BATCH]).delete()
    for model in OF_A_MEMBER:
        model.objects.filter(person=person).delete()


def _revoke_invitations(address: str, *, now: dt.datetime) -> None:
    for workspace_id, invitation_id in locate("locate_invitations_to", address):
        with tenant(workspace_id):
            open_one = Invitation.objects.filter(pk=invitation_id, accepted_at=None, revoked_at=None)
            if open_one.update(revoked_at=now) == 1:
                record("invitation.revoked", now=now, target=f"invitation:{invitation_id}")


def _forget_name(person: Person, *, now: dt.datetime) -> None:
    blank = Person()
    for one in Person._meta.concrete_fields:
        if one.name not in {"id", "joined_at"}:
            setattr(person, one.attname, getattr(blank, one.attname))
    person.email = nameless_address(person.pk)
    person.is_active = False
    person.deleted_at = now
    person.set_unusable_password()
    person.save()
    person.groups.clear()
    person.user_permissions.clear()


def nameless_address(person_id: UUID) -> str:
    return f"deleted-{person_id}@deleted.invalid"


def _shred_trails(person_id: UUID, address: str) -> int:
    """Removes who and from where in every chain, and whatever names the person or his address; how many rows."""
    with operator():
        details = AuditDetail.objects.all()
        said = "EXISTS (SELECT 1 FROM jsonb_each_text(personal) AS said WHERE lower(said.value) = lower(%s))"
        named: list[models.QuerySet[AuditDetail]] = [
            details.filter(person_id=person_id),
            details.filter(entry__target=f"person:{person_id}"),
            details.extra(where=[said], params=[address]),  # noqa: S610 - the address is a parameter
        ]
    shredded = sum(_shred(rows) for rows in named)
    with operator():
        Invitation.objects.filter(email__iexact=address).update(email=nameless_address(person_id))
    return shredded


def _shred(rows: models.QuerySet[AuditDetail]) -> int:
    shredded = 0
    while True:
        with operator():
            keys = list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH])
            shredded += AuditDetail.objects.filter(pk__in=keys).delete()[0]
        if len(keys) < _BATCH:
            return shredded


def _forget_parameters(run: Run) -> None:
    with run.scope():
        run.store(parameters={"workspaces": [], "person": run.parameters.get("person", "")})


def _farewell(names: Sequence[str]) -> str:
    workspaces = "".join(f"  {name}\n" for name in names)
    return (
        "Your Plumbline account is deleted, as you asked. Log-in, sessions, API tokens and sealed keys ended at once. "
        "The rest of these workspaces is being erased now:\n\n"
        f"{workspaces or '  none'}\n"
        "The audit trail keeps what was done and when, without your name or address. Trade records, if there are any, "
        "stay without your name for as long as the law asks.\n\n"
        "If this was not you: answer this mail or reach the operator at once. What was erased cannot be brought back.\n"
    )
