"""Checks audit chains against themselves and against their anchors."""

from collections.abc import Callable, Iterator
from uuid import UUID

from accounts.domain.chain import Broken, Link, check_chain, digest_of_detail
from accounts.models import AuditDetail, AuditEntry, AuditHead
from accounts.models.audit import PLATFORM_CHAIN

BATCH = 1000


def check_workspace(
    workspace_id: UUID | None, anchored: dict[int, bytes], tell: Callable[[int], None] = lambda checked: None
) -> list[Broken]:
    """Every break of one chain, in a scope that sees it. `tell` hears how many entries were checked."""
    chain = str(workspace_id or PLATFORM_CHAIN)
    head = AuditHead.objects.filter(workspace_id=workspace_id).first()
    broken = list(
        check_chain(
            chain,
            _links(workspace_id, chain, tell),
            head=(head.sequence, bytes(head.entry_hash)) if head else None,
            anchored=anchored,
        )
    )
    return broken + list(_changed_details(workspace_id, chain))


def _links(workspace_id: UUID | None, chain: str, tell: Callable[[int], None]) -> Iterator[tuple[Link, bytes]]:
    entries = AuditEntry.objects.filter(workspace_id=workspace_id).order_by("sequence")
    for count, entry in enumerate(entries.iterator(chunk_size=BATCH), start=1):
        if count % BATCH == 0:
            tell(count)
        yield (
            Link(
                chain=chain,
                sequence=entry.sequence,
                at=entry.at,
                action=entry.action,
                target=entry.target,
                facts=entry.facts,
                detail_digest=bytes(entry.detail_digest),
                previous_hash=bytes(entry.previous_hash),
            ),
            bytes(entry.entry_hash),
        )


def _changed_details(workspace_id: UUID | None, chain: str) -> Iterator[Broken]:
    """A shredded side row is as it should be; one whose content was changed is not."""
    details = AuditDetail.objects.filter(workspace_id=workspace_id).select_related("entry").order_by("entry__sequence")
    for detail in details.iterator(chunk_size=BATCH):
        digest = digest_of_detail(bytes(detail.salt), detail.personal, str(detail.person_id or ""))
        if digest != bytes(detail.entry.detail_digest):
            yield Broken(chain, detail.entry.sequence, "who did it, or from where, was changed")
