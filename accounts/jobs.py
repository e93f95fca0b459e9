"""Jobs of this app."""

from typing import Any

from accounts.models import AuditHead
from accounts.services import closing, exports
from accounts.services.anchors import read_anchors
from accounts.services.audit_check import check_workspace
from kernel.jobs.kinds import Kind, register_kind
from kernel.jobs.run import JobRefused, Run


def check_audit(run: Run) -> dict[str, Any]:
    """Checks the workspace's own audit chain, for a member who wants to know."""
    anchors = read_anchors()
    with run.scope():
        head = AuditHead.objects.filter(workspace_id=run.workspace_id).first()
        total = head.sequence if head else 0
    run.progress(0, max(total, 1), "reading the chain")
    with run.scope():
        broken = check_workspace(run.workspace_id, anchors.hashes.get(str(run.workspace_id), {}))
    if broken:
        raise JobRefused(f"Entry {broken[0].sequence}: {broken[0].reason}. {len(broken)} in all; tell the operator.")
    run.progress(max(total, 1), max(total, 1), "every entry holds")
    return {"entries": total, "anchored_at": anchors.last_at.isoformat() if anchors.last_at else None}


def register() -> None:
    register_kind(Kind("accounts.check_audit", "Check the audit trail", check_audit))
    register_kind(Kind(exports.KIND, "Pack a person's data", exports.pack_export))
    register_kind(
        Kind(closing.ERASE_WORKSPACE, "Erase a workspace", closing.erase_workspaces, max_attempts=closing.MOST_ATTEMPTS)
    )
    register_kind(
        Kind(closing.ERASE_PERSON, "Erase an account", closing.erase_person, max_attempts=closing.MOST_ATTEMPTS)
    )
