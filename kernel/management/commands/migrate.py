"""Django's migrate, as the owner of the tables: the app's role cannot make any."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from kernel.tenancy.owner import as_owner


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            super().handle(*args, **options)
