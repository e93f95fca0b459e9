"""Adds to the audit trail. Called last in a service, inside its transaction: no act without its entry."""

import datetime as dt
import os
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.domain.chain import GENESIS, Link, digest_of_detail
from accounts.models import AuditDetail, AuditEntry, AuditHead
from accounts.models.audit import PLATFORM_CHAIN
from kernel.ids import new_id
from kernel.tenancy.scope import current_scope


def record(
    action: str,
    *,
    now: dt.datetime,
    person_id: UUID | None = None,
    target: str = "",
    facts: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
) -> AuditEntry:
    """The next link of the scope's chain. `facts` name no person; names and addresses go into `personal`."""
    workspace_id = current_scope().workspace_id
    head = _locked_head(workspace_id)
    salt, personal = os.urandom(16), personal or {}
    link = Link(
        chain=str(workspace_id or PLATFORM_CHAIN),
        sequence=head.sequence + 1,
        at=now,
        action=action,
        target=target,
        facts=facts or {},
        detail_digest=digest_of_detail(salt, personal, str(person_id or "")),
        previous_hash=bytes(head.entry_hash),
    )
    entry = AuditEntry.objects.create(
        workspace_id=workspace_id,
        sequence=link.sequence,
        at=now,
        action=action,
        target=target,
        facts=link.facts,
        detail_digest=link.detail_digest,
        previous_hash=link.previous_hash,
        entry_hash=link.hash(),
    )
    AuditDetail.objects.create(
        workspace_id=workspace_id, entry=entry, person_id=person_id, salt=salt, personal=personal
    )
    AuditHead.objects.filter(pk=head.pk).update(sequence=link.sequence, entry_hash=entry.entry_hash)
    return entry


def _locked_head(workspace_id: UUID | None) -> AuditHead:
    """The chain's head, locked until this transaction ends; made when the chain begins."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_audithead (id, workspace_id, sequence, entry_hash, anchored_sequence) "
            "VALUES (%s, %s, 0, %s, 0) "
            "ON CONFLICT DO NOTHING",
            [new_id(), workspace_id, GENESIS],
        )
    heads = AuditHead.objects.select_for_update(no_key=True)
    return heads.get(workspace_id=workspace_id) if workspace_id else heads.get(workspace_id__isnull=True)
