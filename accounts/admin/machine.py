"""Trails, jobs and workers of all workspaces."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from accounts.models import AuditEntry, Person
from accounts.operator_site import ReadOnly
from accounts.selectors import with_workspace_name
from kernel.models import Job, WorkerHeartbeat


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    group, title = "Machine", "Audit trail"
    list_display = ("action", "at", "target", "who", "workspace", "sequence")
    # Keys are made in the order of time, and have an index.
    ordering = ("-pk",)
    list_filter = ("action",)
    search_fields = ("target", "action")
    fields = ("action", "at", "target", "facts", "who", "workspace", "sequence")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        person = Person.objects.filter(pk=OuterRef("detail__person_id"))
        return with_workspace_name(super().get_queryset(request)).annotate(who_mail=Subquery(person.values("email")))

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        return entry.who_mail or ""  # type: ignore[attr-defined]

    @admin.display(description="chain")
    def workspace(self, entry: AuditEntry) -> str:
        return _workspace(entry)


@admin.register(Job)
class JobAdmin(ReadOnly):
    group, title = "Machine", "Jobs"
    list_display = ("title", "state", "workspace", "queue", "how_far", "attempts", "created_at")
    list_filter = ("state", "queue", "kind")
    fields = (
        "title",
        "kind",
        "state",
        "workspace",
        "queue",
        "how_far",
        "note",
        "error",
        "attempts",
        "created_at",
        "started_at",
        "ended_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_workspace_name(super().get_queryset(request))

    @admin.display(description="workspace")
    def workspace(self, job: Job) -> str:
        return _workspace(job)

    @admin.display(description="how far")
    def how_far(self, job: Job) -> str:
        return f"{job.done} of {job.total}" if job.total else "not begun"


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnly):
    group, title = "Machine", "Workers"
    list_display = ("name", "listens_to", "started_at", "seen_at")
    fields = ("name", "listens_to", "started_at", "seen_at")

    @admin.display(description="queues")
    def listens_to(self, worker: WorkerHeartbeat) -> str:
        return ", ".join(worker.queues)


def _workspace(row: Any) -> str:
    return row.workspace_name or ("platform" if row.workspace_id is None else "a workspace that is gone")
