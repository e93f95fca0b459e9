"""What a source told, the same whatever form it came in."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import StrEnum

LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_LINK, LONGEST_LANGUAGE = 400, 2_000, 2_000, 35


class Form(StrEnum):
    RSS = "rss"
    ATOM = "atom"
    JSON_FEED = "json_feed"
    CSV = "csv"
    JSON_LINES = "json_lines"


@dataclass(frozen=True, slots=True)
class Told:
    """One item, plain text alone. `key` is what the source knows it by."""

    key: str
    title: str
    link: str = ""
    summary: str = ""
    #: As the source says; None where it says nothing that can be read.
    published_at: dt.datetime | None = None
    language: str = ""
    #: What the source itself says that it is about.
    symbols: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Another one when the words are others: a change of these is a revision."""
        return hashlib.sha256("\x1f".join((self.title, self.summary)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """A feed or a file, read."""

    form: Form
    title: str
    items: tuple[Told, ...]
    #: Items that cannot be kept, each in words.
    refused: tuple[str, ...] = ()


class Unreadable(ValueError):
    """What came is no news in any form that is read here. The words are safe to show."""
