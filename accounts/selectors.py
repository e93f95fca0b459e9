"""Reads, always inside a tenant's scope, but for the locators' ids."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.domain.documents import Document, Moment, document_named, documents_due
from accounts.models import (
    ApiToken,
    AuditEntry,
    AuditHead,
    Consent,
    DataExport,
    Invitation,
    KillSwitch,
    Mail,
    Membership,
    NoticeMessage,
    Notification,
    NotificationChannel,
    Person,
    SignIn,
    Workspace,
)
from kernel.jobs.models import Job
from kernel.outgoing.models import Delivery
from kernel.tenancy.access import Access, Right
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant


def workspaces_of(person_id: UUID) -> list[Workspace]:
    """The workspaces a person may enter, by name."""
    found = []
    for (workspace_id,) in locate("locate_memberships", person_id):
        with tenant(workspace_id):
            found.append(Workspace.objects.get(pk=workspace_id))
    return sorted(found, key=lambda workspace: (workspace.name.casefold(), workspace.pk))


def memberships_of(person_id: UUID) -> list[Membership]:
    """The person's memberships with their workspaces, by the workspace's name."""
    found: list[Membership] = []
    for (workspace_id,) in locate("locate_memberships", person_id):
        with tenant(workspace_id):
            found += Membership.objects.select_related("workspace").filter(person_id=person_id)
    return sorted(found, key=lambda one: (one.workspace.name.casefold(), one.workspace_id))


def members_of_workspace() -> list[Membership]:
    return list(Membership.objects.select_related("person"))


def open_invitations() -> list[Invitation]:
    """Those that were neither used nor taken back, newest first, with who invited and what became of the mail."""
    mail_state = Mail.objects.filter(pk=OuterRef("mail_id")).values("state")
    open_ones = Invitation.objects.filter(accepted_at=None, revoked_at=None).select_related("invited_by")
    return list(open_ones.annotate(mail_state=Subquery(mail_state)))


def tokens_seen_by(access: Access) -> QuerySet[ApiToken]:
    """A member's own tokens; all of the workspace's for who manages it."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.select_related("person")
    return tokens if access.may(Right.MANAGE) else tokens.filter(person_id=access.person_id)


def switches() -> list[KillSwitch]:
    """Every switch that can bind here, the widest level first."""
    order = {level: place for place, level in enumerate(KillSwitch.Level.values)}
    return sorted(KillSwitch.objects.select_related("set_by"), key=lambda one: (order[one.level], one.key))


def members_named(words: str, at_most: int) -> list[Membership]:
    """Members whose name or e-mail holds the words."""
    named = Q(person__name__icontains=words) | Q(person__email__icontains=words)
    return list(Membership.objects.select_related("person").filter(named)[:at_most])


def newest_jobs(at_most: int) -> list[Job]:
    return list(Job.objects.all()[:at_most])


def audit_head() -> AuditHead | None:
    return AuditHead.objects.first()


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which entries of the audit trail are asked for. Days are whole days of UTC, both included."""

    action: str = ""
    person: UUID | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    target: str = ""


EVERYTHING = TrailFilter()


def audit_entries(asked: TrailFilter = EVERYTHING) -> QuerySet[AuditEntry]:
    """The entries asked for, newest first, each with who did it, where that is still known."""
    person = Person.objects.filter(pk=OuterRef("detail__person_id"), deleted_at=None)
    known: dict[str, Any] = {"who": Subquery(person.values("name")), "who_mail": Subquery(person.values("email"))}
    entries: Any = AuditEntry.objects.annotate(**known).order_by("-sequence")
    if asked.action:
        entries = entries.filter(action__startswith=asked.action)
    if asked.person:
        entries = entries.filter(detail__person_id=asked.person)
    if asked.since:
        entries = entries.filter(at__gte=dt.datetime.combine(asked.since, dt.time(), dt.UTC))
    if asked.until:
        # The last day of all has no next one.
        entries = entries.filter(at__lte=dt.datetime.combine(asked.until, dt.time.max, dt.UTC))
    if asked.target:
        entries = entries.filter(target__icontains=asked.target)
    return entries


def audit_trail(*, before: int | None, at_most: int, asked: TrailFilter = EVERYTHING) -> list[AuditEntry]:
    """So many of them, older than a link of the chain."""
    entries = audit_entries(asked)
    if before is not None:
        entries = entries.filter(sequence__lt=before)
    return list(entries[:at_most])


def has_signed_in_from(email: str, address: str, *, now: dt.datetime) -> bool:
    """True when the person with this log-in came in from this address within a month."""
    return SignIn.objects.filter(person__email=email, address=address, at__gt=now - dt.timedelta(days=30)).exists()


def sessions_of(person: Person, *, now: dt.datetime) -> list[UserSession]:
    """Where the person is signed in, the last seen first."""
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    return list(UserSession.objects.filter(user=person, session_key__in=alive).order_by("-last_seen_at", "-pk"))


def sign_ins_of(person: Person, *, at_most: int) -> list[SignIn]:
    return list(SignIn.objects.filter(person=person)[:at_most])


def has_accepted(person: Person, name: str) -> bool:
    """True when the person accepted the document's current version."""
    document = document_named(name)
    return Consent.objects.filter(person=person, document=name, version=document.current).exists()


