"""What operators see of tenants: read-only, and never a secret."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import (
    ApiToken,
    AuditEntry,
    Consent,
    Invitation,
    KillSwitch,
    Membership,
    Person,
    SignIn,
    Workspace,
)
from kernel.models import Job, WorkerHeartbeat


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looks and changes nothing; changes go through services, which leave a trail."""

    #: A tenant's page is shut to operators, so there is nothing to lead to.
    view_on_site = False

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
    list_display = ("name", "slug", "kind", "networks", "created_at")
    search_fields = ("name", "slug")

    @admin.display(description="open to")
    def networks(self, workspace: Workspace) -> str:
        return ", ".join(workspace.allowed_networks) or "every address"


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ("person", "workspace", "role", "can_trade", "joined_at")
    list_select_related = ("person", "workspace")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    list_display = ("name", "prefix", "person", "workspace", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("person", "workspace")
    exclude = ("digest",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ("email", "workspace", "role", "can_trade", "created_at", "sent_at", "expires_at", "accepted_at")
    list_select_related = ("workspace",)
    search_fields = ("email",)
    exclude = ("digest",)


@admin.register(SignIn)
class SignInAdmin(ReadOnly):
    list_display = ("person", "at", "address", "way", "was_new")
    list_select_related = ("person",)
    list_filter = ("was_new",)
    search_fields = ("person__email", "address")


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ("person", "document", "version", "at", "address")
    list_select_related = ("person",)
    list_filter = ("document",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("sequence", "workspace_id", "at", "action", "target")
    list_filter = ("action",)
    exclude = ("detail_digest", "previous_hash", "entry_hash")


@admin.register(KillSwitch)
class KillSwitchAdmin(ReadOnly):
    list_display = ("level", "key", "workspace", "state", "reason", "set_at")
    list_select_related = ("workspace",)


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("title", "workspace_id", "state", "queue", "done", "total", "attempts", "created_at")
    list_filter = ("state", "queue", "kind")


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnly):
    list_display = ("name", "queues", "started_at", "seen_at")
