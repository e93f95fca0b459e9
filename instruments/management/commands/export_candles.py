"""A series into a CSV or Parquet file: `manage.py export_candles FILE.csv --instrument BTC/USDT --interval 1h`.

Times are in UTC; each bar names its source and the moment from which it was known. `import_candles` reads the file.
"""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from instruments.selectors import NoSuchListing, listing_meant
from instruments.services.exporting import NothingKept, export_candles
from kernel.bars import Interval


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--instrument", required=True, help="its code (BTC/USDT), a venue's symbol, or its id")
        parser.add_argument("--interval", required=True, help="1m, 5m, 1h, 1d")
        parser.add_argument("--venue", default="", help="whose listing it is, where several list it")
        parser.add_argument("--since", type=_moment, help="the first start: 2026-11-20 or 2026-11-20T09:30, UTC")
        parser.add_argument("--until", type=_moment, help="the start that is no longer in it")
        parser.add_argument("--adjusted", action="store_true", help="with splits and dividends reckoned in")

    def handle(self, *args: Any, **told: Any) -> None:
        path: Path = told["file"]
        if path.suffix.lower() not in {".csv", ".parquet", ".pq"}:
            raise CommandError(f"{path.name} ends in neither .csv nor .parquet.")
        try:
            interval = Interval(told["interval"])
            listing = listing_meant(told["instrument"], venue=told["venue"])
            written = export_candles(
                path, listing, interval, since=told["since"], until=told["until"], is_adjusted=told["adjusted"]
            )
        except (OSError, ValueError, NoSuchListing, NothingKept) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{written:,} bars of {listing}, {interval.name}, are in {path}.")


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
