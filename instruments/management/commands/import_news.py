"""News out of a file: `manage.py import_news FILE --source NAME`.

A feed that was saved (RSS, Atom, JSON Feed), CSV or JSON lines. A CSV's first line names its columns: title, and any
of date, link, summary, symbols, id, language. Times without a zone are UTC. A file with a fault is not kept at all, and
the row is named; a file that was imported before changes nothing.

Whoever decides as of a moment of the past reads an item from --delay after it was published on: write how long after
that you would have had it.
"""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from instruments.models.news import LONGEST_SOURCE
from kernel import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="by whom the items are told; shown with each of them")
        parser.add_argument(
            "--delay", type=int, default=15, help="minutes from when an item was published until it could be known (15)"
        )

    def handle(self, *args: Any, **told: Any) -> None:
        # The parsers and the catalogue's index; no other command needs them.
        from instruments.adapters.feeds import NewsFailure  # noqa: PLC0415
        from instruments.services.feeds import FeedNotKept, import_news  # noqa: PLC0415

        source, delay = str(told["source"]), int(told["delay"])
        if not (source.isprintable() and 0 < len(source) <= LONGEST_SOURCE and source == source.strip()):
            raise CommandError(f"A source's name has 1 to {LONGEST_SOURCE} letters.")
        if not 0 <= delay <= 7 * 24 * 60:
            raise CommandError("A delay is 0 minutes to a week.")
        try:
            stored = import_news(told["file"], source=source, delay=dt.timedelta(minutes=delay), now=clock.now())
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {told['file']}.") from error
        except (OSError, NewsFailure, FeedNotKept) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{stored.new:,} new, {stored.revised:,} told otherwise than before, {stored.unchanged:,} there already, "
            f"{stored.too_old:,} older than the {settings.NEWS_KEPT_DAYS:,} days that are kept. "
            f"{stored.matched:,} are about something in the catalogue."
        )
