"""`manage.py write_calendars`: the data of the calendars anew from the kept library, for a developer to commit."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from instruments.adapters.kept_calendars import ASKED, library_version, told_by_library
from instruments.domain import calendar_data
from instruments.domain.hours import written

_HEADER = """\
# Generated with exchange_calendars {version} (Apache-2.0) by manage.py write_calendars; not for editing.
# What we know better stands in {name}.ours.txt.
"""


class Command(BaseCommand):
    help = "Writes instruments/domain/calendar_data from the library exchange_calendars, which is installed for tests."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--last", type=dt.date.fromisoformat, default=dt.date(2027, 12, 31), help="the last day")
        parser.add_argument("--folder", type=Path, default=Path(calendar_data.__path__[0]))

    def handle(self, *args: Any, **told: Any) -> None:
        try:
            version = library_version()
        except ImportError as error:
            raise CommandError("exchange_calendars is not installed; `make install` brings it.") from error
        for asked in ASKED:
            known = told_by_library(asked, last=told["last"])
            text = _HEADER.format(version=version, name=asked.name) + written(known)
            (told["folder"] / f"{asked.name}.txt").write_text(text, "utf-8")
            self.stdout.write(f"{asked.name}: {known.first} to {known.last}, {len(known.days)} days that differ")
