"""Makes the roles and the database, migrates, and with --demo fills the demo workspace. Safe to run again."""

from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.tenancy.roles import UnsuitableDatabase, prepare_database


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo workspace and its log-in")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            prepare_database(
                admin_url=settings.ADMIN_DATABASE_URL or settings.OWNER_DATABASE_URL or settings.DATABASE_URL,
                owner_url=settings.OWNER_DATABASE_URL,
                app_url=settings.DATABASE_URL,
            )
        except UnsuitableDatabase as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        if options["demo"]:
            if "demo" not in get_commands():
                raise CommandError("This build has no demo.")
            if "load_lists" in get_commands():
                call_command("load_lists")
            call_command("demo")
