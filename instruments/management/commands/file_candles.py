"""Puts months of candles that are long over into their files now, which the data worker does each hour by itself."""

from typing import Any

from django.core.management.base import BaseCommand

from instruments.services.filing import file_closed_months, sweep_files
from kernel import clock


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **told: Any) -> None:
        filed = file_closed_months(now=clock.now())
        swept = sweep_files(now=clock.now())
        self.stdout.write(f"{filed} months filed, {swept} files that no series names deleted.")
