"""Months that are over go from the database into files, and what was corrected since goes into the file again."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from instruments.domain.bars import each_once, joined
from instruments.models import CandleFile, CandleSeries
from instruments.stored import read_file, rows_of, store
from kernel.bars import Interval
from kernel.logs.setup import get_logger
from kernel.tenancy.scope import operator

log = get_logger(__name__)

#: How long bars stay in the database: long bars are few, and a file for each month of them would not pay.
_RECENT = (
    (dt.timedelta(hours=1), dt.timedelta(days=31)),
    (dt.timedelta(days=1), dt.timedelta(days=366)),
)
_RECENT_DAYS = dt.timedelta(days=3_653)
#: Younger than this, a file that no row names may be one that is being put there.
_ORPHAN_AFTER = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MonthDue:
    series: CandleSeries
    month: dt.date


def kept_in_database(interval: Interval) -> dt.timedelta:
    """How far back a month's end must lie before the month goes into a file."""
    return next((recent for shorter_than, recent in _RECENT if interval.length < shorter_than), _RECENT_DAYS)


def file_closed_months(*, now: dt.datetime) -> int:
    """Files every month that is due; how many. One that is broken holds back no other."""
    due = months_due(now=now)
    filed = 0
    for one in due:
        try:
            filed += file_month(one.series, one.month, now=now) is not None
        except Exception:
            # A broken file of one series is said where it is read; the others go on.
            log.exception("candles.not_filed", series=str(one.series.pk), month=str(one.month))
    return filed


_DUE = """
SELECT DISTINCT date_trunc('month', start AT TIME ZONE 'UTC')::date FROM instruments_candle
WHERE listing_id = %s AND "interval" = %s AND start < %s ORDER BY 1
"""


def months_due(*, now: dt.datetime, only: CandleSeries | None = None) -> list[MonthDue]:
    """Months of which bars lie in the database that should lie in files."""
    found = []
    for series in [only] if only else CandleSeries.objects.exclude(first=None).order_by("pk"):
        oldest = now - kept_in_database(Interval(series.interval))
        before = oldest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [series.listing_id, series.interval, before])
            found += [MonthDue(series, month) for (month,) in cursor.fetchall()]
    return found


def file_month(series: CandleSeries, month: dt.date, *, now: dt.datetime) -> CandleFile | None:
    """The month's file with what lay in the database, which is then no longer there; None when nothing did.

    1. The series is locked, so that nobody writes bars meanwhile.
    2. A file with every revision is written, synced and named.
    3. One transaction names it as the file that counts and takes the rows from the database: killed before its commit,
       the file is nobody's and the rows are there; after it, the file has them all.
    """
    from instruments.adapters.parquet import write_bars_file  # noqa: PLC0415 - pyarrow, where a file is written

    first = dt.datetime.combine(month, dt.time(), tzinfo=dt.UTC)
    last = (first + dt.timedelta(days=31)).replace(day=1)
    with operator():
        series = CandleSeries.objects.select_for_update(no_key=True).get(pk=series.pk)
        rows = rows_of(series, first, last)
        if not len(rows):
            return None
        before = CandleFile.objects.filter(series=series, month=month).first()
        bars = each_once(joined([rows] if before is None else [read_file(before), rows]))
        written = write_bars_file(store(), f"{series.listing_id}/{series.interval}/{month:%Y-%m}", bars)
        values = {"name": written.name, "digest": written.digest, "size": written.size, "rows": len(bars)}
        file, _ = CandleFile.objects.update_or_create(
            series=series, month=month, defaults={**values, "written_at": now}
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT instruments_forget_filed_candles(%s, %s)", [file.pk, len(rows)])
    return file


def sweep_files(*, now: dt.datetime) -> int:
    """Deletes files that no row names; how many. A reader that still looks for one finds its follower's name."""
    named = set(CandleFile.objects.values_list("name", flat=True))
    swept = 0
    folder = store()
    for path in sorted(folder.glob("*/*/*")):
        is_old = now.timestamp() - path.stat().st_mtime > _ORPHAN_AFTER.total_seconds()
        if is_old and str(path.relative_to(folder)) not in named:
            path.unlink(missing_ok=True)
            swept += 1
    return swept
