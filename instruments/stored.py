"""What is kept of a series, wherever it lies: closed months in files, the rest and every correction in the database."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from instruments.domain.bars import Bars, MissingFile, each_once, joined, last_revisions, moment64, no_bars
from instruments.models import CandleFile, CandleSeries

#: PostgreSQL counts microseconds from here.
_POSTGRES_EPOCH = np.datetime64("2000-01-01", "us").astype(np.int64)
_TRIES = 5
_TICK = dt.timedelta(microseconds=1)


class Unsettled(RuntimeError):
    """Rows name sources that their series does not. Nothing is told of them."""


def store() -> Path:
    return Path(settings.CANDLE_STORE)


def read_series(
    series: CandleSeries, since: dt.datetime, until: dt.datetime, *, as_known_at: dt.datetime | None = None
) -> Bars:
    """Each bar by its last revision, or by the last that was known then."""
    everything = read_revisions(series, since, until)
    return last_revisions(everything, known_at=None if as_known_at is None else moment64(as_known_at))


def read_revisions(series: CandleSeries, since: dt.datetime, until: dt.datetime) -> Bars:
    """Every revision of every bar that starts from `since` on and before `until`.

    The database is read first, the list of files after it. What is moved into a file in between is then found twice and
    kept once; the other way round it would be found nowhere.
    """
    rows = rows_of(series, since, until)
    files = [one.between(moment64(since), moment64(until)) for one in _files(series, since, until)]
    return each_once(joined([*files, rows]))


def rows_of(series: CandleSeries, since: dt.datetime, until: dt.datetime) -> Bars:
    """What of it lies in the database, in no order."""
    for _ in range(_TRIES):
        rows = _rows(series, since, until)
        if rows is not None:
            return rows
        series.refresh_from_db(fields=["sources"])
    raise Unsettled(f"The series {series} names its sources more slowly than they come.")


def read_file(file: CandleFile) -> Bars:
    # pyarrow takes 60 MB and a fifth of a second; a process that reads no file has no need of it.
    from instruments.adapters import parquet  # noqa: PLC0415

    return parquet.read_bars_file(store(), parquet.Written(file.name, file.digest, file.size))


def _files(series: CandleSeries, since: dt.datetime, until: dt.datetime) -> Iterator[Bars]:
    if since >= until:
        return
    first, last = since.astimezone(dt.UTC).date().replace(day=1), (until - _TICK).astimezone(dt.UTC).date()
    for file in CandleFile.objects.filter(series=series, month__gte=first, month__lte=last).order_by("month"):
        yield _read_or_its_follower(file)


def _read_or_its_follower(file: CandleFile) -> Bars:
    """A month that was compacted again since its row was read has another file now."""
    try:
        return read_file(file)
    except MissingFile:
        now = CandleFile.objects.get(pk=file.pk)
        if now.name == file.name:
            raise
        return read_file(now)


# One value of bytes for each column: PostgreSQL writes them in its own binary form, numpy reads them as they are.
_ROWS = """
SELECT count(*), string_agg(timestamptz_send(start), ''), string_agg(timestamptz_send(known_at), ''),
    string_agg(float8send(open), ''), string_agg(float8send(high), ''), string_agg(float8send(low), ''),
    string_agg(float8send(close), ''), string_agg(float8send(volume), ''), string_agg(int2send(revision), ''),
    string_agg(int2send(coalesce(array_position(%(sources)s::varchar[], source), 0)::int2), '')
FROM instruments_candle
WHERE listing_id = %(listing)s AND "interval" = %(interval)s AND start >= %(since)s AND start < %(until)s
"""


def _rows(series: CandleSeries, since: dt.datetime, until: dt.datetime) -> Bars | None:
    """What lies in the database, in no order; None when a source is among it that the series did not name yet."""
    values: dict[str, Any] = {
        "listing": series.listing_id,
        "interval": series.interval,
        "since": since,
        "until": until,
        "sources": list(series.sources),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, values)
        found = cursor.fetchone()
    if found is None or not found[0]:
        return no_bars()
    start, known_at, opened, high, low, close, volume, revision, source = (memoryview(one) for one in found[1:])
    codes = np.frombuffer(source, ">i2").astype(np.int16) - np.int16(1)
    if (codes < 0).any():
        return None
    moments = {"start": start, "known_at": known_at}
    figures = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    arrays = {
        **{name: (np.frombuffer(one, ">i8") + _POSTGRES_EPOCH).view("M8[us]") for name, one in moments.items()},
        **{name: np.frombuffer(one, ">f8").astype(np.float64) for name, one in figures.items()},
        "revision": np.frombuffer(revision, ">i2").astype(np.int16),
        "source_codes": codes,
    }
    return Bars.of(arrays, tuple(series.sources))
