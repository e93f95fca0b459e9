"""Workspaces, who is in them, and what may act in their name."""

from django.contrib import admin

from accounts.models import ApiToken, Invitation, KillSwitch, Membership, Workspace
from accounts.operator_site import ReadOnly


@admin.register(Workspace)
class WorkspaceAdmin(ReadOnly):
    group, title = "Workspaces", "Workspaces"
    list_display = ("name", "slug", "kind", "networks", "created_at")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "kind", "networks", "created_at")

    @admin.display(description="open to")
    def networks(self, workspace: Workspace) -> str:
        return ", ".join(workspace.allowed_networks) or "every address"


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    group, title = "Workspaces", "Members"
    list_display = ("person", "workspace", "role", "trades", "joined_at")
    list_filter = ("role",)
    list_select_related = ("person", "workspace")
    search_fields = ("person__email", "workspace__name")
    fields = ("person", "workspace", "role", "trades", "joined_at")

    @admin.display(description="may trade")
    def trades(self, membership: Membership) -> str:
        return "yes" if membership.can_trade else "no"


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """The prefix is what its owner sees of it too; the secret was shown once and is nowhere."""

    group, title = "Workspaces", "API tokens"
    list_display = ("name", "prefix", "person", "workspace", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("person", "workspace")
    search_fields = ("prefix", "person__email")
    fields = (
        "name",
        "prefix",
        "person",
        "workspace",
        "rights",
        "networks",
        "paper",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
        "revoked_at",
    )

    @admin.display(description="rights")
    def rights(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="used from")
    def networks(self, token: ApiToken) -> str:
        return ", ".join(token.addresses) or "every address"

    @admin.display(description="paper only")
    def paper(self, token: ApiToken) -> str:
        return "yes" if token.is_paper_only else "no"


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    group, title = "Workspaces", "Invitations"
    list_display = ("email", "workspace", "role", "trades", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_select_related = ("workspace",)
    search_fields = ("email",)
    fields = (
        "email",
        "workspace",
        "role",
        "trades",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    )

    @admin.display(description="may trade")
    def trades(self, invitation: Invitation) -> str:
        return "yes" if invitation.can_trade else "no"


@admin.register(KillSwitch)
class KillSwitchAdmin(ReadOnly):
    group, title = "Workspaces", "Kill switches"
    list_display = ("level", "key", "workspace", "state", "reason", "set_by", "set_at")
    list_filter = ("level", "state")
    list_select_related = ("workspace", "set_by")
    fields = ("level", "key", "workspace", "state", "reason", "set_by", "set_at")
