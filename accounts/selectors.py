"""Reads, always inside a tenant's scope, but for the locators' ids."""

import datetime as dt
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import OuterRef, Q, Subquery

from accounts.domain.documents import Document, Moment, document_named, documents_due
from accounts.models import AuditEntry, AuditHead, Consent, DataExport, Membership, Person, SignIn, Workspace
from kernel.jobs.models import Job
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant


def workspaces_of(person_id: UUID) -> list[Workspace]:
    """The workspaces a person may enter, by name."""
    found = []
    for (workspace_id,) in locate("locate_memberships", person_id):
        with tenant(workspace_id):
            found.append(Workspace.objects.get(pk=workspace_id))
    return sorted(found, key=lambda workspace: (workspace.name.casefold(), workspace.pk))


def members_of_workspace() -> list[Membership]:
    return list(Membership.objects.select_related("person"))


def members_named(words: str, at_most: int) -> list[Membership]:
    """Members whose name or e-mail holds the words."""
    named = Q(person__name__icontains=words) | Q(person__email__icontains=words)
    return list(Membership.objects.select_related("person").filter(named)[:at_most])


def newest_jobs(at_most: int) -> list[Job]:
    return list(Job.objects.all()[:at_most])


def audit_head() -> AuditHead | None:
    return AuditHead.objects.first()


def audit_trail(*, before: int | None, at_most: int) -> list[AuditEntry]:
    """Entries newest first, each with the name of who did it, where that is still known."""
    who = Person.objects.filter(pk=OuterRef("detail__person_id")).values("name")
    entries = AuditEntry.objects.annotate(who=Subquery(who))
    if before is not None:
        entries = entries.filter(sequence__lt=before)
    return list(entries.order_by("-sequence")[:at_most])


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
