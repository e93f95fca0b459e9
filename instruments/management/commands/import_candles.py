"""Bars of a CSV or Parquet file into a series: `manage.py import_candles FILE --instrument BTC/USDT --interval 1h`.

The first row of a CSV names its columns: start (or time, date…), open, high, low, close, volume; others are left. Times
with a zone, or seconds since 1970, are taken as they are; those without one need --timezone, and days need none: they
name the session. Rows stand in the order of time, either way. A file with a fault is not kept at all, and the row is
named; a file that was imported before changes nothing.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from instruments.domain.candles import BadCandle
from instruments.domain.source_names import source_name
from instruments.selectors import NoSuchListing, listing_meant
from instruments.services.importing import FileChanged, import_candles
from kernel import clock
from kernel.bars import Interval


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--instrument", required=True, help="its code (BTC/USDT), a venue's symbol, or its id")
        parser.add_argument("--interval", required=True, help="1m, 5m, 1h, 1d")
        parser.add_argument("--venue", default="", help="whose listing it is, where several list it")
        parser.add_argument("--source", default="file", help="by whom the bars are told; kept with each of them")
        parser.add_argument("--timezone", default="", help="of times that name none: UTC, Asia/Kolkata")

    def handle(self, *args: Any, **told: Any) -> None:
        # pyarrow's reader; its exception is wanted here.
        from instruments.adapters.tables import NoTable  # noqa: PLC0415

        self._told_at = 0.0
        try:
            interval = Interval(told["interval"])
            listing = listing_meant(told["instrument"], venue=told["venue"])
            imported = import_candles(
                told["file"],
                listing,
                interval,
                source=source_name(told["source"]),
                now=clock.now(),
                zone=_zone(told["timezone"]),
                progress=self._say,
            )
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {told['file']}.") from error
        except (OSError, ValueError, BadCandle, NoTable, FileChanged, NoSuchListing) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{imported.rows:,} rows of {listing}, {interval.name}: {imported.new:,} new, {imported.revised:,} "
            f"corrected, {imported.unchanged:,} there already, {imported.unfinished:,} not over yet, "
            f"{imported.disagreeing:,} told otherwise by another source."
        )
        if imported.odd:
            self.stdout.write(
                f"{imported.odd:,} rows have a high or low that their other prices contradict; they are kept as told."
            )

    def _say(self, what: str, rows: int) -> None:
        if clock.monotonic() - self._told_at >= 1:
            self._told_at = clock.monotonic()
            self.stderr.write(f"{what}: {rows:,}")


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CommandError(f"There is no time zone {name[:40]!r}; one is written like Asia/Kolkata or UTC.") from error
