"""Opens a workspace to every address again: for owners who locked themselves out and have shown who they are."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Workspace
from accounts.services.audit import record
from kernel import clock
from kernel.tenancy.scope import operator, tenant


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the name in its address, /w/<workspace>/")

    def handle(self, *args: Any, **options: Any) -> None:
        with operator():
            found = Workspace.objects.filter(slug=options["workspace"]).first()
        if found is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        if not found.allowed_networks:
            self.stdout.write("It was open to every address.")
            return
        with tenant(found.pk):
            Workspace.objects.filter(pk=found.pk).update(allowed_networks=[])
            record(
                "workspace.networks_lifted",
                now=clock.now(),
                target=f"workspace:{found.pk}",
                facts={"by": "operator"},
                personal={"from": found.allowed_networks},
            )
        self.stdout.write(f"Open to every address; {len(found.allowed_networks)} networks were taken off the list.")
