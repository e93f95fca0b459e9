"""What operators see of tenants: read-only, and never a secret."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import ApiToken, AuditEntry, KillSwitch, Mail, Membership, Person, Workspace
from kernel.models import Job, WorkerHeartbeat


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looks and changes nothing; changes go through services, which leave a trail."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Person)
class PersonAdmin(ReadOnly):
    list_display = ("email", "name", "is_active", "is_staff", "joined_at", "last_login")
    search_fields = ("email", "name")
    exclude = ("password",)


@admin.register(Workspace)
class WorkspaceAdmin(ReadOnly):
    list_display = ("name", "slug", "kind", "created_at")
    search_fields = ("name", "slug")


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ("person", "workspace", "role", "can_trade", "joined_at")
    list_select_related = ("person", "workspace")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    list_display = ("name", "prefix", "person", "workspace", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("person", "workspace")
    exclude = ("digest",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("sequence", "workspace_id", "at", "action", "target")
    list_filter = ("action",)
    exclude = ("detail_digest", "previous_hash", "entry_hash")


@admin.register(KillSwitch)
class KillSwitchAdmin(ReadOnly):
    list_display = ("level", "key", "workspace", "state", "reason", "set_at")
    list_select_related = ("workspace",)


@admin.register(Mail)
class MailAdmin(ReadOnly):
    """State and error; the words are sealed, and nobody's here."""

    list_display = ("subject", "to", "state", "attempts", "last_error", "next_attempt_at", "created_at", "finished_at")
    list_filter = ("state",)
    exclude = ("body",)


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("title", "workspace_id", "state", "queue", "done", "total", "attempts", "created_at")
    list_filter = ("state", "queue", "kind")


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnly):
    list_display = ("name", "queues", "started_at", "seen_at")
