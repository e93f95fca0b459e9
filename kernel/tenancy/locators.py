"""Calls the locator functions: the only look-ups that work before a tenant is known. They return ids only."""

from typing import Any

from django.db import connection


def locate(function: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """The rows of ids that the locator function answers; its migration names it and what it may read."""
    if not function.startswith("locate_") or not function.isidentifier():
        raise ValueError(f"not a locator function: {function!r}")
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({marks})", arguments)  # noqa: S608 - the name is checked above
        return cursor.fetchall()
