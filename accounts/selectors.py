"""Reads, always inside a tenant's scope, but for the locators' ids."""

from uuid import UUID

from accounts.models import Membership, Workspace
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
