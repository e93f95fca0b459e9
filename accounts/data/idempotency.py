"""Idempotency keys: exported without the sealed answers, deleted whole, those of money too."""

from accounts.data.rows import deleter_of, exporter_of
from accounts.registries import Erasure, register_data
from kernel.models import IdempotencyKey


def register() -> None:
    register_data(
        IdempotencyKey,
        exporter=exporter_of(IdempotencyKey),
        erasure=Erasure.DELETE,
        eraser=deleter_of(IdempotencyKey),
    )
