"""A month of one series as a Parquet file: written whole or not at all, and read only if it is what was written."""

import hashlib
import io
import os
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from instruments.domain.bars import FIGURES, Bars, BrokenFile, MissingFile

_MOMENTS = ("start", "known_at")
#: How many files this process remembers to have checked.
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Written:
    """What a file is known by."""

    name: str
    digest: str
    size: int


def write_bars_file(folder: Path, stem: str, bars: Bars) -> Written:
    """Puts the bars into a file under `folder` that wears its own digest, so it never takes another's place.

    1. A file of another name is written and synced.
    2. It takes its name; the directory is synced. Killed anywhere before, nothing of that name is there.
    """
    content = _content_of(bars)
    digest = hashlib.sha256(content).hexdigest()
    name = f"{stem}.{digest[:16]}.parquet"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directories(path.parent, folder)
    return Written(name, digest, len(content))


def read_bars_file(folder: Path, written: Written) -> Bars:
    """The bars of the file; BrokenFile when it is not, to the last byte, what was written."""
    path = folder / written.name
    try:
        content = path.read_bytes()
        known_by = (str(path), path.stat().st_mtime_ns, written.digest)
    except FileNotFoundError as error:
        raise MissingFile(f"The file of candles {written.name} is missing. Put it back from the backup.") from error
    if len(content) != written.size or (known_by not in _checked and _digest(content) != written.digest):
        raise BrokenFile(
            f"The file of candles {written.name} is not what was written: its checksum is another. "
            "Put it back from the backup; until then its bars are not told."
        )
    _checked.add(known_by)
    return _bars_of(pq.read_table(pa.BufferReader(content), use_threads=False))


class _Checked:
    """Files whose digest this process has seen to be right: name, time of change and digest."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, key: object) -> bool:
        return key in self._known

    def add(self, key: tuple[str, int, str]) -> None:
        with self._lock:
            self._known[key] = None
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


_checked = _Checked()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _content_of(bars: Bars) -> bytes:
    codes = pa.array(bars.source_codes)
    columns = {
        "start": pa.array(bars.start, pa.timestamp("us", "UTC")),
        **{name: pa.array(getattr(bars, name)) for name in FIGURES},
        "source": pa.DictionaryArray.from_arrays(codes, pa.array(bars.sources, pa.string())),
        "known_at": pa.array(bars.known_at, pa.timestamp("us", "UTC")),
        "revision": pa.array(bars.revision),
    }
    sink = io.BytesIO()
    pq.write_table(
        pa.table(columns),
        sink,
        compression="zstd",
        use_dictionary=["source", "revision"],
        column_encoding={"start": "DELTA_BINARY_PACKED", "known_at": "DELTA_BINARY_PACKED"},
        write_statistics=False,
    )
    return sink.getvalue()


def _bars_of(table: pa.Table) -> Bars:
    arrays = {name: table.column(name).combine_chunks().to_numpy() for name in FIGURES}
    for name in _MOMENTS:
        whole = table.column(name).combine_chunks().cast(pa.int64())
        arrays[name] = whole.to_numpy().view("M8[us]")
    source = table.column("source").combine_chunks()
    if isinstance(source, pa.ChunkedArray):
        source = source.unify_dictionaries().combine_chunks()
    return Bars(
        **arrays,
        revision=table.column("revision").combine_chunks().to_numpy().astype(np.int16, copy=False),
        source_codes=source.indices.to_numpy().astype(np.int16, copy=False),
        sources=tuple(source.dictionary.to_pylist()),
    )


def _sync_directories(*folders: Path) -> None:
    for folder in dict.fromkeys(folders):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
