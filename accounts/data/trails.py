"""The audit trail is exported whole; on deletion its personal side rows are shredded and the chain stays."""

from collections.abc import Iterable
from typing import Any

from accounts.data.rows import BATCH, exporter_of
from accounts.models import AuditDetail, AuditEntry, AuditHead
from accounts.registries import Erasure, register_data


def register() -> None:
    register_data(
        AuditEntry, exporter=exporter_of(AuditEntry), erasure=Erasure.PSEUDONYMISE, eraser=_kept_without_names
    )
    register_data(AuditDetail, exporter=exporter_of(AuditDetail), erasure=Erasure.SHRED, eraser=_shred_details)
    register_data(AuditHead, exporter=_nothing, erasure=Erasure.PSEUDONYMISE, eraser=_kept_without_names)


def _kept_without_names() -> int:
    """Nothing to do: these rows name nobody once the side rows are gone."""
    return 0


def _shred_details() -> int:
    keys = list(AuditDetail.objects.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return AuditDetail.objects.filter(pk__in=keys).delete()[0]


def _nothing() -> Iterable[dict[str, Any]]:
    """A head repeats its last entry."""
    return ()
