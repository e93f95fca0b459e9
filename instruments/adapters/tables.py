"""Bars in files that people have: CSV and Parquet, read and written piece by piece, in bounded memory."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from instruments.domain.bars import FIGURES, Bars, Moments, Told, no_bars
from instruments.domain.candles import BadCandle
from instruments.domain.local_time import utc_of
from kernel.bars import Interval

_BLOCK_BYTES = 4 << 20
_AT_ONCE = 100_000
#: What people call the columns, in small letters.
_NAMES: dict[str, tuple[str, ...]] = {
    "start": ("start", "timestamp", "time", "date", "datetime", "open_time", "open time", "opentime"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "v", "vol"),
}
_DECIMAL_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_HAS_ZONE = r"([Zz]|[+-]\d\d:?\d\d)$"
#: Seconds, milliseconds, microseconds or nanoseconds since 1970, by how large the number is.
_EPOCHS = ((1e11, 1_000_000.0), (1e14, 1_000.0), (1e17, 1.0), (1e20, 0.001))
_LATEST = np.datetime64("2200-01-01", "us")
_EARLIEST = np.datetime64("1700-01-01", "us")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read."""

    interval: Interval
    #: The zone of times that name none.
    zone: ZoneInfo | None = None


class NoTable(ValueError):
    """The file is none that can be read; the message says why."""


def read_told(path: Path, layout: Layout) -> Iterator[Told]:
    """The file's bars in its own order. NoTable, or BadCandle with the row: in a CSV the header is row 1."""
    reader = _read_parquet if path.suffix.lower() in {".parquet", ".pq"} else _read_csv
    try:
        yield from reader(path, layout)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise NoTable(f"{path.name} cannot be read: {str(error).splitlines()[0][:200]}") from error


def _read_parquet(path: Path, layout: Layout) -> Iterator[Told]:
    with pq.ParquetFile(path) as file:
        columns = _columns(list(file.schema_arrow.names), path.name)
        row = 1
        for batch in file.iter_batches(batch_size=_AT_ONCE, columns=list(columns.values())):
            yield _told(batch, columns, layout, first_row=row)
            row += batch.num_rows


@dataclass
class _Odd:
    """The first line that does not have as many fields as the header. Raising in here would be lost in C++."""

    wrong: str = ""

    def __call__(self, line: Any) -> str:
        if not self.wrong:
            more = line.actual_columns > line.expected_columns
            self.wrong = (
                f"Row {line.number}: it has {line.actual_columns} fields where the header has {line.expected_columns}."
                f"{' Figures with a decimal comma are split in two: write 1.5.' if more else ''} "
                f"It reads {line.text[:80]!r}."
            )
        return "skip"

    def check(self) -> None:
        if self.wrong:
            raise BadCandle(self.wrong)


def _read_csv(path: Path, layout: Layout) -> Iterator[Told]:
    header, delimiter = _header_of(path)
    columns = _columns(header, path.name)
    odd = _Odd()
    reader = pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=header, skip_rows=1),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter, invalid_row_handler=odd, ignore_empty_lines=False, newlines_in_values=False
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            include_columns=list(columns.values()),
            strings_can_be_null=False,
        ),
    )
    row, blank = 2, 0
    with reader:
        for batch in reader:
            odd.check()
            number = _rows_before_a_blank(batch)
            if blank and number:
                raise BadCandle(f"Row {blank} is empty.")
            if number < batch.num_rows:
                blank = blank or row + number
                if _rows_before_a_blank(batch.slice(number), is_blank=False) < batch.num_rows - number:
                    raise BadCandle(f"Row {blank} is empty.")
            yield _told(batch.slice(0, number), columns, layout, first_row=row)
            row += batch.num_rows
    odd.check()


def _rows_before_a_blank(batch: pa.RecordBatch, *, is_blank: bool = True) -> int:
    """How many rows stand before the first that is empty, or before the first that is not."""
    empty = np.ones(batch.num_rows, dtype=np.bool_)
    for column in batch.columns:
        empty &= pc.equal(column, "").to_numpy(zero_copy_only=False)
    found = empty if is_blank else ~empty
    return int(np.argmax(found)) if found.any() else batch.num_rows


