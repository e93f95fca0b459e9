"""Splits and dividends of a CSV: every row is looked at before the first is kept, and a fault names its row."""

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from instruments.domain.action_facts import BadAction, fact_of
from instruments.models import CorporateAction
from instruments.selectors import NoSuchListing, listing_meant
from instruments.services.corporate_actions import Contradicted, Told, add_actions

COLUMNS = ("instrument", "kind", "ex_date", "figure")
FURTHER = ("currency", "venue")
MOST_BYTES, MOST_ROWS = 5_000_000, 20_000


class BadFile(ValueError):
    """Why nothing of the file was kept."""


def import_actions(
    file: Path, *, source: str, now: dt.datetime, by: UUID | None = None
) -> list[tuple[CorporateAction, bool]]:
    """All of its rows or none. A file that was imported before adds nothing."""
    told = list(_told(file, now=now))
    try:
        return add_actions(told=told, source=source, now=now, by=by)
    except Contradicted as error:
        raise BadFile(f"{error} Nothing of the file was kept.") from error


def _told(file: Path, *, now: dt.datetime) -> Iterator[Told]:
    seen: dict[tuple[object, ...], tuple[int, object]] = {}
    for number, row in _rows(file):
        try:
            listing = listing_meant(row["instrument"], venue=row.get("venue", ""))
            one = listing.instrument
            fact = fact_of(
                row["kind"],
                row["ex_date"],
                row["figure"],
                currency=row.get("currency", ""),
                price_currency=one.quote,
                calendar=listing.sessions,
                today=now.date(),
            )
        except (BadAction, NoSuchListing) as error:
            where = f", {error.field}" if isinstance(error, BadAction) else ", instrument"
            raise BadFile(f"Row {number}{where}: {error} Nothing of the file was kept.") from error
        key = (one.pk, fact.kind, fact.ex_date)
        before, other = seen.setdefault(key, (number, fact))
        if other != fact:
            raise BadFile(f"Row {number} contradicts row {before}. Nothing of the file was kept.")
        yield Told(one, fact)


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows with their numbers as an editor counts them, the head being the first."""
    if file.stat().st_size > MOST_BYTES:
        raise BadFile(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile("The file is no text in UTF-8.") from error
    rows = csv.reader(text.splitlines(), strict=True)
    try:
        head = [one.strip().lower() for one in next(rows, [])]
        missing = [name for name in COLUMNS if name not in head]
        if missing or len(set(head)) != len(head) or set(head) - {*COLUMNS, *FURTHER}:
            raise BadFile(
                f"The first row names the columns: {', '.join(COLUMNS)}, and if one likes {' and '.join(FURTHER)}; "
                "each once."
            )
        for count, row in enumerate(rows):
            if count >= MOST_ROWS:
                raise BadFile(f"The file has more than {MOST_ROWS:,} rows.")
            if not any(one.strip() for one in row):
                continue
            if len(row) != len(head):
                raise BadFile(f"Row {rows.line_num} has {len(row)} columns, and the first row {len(head)}.")
            yield rows.line_num, dict(zip(head, (one.strip() for one in row), strict=True))
    except csv.Error as error:
        raise BadFile(f"Row {rows.line_num}: {error}. Nothing of the file was kept.") from error
