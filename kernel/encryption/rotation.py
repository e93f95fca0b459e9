"""Re-wraps every record under the ring's write key: in batches, resumable, while everything runs.

A record that is not yet under the write key is work to do, so a rotation that was killed goes on where it stopped.
Each row is replaced only if it is still the one that was read: a secret changed meanwhile is never overwritten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from kernel.encryption.envelope import VERSION, rewrap
from kernel.encryption.fields import EncryptedField
from kernel.encryption.keyring import UnknownKey, WrongKey, key_ring
from kernel.tenancy.scope import operator

BATCH = 500


@dataclass(slots=True)
class Rotation:
    """How far the rotation of one field is."""

    field: str
    total: int
    rewrapped: int = 0
    changed_meanwhile: int = 0
    unopened: int = 0


def encrypted_fields() -> list[EncryptedField]:
    return [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedField)
    ]


def rotate(field: EncryptedField, tell: Callable[[Rotation], None], batch: int = BATCH) -> Rotation:
    """Re-wraps every record of the field; tells after each batch how far it is."""
    model = field.model
    stale = model._base_manager.exclude(Q(**{f"{field.name}__isnull": True})).exclude(
        **{f"{field.name}__startswith": f"{VERSION}.{key_ring().write_key_id}."}
    )
    with operator():
        progress = Rotation(f"{model._meta.label}.{field.name}", stale.count())
    after = None
    while True:
        with operator():
            rows = stale if after is None else stale.filter(pk__gt=after)
            read = list(rows.order_by("pk")[:batch])
            if not read:
                break
            after = read[-1].pk
            _rewrap_batch(field, read, progress)
        tell(progress)
    return progress


def _rewrap_batch(field: EncryptedField, read: list[models.Model], progress: Rotation) -> None:
    pairs = list(_rewrapped(field, read, progress))
    if not pairs:
        return
    table, column = connection.ops.quote_name(field.model._meta.db_table), field.column
    key = field.model._meta.pk
    assert key is not None
    marks = ", ".join(["(%s, %s, %s)"] * len(pairs))
    cast = key.db_type(connection)
    statement = (
        f"UPDATE {table} AS row SET {column} = pair.fresh "  # noqa: S608 - names come from the model
        f"FROM (VALUES {marks}) AS pair (key, stale, fresh) "
        f"WHERE row.{key.column} = pair.key::{cast} AND row.{column} = pair.stale"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for pair in pairs for value in pair])
        progress.rewrapped += cursor.rowcount
        progress.changed_meanwhile += len(pairs) - cursor.rowcount


def _rewrapped(field: EncryptedField, read: list[models.Model], progress: Rotation) -> Iterator[tuple[str, str, str]]:
    for row in read:
        envelope = row.__dict__[field.attname]
        try:
            fresh = rewrap(envelope, key_ring(), field.owner_of(row))
        except (UnknownKey, WrongKey):
            progress.unopened += 1
            continue
        yield str(row.pk), str(envelope), str(fresh)
