"""Workspaces, memberships, tokens, switches, jobs: exported whole, deleted whole."""

from accounts.data.rows import deleter_of, exporter_of
from accounts.models import ApiToken, Invitation, KillSwitch, Membership, Workspace
from accounts.registries import Erasure, register_data
from kernel.models import Job


def register() -> None:
    for model, leave_out in (
        (Workspace, ()),
        (Membership, ()),
        (ApiToken, ("digest",)),
        (Invitation, ("digest",)),
        (Job, ()),
    ):
        register_data(
            model,
            exporter=exporter_of(model, leave_out=leave_out),
            erasure=Erasure.DELETE,
            eraser=deleter_of(model),
        )
    register_data(KillSwitch, exporter=exporter_of(KillSwitch), erasure=Erasure.DELETE, eraser=_delete_own_switches)


def _delete_own_switches() -> int:
    """The platform's rows are readable here, and not ours to delete."""
    return KillSwitch.objects.filter(workspace__isnull=False).delete()[0]
