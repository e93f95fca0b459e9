"""The plain way out: every column of every row, but for what is secret; the plain end: deleted."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from accounts.registries import Eraser, Exporter
from kernel.encryption.fields import EncryptedField

#: Deleted in one transaction: a job that dies loses no more than this.
BATCH = 5_000


def plain(value: Any) -> Any:
    """The value as JSON can hold it exactly."""
    if value is None or isinstance(value, str | int | bool | list | dict):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"no plain form for {type(value).__name__}")


def exporter_of(model: type[models.Model], *, leave_out: Iterable[str] = ()) -> Exporter:
    """Every row of the scope's workspace; encrypted columns and those left out are not in it."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not isinstance(field, EncryptedField) and field.name not in set(leave_out)
    ]

    def export() -> Iterable[dict[str, Any]]:
        for row in model._default_manager.order_by("pk").iterator(chunk_size=500):
            yield {field.attname: plain(getattr(row, field.attname)) for field in fields}

    return export


def deleter_of(model: type[models.Model]) -> Eraser:
    """Deletes the next batch of the scope's workspace's rows; how many went, with what hung on them."""

    def erase() -> int:
        keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True)[:BATCH])
        return model._default_manager.filter(pk__in=keys).delete()[0]

    return erase
