"""Splits and dividends of a CSV: `manage.py import_corporate_actions FILE`, all of its rows or none.

The first row names the columns: instrument, kind, ex_date, figure, and if one likes currency and venue. What each holds
is told by `manage.py add_corporate_action --help`. A file that was imported before adds nothing.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from instruments.domain.source_names import BadSourceName, source_name
from instruments.services.action_files import BadFile, import_actions
from instruments.services.corporate_actions import counted
from kernel import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="file", help="by whom they are told; kept with each of them")

    def handle(self, *args: Any, **told: Any) -> None:
        try:
            rows = import_actions(told["file"], source=source_name(told["source"]), now=clock.now())
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {told['file']}.") from error
        except (BadFile, BadSourceName, OSError) as error:
            raise CommandError(str(error)) from error
        new, there = counted(rows)
        self.stdout.write(f"{new:,} new, {there:,} there already.")