def _header_of(path: Path) -> tuple[list[str], str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = file.readline(100_000).rstrip("\r\n")
    if not line.strip():
        raise NoTable(f"{path.name} is empty, or its first row is: there the names of the columns are looked for.")
    delimiter = max(",;\t|", key=line.count)
    names = [one.strip().strip('"').strip().lower().strip("<>") for one in line.split(delimiter)]
    if any(_is_number(one) for one in names):
        raise NoTable(
            f"Row 1 of {path.name} is no header but {line[:80]!r}. Write start,open,high,low,close,volume there."
        )
    if len(set(names)) != len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise NoTable(f"{path.name} has two columns named {twice!r}.")
    return names, delimiter


def _columns(names: list[str], file: str) -> dict[str, str]:
    """What each of our columns is called in the file. Only the volume may be missing."""
    known = {name.lower(): name for name in reversed(names)}
    found = {ours: known[one] for ours, theirs in _NAMES.items() for one in reversed(theirs) if one in known}
    missing = [one for one in _NAMES if one not in found and one != "volume"]
    if missing:
        raise NoTable(f"{file} has no column named {' or '.join(missing)}; it has {', '.join(names)[:200]}.")
    return found


def _told(batch: pa.RecordBatch, columns: dict[str, str], layout: Layout, *, first_row: int) -> Told:
    def row(at: int) -> str:
        return f"Row {first_row + at}"

    def column(name: str) -> pa.Array:
        return batch.column(batch.schema.get_field_index(columns[name]))

    starts = _moments(column("start"), layout, row)
    figures = [_figures(column(name), name, row) if name in columns else np.zeros(len(starts)) for name in FIGURES]
    return Told(starts, tuple(figures), first_row)  # type: ignore[arg-type]


def _figures(column: pa.Array, name: str, row: Any) -> Any:
    if not pa.types.is_string(column.type):
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    texts = pc.utf8_trim_whitespace(column)
    try:
        return pc.cast(texts, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        for at, text in enumerate(texts.to_pylist()):
            if not _is_number(text):
                raise BadCandle(f"{row(at)}: {_why_no_number(text, name)}") from None
        # What Python reads and Arrow does not, such as 1_000.
        raise


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _why_no_number(text: str, name: str) -> str:
    if not text:
        return f"{name} is empty."
    if any(text.lower() in theirs for theirs in _NAMES.values()):
        return f"the header stands here a second time: {name} is {text!r}."
    if _DECIMAL_COMMA.fullmatch(text):
        return f"{name} is {text}, with a decimal comma. Write a point."
    return f"{name} is no number: {text[:40]!r}."


def _moments(column: pa.Array, layout: Layout, row: Any) -> Moments:
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        found = pc.cast(column, pa.timestamp("us", kind.tz if pa.types.is_timestamp(kind) else None), safe=False)
        _check_nulls(column, row)
        moments = pc.cast(found, pa.int64()).to_numpy().view("M8[us]")
        return moments if pa.types.is_timestamp(kind) and kind.tz else _in_utc(moments, layout, row)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        _check_nulls(column, row)
        return _since_1970(pc.cast(column, pa.float64()).to_numpy(), row)
    texts = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    if not len(texts):
        return np.empty(0, "M8[us]")
    first = texts[0].as_py()
    if re.fullmatch(r"\d{8}", first):
        dates = pc.replace_substring_regex(texts, r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3")
        return _in_utc(_parsed(dates, texts, None, row), layout, row)
    if _is_number(first):
        try:
            return _since_1970(pc.cast(texts, pa.float64()).to_numpy(), row)
        except pa.ArrowInvalid:
            at = next(at for at, text in enumerate(texts.to_pylist()) if not _is_number(text))
            raise BadCandle(f"{row(at)}: {_why_no_moment(texts[at].as_py())}") from None
    has_zone = pc.match_substring_regex(texts, _HAS_ZONE).to_numpy(zero_copy_only=False)
    has_time = pc.match_substring(texts, ":").to_numpy(zero_copy_only=False)
    has_zone &= has_time
    if has_zone.any() and not has_zone.all():
        at = int(np.argmin(has_zone) if has_zone[0] else np.argmax(has_zone))
        text = texts[at].as_py()
        raise BadCandle(
            f"{row(at)}: {_why_no_moment(text)}"
            if not _looks_like_time(text)
            else f"{row(at)}: its time {text!r} {'names' if has_zone[at] else 'does not name'} a zone, as those before "
            "it "
            f"{'do not' if has_zone[at] else 'do'}."
        )
    if has_zone.all():
        return _parsed(texts, texts, "UTC", row)
    return _in_utc(_parsed(texts, texts, None, row), layout, row)


def _looks_like_time(text: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d", text) is not None


def _parsed(texts: pa.Array, told: pa.Array, zone: str | None, row: Any) -> Moments:
    kind = pa.timestamp("us", zone)
    try:
        found: Moments = pc.cast(pc.cast(texts, kind), pa.int64()).to_numpy().view("M8[us]")
    except pa.ArrowInvalid:
        for at, text in enumerate(texts.to_pylist()):
            with contextlib.suppress(pa.ArrowInvalid):
                pc.cast(pa.scalar(text), kind)
                continue
            raise BadCandle(f"{row(at)}: {_why_no_moment(told[at].as_py())}") from None
        raise
    return _possible(found, row)


def _why_no_moment(text: str) -> str:
    if not text:
        return "its time is empty."
    if text.lower() in _NAMES["start"]:
        return f"the header stands here a second time: {text!r}."
    return f"its time {text[:40]!r} is not written like 2026-11-20 09:30, 2026-11-20T09:30:00Z or 1795167000."


def _since_1970(numbers: Any, row: Any) -> Moments:
    if not np.isfinite(numbers).all():
        raise BadCandle(f"{row(int(np.argmin(np.isfinite(numbers))))}: its time is no number.")
    largest = float(np.abs(numbers).max()) if len(numbers) else 0.0
    factor = next((factor for bound, factor in _EPOCHS if largest < bound), None)
    if factor is None:
        raise BadCandle(f"{row(int(np.argmax(np.abs(numbers))))}: its time {largest:g} is too large for any moment.")
    return _possible((numbers * factor).round().astype(np.int64).view("M8[us]"), row)


def _possible(moments: Moments, row: Any) -> Moments:
    is_odd = (moments < _EARLIEST) | (moments > _LATEST)
    if is_odd.any():
        at = int(np.argmax(is_odd))
        raise BadCandle(f"{row(at)}: its time {moments[at].astype('M8[s]')} is not one of any market.")
    return moments


def _in_utc(local: Moments, layout: Layout, row: Any) -> Moments:
    """Times without a zone. A day names its session, whatever the zone."""
    if layout.interval.is_session_based:
        return local
    if layout.zone is None:
        raise BadCandle(
            f"{row(0)}: its time {str(local[0].astype('M8[s]')).replace('T', ' ')} names no zone. Say with --timezone "
            "which one the file is written in, such as UTC or Asia/Kolkata."
        )
    return utc_of(local, layout.zone, row=row)


def _check_nulls(column: pa.Array, row: Any) -> None:
    if column.null_count:
        raise BadCandle(f"{row(int(np.argmax(pc.is_null(column).to_numpy(zero_copy_only=False))))}: its time is empty.")


class BarsFile:
    """Writes bars to a file that appears whole under its name, or not at all; CSV or Parquet, by its suffix."""

    def __init__(self, path: Path) -> None:
        self._path = path
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".part")
        os.close(handle)
        self._temporary = Path(temporary)
        schema = _table(no_bars()).schema
        is_parquet = path.suffix.lower() in {".parquet", ".pq"}
        self._writer: Any = (
            pq.ParquetWriter(temporary, schema, compression="zstd")
            if is_parquet
            else pa_csv.CSVWriter(temporary, schema)
        )

    def __enter__(self) -> "BarsFile":
        return self

    def write(self, bars: Bars) -> None:
        self._writer.write_table(_table(bars))

    def __exit__(self, kind: object, *_: object) -> None:
        self._writer.close()
        if kind is not None:
            self._temporary.unlink(missing_ok=True)
            return
        with self._temporary.open("rb") as file:
            os.fsync(file.fileno())
        self._temporary.chmod(0o644)
        self._temporary.replace(self._path)


def _table(bars: Bars) -> pa.Table:
    moments = {name: pa.array(getattr(bars, name), pa.timestamp("us", "UTC")) for name in ("start", "known_at")}
    figures = {name: pa.array(getattr(bars, name), pa.float64()) for name in FIGURES}
    source = pa.array(bars.source.tolist(), pa.string())
    return pa.table({"start": moments["start"], **figures, "source": source, "known_at": moments["known_at"]})
