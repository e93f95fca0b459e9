"""Many new rows at once by COPY: a catalogue of a hundred thousand is not inserted value by value."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection, models
from psycopg import sql


def copy_rows(rows: Iterable[models.Model], model: type[models.Model]) -> None:
    """Adds the rows as they are. Whoever calls has looked at their values: no field of Django's checks them here."""
    fields = model._meta.concrete_fields
    is_json = [isinstance(field, models.JSONField) for field in fields]
    columns: list[sql.Composable] = [sql.Identifier(str(field.column)) for field in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(columns)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            values: list[Any] = [getattr(row, field.attname) for field in fields]
            copy.write_row(
                [
                    orjson.dumps(value).decode() if plain and value is not None else value
                    for value, plain in zip(values, is_json, strict=True)
                ]
            )
