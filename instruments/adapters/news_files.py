"""News in a file: a feed that was saved, or rows of date, title, link, summary and symbols as CSV or JSON lines.

A row that cannot be read raises, with its number: a file is taken whole or not at all.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instruments.adapters.feed_texts import item_of, read_feed
from instruments.adapters.feeds import Given, Mark, NewsFailure
from instruments.domain.news.texts import link_of, moment_of, plain_text, text_of_html
from instruments.domain.news.told import LONGEST_SUMMARY, LONGEST_TITLE, Document, Form, Told, Unreadable

MOST_BYTES = 256 << 20
_MOST_ROWS = 500_000
_COLUMNS = {
    "date": "date",
    "published": "date",
    "published_at": "date",
    "time": "date",
    "title": "title",
    "headline": "title",
    "link": "link",
    "url": "link",
    "summary": "summary",
    "description": "summary",
    "symbols": "symbols",
    "symbol": "symbols",
    "tickers": "symbols",
    "id": "id",
    "guid": "id",
    "language": "language",
}
_LONGEST_FIELD = 1 << 20


class NewsFile:
    """A file on this machine, asked like a feed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, mark: Mark) -> Given:
        with self._path.open("rb") as opened:
            body = opened.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise NewsFailure(f"The file has more than {MOST_BYTES >> 20} MB. Import it in parts.")
        try:
            return Given(read_file(body), mark)
        except Unreadable as error:
            raise NewsFailure(str(error)) from error


def read_file(body: bytes) -> Document:
    """What the file tells, by its content and not by its name."""
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"<" or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _whole(read_feed(body))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"The file is not written in UTF-8 (byte {error.start:,}).") from error
    if head == b"{":
        first = text.lstrip().splitlines()[0].strip()
        if _is_object(first) and "version" not in json.loads(first):
            return _rows(Form.JSON_LINES, _json_lines(text))
        return _whole(read_feed(body))
    return _rows(Form.CSV, _csv(text))


def _whole(document: Document) -> Document:
    if document.refused:
        raise Unreadable(document.refused[0])
    return document


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _csv(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().casefold() for name in next(rows, [])]
        columns = [_COLUMNS.get(name) for name in header]
        if "title" not in columns:
            raise Unreadable("Line 1: the columns must be named, and one of them title.")
        known = [name for name in columns if name]
        if len(known) != len(set(known)):
            raise Unreadable("Line 1: a column stands there twice.")
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(columns):
                raise Unreadable(f"Line {rows.line_num}: it has {len(row)} cells, and the first line {len(columns)}.")
            if [cell.strip().casefold() for cell in row] == header:
                raise Unreadable(f"Line {rows.line_num}: the names of the columns stand there again.")
            yield rows.line_num, {name: cell for name, cell in zip(columns, row, strict=True) if name}
    except csv.Error as error:
        raise Unreadable(f"Line {rows.line_num}: it is no CSV ({error}).") from error


def _json_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if not _is_object(line):
            raise Unreadable(f"Line {number}: it is no JSON object.")
        told = json.loads(line)
        yield number, {_COLUMNS[name.casefold()]: value for name, value in told.items() if name.casefold() in _COLUMNS}


def _rows(form: Form, rows: Iterator[tuple[int, Mapping[str, Any]]]) -> Document:
    kept: dict[str, Told] = {}
    for count, (number, row) in enumerate(rows, start=1):
        if count > _MOST_ROWS:
            raise Unreadable(f"The file has more than {_MOST_ROWS:,} rows. Import it in parts.")
        try:
            item = _row(row)
        except Unreadable as error:
            raise Unreadable(f"Line {number}: {error}.") from error
        kept.setdefault(item.key, item)
    return Document(form, "", tuple(kept.values()))


def _row(row: Mapping[str, Any]) -> Told:
    symbols = row.get("symbols") or ""
    listed = symbols if isinstance(symbols, list) else str(symbols).replace(";", " ").replace("|", " ").split()
    cells = {name: _cell(name, row.get(name)) for name in ("id", "title", "link", "summary", "date", "language")}
    if cells["date"].strip() and moment_of(cells["date"]) is None:
        raise Unreadable(f"{cells['date'][:40]!r} is no date; one is written like 2026-11-20T14:30:00Z")
    if cells["link"].strip() and not link_of(cells["link"]):
        raise Unreadable("the link is none that leads to http or https")
    return item_of(
        guid=cells["id"],
        title=plain_text(cells["title"], longest=LONGEST_TITLE),
        link=link_of(cells["link"]),
        summary=text_of_html(cells["summary"], longest=LONGEST_SUMMARY),
        published=cells["date"],
        language=cells["language"],
        symbols=[str(one) for one in listed],
    )


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and name == "id":
        return str(value)
    raise Unreadable(f"{name} is no text")