def consents_of(person: Person) -> list[Consent]:
    return list(Consent.objects.filter(person=person))


def documents_waiting(person: Person, moment: Moment) -> list[Document]:
    """Those whose current version the person has not accepted."""
    accepted = set(Consent.objects.filter(person=person).values_list("document", "version"))
    return [document for document in documents_due(moment) if (document.name, document.current) not in accepted]


def exports_of(person: Person, *, now: dt.datetime) -> list[DataExport]:
    """The newest exports; one whose day is over is gone, though the sweep has not come by yet."""
    exports = list(DataExport.objects.filter(person=person)[:10])
    for export in exports:
        if export.state == DataExport.State.READY and export.expires_at is not None and export.expires_at <= now:
            export.state = export.after(DataExport.Happening.EXPIRED)
    return exports


def notifications_of(person_id: UUID, *, family: str, before: UUID | None, at_most: int) -> list[Notification]:
    """What the person was told in the scope's workspace, newest first; keys grow with time."""
    rows = Notification.objects.filter(person_id=person_id)
    if family:
        rows = rows.filter(event__startswith=f"{family}.")
    if before is not None:
        mark = Notification.objects.filter(pk=before, person_id=person_id).values_list("created_at", flat=True).first()
        if mark is not None:
            rows = rows.filter(Q(created_at__lt=mark) | Q(created_at=mark, pk__lt=before))
    return list(rows[:at_most])


def unread_count(person_id: UUID) -> str:
    """For the bell: a figure, and from a hundred on no exact one."""
    count = Notification.objects.filter(person_id=person_id, read_at=None)[:100].count()
    return str(count) if count < 100 else "99+"


def channels_of(person_id: UUID) -> list[NotificationChannel]:
    return list(NotificationChannel.objects.filter(person_id=person_id))


def has_log_in(email: str) -> bool:
    """True when somebody here logs in with the address, or has it among his, confirmed or not."""
    known = Person.objects.filter(email__iexact=email).exists()
    return bool(known or EmailAddress.objects.filter(email__iexact=email).exists())


def confirmed_addresses(person: Person) -> list[str]:
    """The addresses that a person may be mailed at: his log-in's first."""
    others = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    return [person.email, *sorted({one.lower() for one in others} - {person.email})]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a message, whatever kind of channel carried it."""

    at: dt.datetime
    error: str
    status: int | None = None
    answer: str = ""
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message over a channel with the log of its attempts."""

    message: NoticeMessage
    next_attempt_at: dt.datetime | None
    error: str
    attempts: list[Attempt]


def messages_of(channel: NotificationChannel, *, at_most: int) -> list[SentMessage]:
    """The newest messages over a channel: each attempt, the answer, the error, when the next one is due."""
    found = list(NoticeMessage.objects.filter(channel=channel).select_related("notification")[:at_most])
    deliveries = {
        one.pk: one
        for one in Delivery.objects.filter(
            pk__in=[one.delivery_id for one in found if one.delivery_id]
        ).prefetch_related("log")
    }
    return [_sent(message, deliveries.get(message.delivery_id)) for message in found]


def _sent(message: NoticeMessage, delivery: Delivery | None) -> SentMessage:
    if delivery is None:
        attempts = [Attempt(dt.datetime.fromisoformat(one["at"]), one["error"]) for one in message.log]
        return SentMessage(message, message.next_attempt_at, message.last_error, attempts)
    attempts = [Attempt(one.at, one.error, one.status, one.answer, one.milliseconds) for one in delivery.log.all()]
    return SentMessage(message, delivery.next_attempt_at, delivery.last_error, attempts)


def with_workspace_name(rows: Any) -> Any:
    """The rows, each with the name of the workspace whose key it carries; for operators, who see all of them."""
    name = Workspace.objects.filter(pk=OuterRef("workspace_id")).values("name")
    return rows.annotate(workspace_name=Subquery(name))


@dataclass(frozen=True, slots=True)
class Known:
    """What an operator may know of a person's log-in: kinds and places, never a secret."""

    addresses: list[str]
    factors: list[str]
    sessions: list[UserSession]
    memberships: list[Membership]


_FACTOR = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def known_of_person(person: Person) -> Known:
    """Read in the operator's scope."""
    addresses = [
        f"{one.email} ({'confirmed' if one.verified else 'not confirmed'})"
        for one in EmailAddress.objects.filter(user=person).order_by("-primary", "email")
    ]
    return Known(
        addresses,
        [_FACTOR[one.type] for one in Authenticator.objects.filter(user=person).order_by("created_at", "pk")],
        list(UserSession.objects.filter(user=person).order_by("-last_seen_at")),
        list(Membership.objects.filter(person=person).select_related("workspace").order_by("workspace__name")),
    )
