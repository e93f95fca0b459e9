"""Bars out of a file, CSV or Parquet, as they stand in it: nothing sorted, nothing mended, nothing left out."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from instruments.domain.calendars import Calendar
from instruments.domain.quality.bars import Bars
from kernel.bars import Interval

_STARTS = ("timestamp", "start", "time", "datetime", "date")
_NAMES = {"open": ("open", "o"), "high": ("high", "h"), "low": ("low", "l"), "close": ("close", "c")}
_VOLUME = ("volume", "vol", "v")
_EMPTY = {"", "nan", "null", "none", "na", "n/a"}
_MS_FROM = 10_000_000_000


class UnreadableFile(ValueError):
    """The file has no bars that can be read; the message names the row or the column."""


def read_bars(path: Path, *, interval: Interval, calendar: Calendar) -> Bars:
    """Times without a zone are taken for UTC; a finding tells when they are not."""
    try:
        table = _of_parquet(path) if path.suffix.lower() in {".parquet", ".pq"} else _of_csv(path)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}") from error
    starts, open_, high, low, close, volume = table
    return Bars(starts, open_, high, low, close, volume, interval, calendar)


def _of_parquet(path: Path) -> tuple[NDArray[Any], ...]:
    table = pq.read_table(path)
    names = {name.strip().lower(): name for name in table.column_names}
    start = names[_found(_STARTS, names, path)]
    columns = [_moments(table[start], path)]
    for wanted in _NAMES.values():
        columns.append(table[names[_found(wanted, names, path)]].cast(pa.float64()).to_numpy(zero_copy_only=False))
    volume = next((names[name] for name in _VOLUME if name in names), None)
    columns.append(
        np.full(len(table), np.nan)
        if volume is None
        else table[volume].cast(pa.float64()).to_numpy(zero_copy_only=False)
    )
    return tuple(columns)


def _moments(column: pa.ChunkedArray, path: Path) -> NDArray[np.int64]:
    if column.null_count:
        raise UnreadableFile(f"{path.name}: {column.null_count} rows have no time.")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array([_second(text, row) for row, text in enumerate(column.to_pylist(), start=1)], np.int64)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.array([_second(str(value), row) for row, value in enumerate(column.to_pylist(), start=1)], np.int64)
    return column.to_numpy().astype("datetime64[s]").astype(np.int64)


def _of_csv(path: Path) -> tuple[NDArray[Any], ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(4096)
            file.seek(0)
            first = sample.partition("\n")[0]
            return _columns(csv.reader(file, delimiter=max(",;\t", key=first.count)), path)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path.name} is no text in UTF-8: {error.reason} at byte {error.start}.") from error


def _columns(lines: Iterable[Sequence[str]], path: Path) -> tuple[NDArray[Any], ...]:
    rows = iter(lines)
    header = [name.strip().lower() for name in next(rows, [])]
    places = [header.index(_found(wanted, header, path)) for wanted in (_STARTS, *_NAMES.values())]
    volume = next((header.index(name) for name in _VOLUME if name in header), None)
    starts: list[int] = []
    figures: list[list[float]] = []
    for number, row in enumerate(rows, start=2):
        if not row or not any(cell.strip() for cell in row):
            continue
        if [cell.strip().lower() for cell in row] == header:
            raise UnreadableFile(f"Row {number} is the header again; two files were joined.")
        if len(row) != len(header):
            raise UnreadableFile(f"Row {number} has {len(row)} cells, the header has {len(header)}.")
        starts.append(_second(row[places[0]], number))
        told = [_figure(row[place], number, header[place]) for place in places[1:]]
        told.append(np.nan if volume is None else _figure(row[volume], number, header[volume]))
        figures.append(told)
    if not starts:
        raise UnreadableFile(f"{path.name} has a header and no row.")
    table = np.array(figures, np.float64)
    return (np.array(starts, np.int64), *(np.ascontiguousarray(table[:, column]) for column in range(5)))


def _found(wanted: Sequence[str], names: Iterable[str], path: Path) -> str:
    known = list(names)
    for name in wanted:
        if name in known:
            return name
    raise UnreadableFile(f"{path.name} has no column {wanted[0]!r}; it has {', '.join(known)[:200] or 'none'}.")


def _figure(text: str, row: int, name: str) -> float:
    cell = text.strip()
    if cell.lower() in _EMPTY:
        return np.nan
    try:
        return float(cell)
    except ValueError:
        comma = " It has a decimal comma; write a point." if "," in cell else ""
        raise UnreadableFile(f"Row {row}: the {name} {cell[:40]!r} is no number.{comma}") from None


def _second(text: str, row: int) -> int:
    cell = text.strip()
    try:
        if cell.replace(".", "", 1).isdigit() and len(cell) >= 9:
            number = float(cell)
            return int(number / 1000) if number > _MS_FROM else int(number)
        told = dt.datetime.fromisoformat(cell)
    except (ValueError, OverflowError):
        raise UnreadableFile(
            f"Row {row}: the time {cell[:40]!r} is not read; write it as 2026-11-20 09:15 or with its zone."
        ) from None
    return int((told if told.tzinfo else told.replace(tzinfo=dt.UTC)).timestamp())
