"""Works as the owner of the tables for a while: migrations, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connections

from kernel.tenancy.scope import OWNER_ROLE


@contextmanager
def as_owner() -> Iterator[None]:
    """The default connection, logged in as (or for) the owner role; the app's log-in comes back afterwards."""
    connection = connections["default"]
    before = dict(connection.settings_dict)
    owner = settings.OWNER_DATABASE or {"OPTIONS": {"options": f"-c role={OWNER_ROLE}"}}
    connection.close()
    connection.settings_dict.update({name: value for name, value in owner.items() if name != "NAME"})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
