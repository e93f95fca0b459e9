"""What a reply to an order means. One table for each venue, of the codes that the venue documents; the rest is UNKNOWN.

A row names HTTP statuses, the venue's code and, where the code alone does not tell, a text that its message holds. The
row that says most wins. Nothing is ever accepted or refused by default.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from exchanges.domain.outcomes import Reply


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    #: The venue holds an order of this mark already: look it up.
    DUPLICATE = "duplicate"


class Trouble(StrEnum):
    """What the same code means to a question."""

    NONE = ""
    NOT_NOW = "not_now"
    TOO_MANY = "too_many"
    BAN = "ban"
    KEY = "key"
    TOKEN = "token"  # noqa: S105 - a kind of trouble
    CLOCK = "clock"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    code: str
    verdict: Verdict
    name: str = ""
    #: Empty: with any status.
    statuses: frozenset[int] = frozenset()
    #: Empty: whatever the message says.
    text: str = ""
    trouble: Trouble = Trouble.NONE
    #: False: the rest of the venue's world sends it, such as a proxy; no document of the venue lists it.
    is_documented: bool = True

    def weight(self) -> tuple[bool, bool, bool]:
        return (bool(self.text), bool(self.code), bool(self.statuses))

    def fits(self, reply: Reply) -> bool:
        return (
            self.code == reply.code
            and (not self.statuses or reply.status in self.statuses)
            and self.text.casefold() in reply.message.casefold()
        )


@dataclass(frozen=True, slots=True)
class Table:
    venue: str
    #: Which documents, of which commit or version, read when.
    sources: tuple[Mapping[str, str], ...]
    rows: tuple[Row, ...]

    def row(self, reply: Reply) -> Row | None:
        """The row that says most of this reply; None when the table has no word for it."""
        if reply.status is None:
            return None
        return max((row for row in self.rows if row.fits(reply)), key=Row.weight, default=None)

    def verdict(self, reply: Reply) -> Verdict:
        row = self.row(reply)
        return Verdict.UNKNOWN if row is None else row.verdict

    def trouble(self, reply: Reply) -> Trouble:
        """What stands in a question's way; an unlisted reply may pass by itself."""
        row = self.row(reply)
        return Trouble.NOT_NOW if row is None else row.trouble


class BadTable(ValueError):
    """The data contradict themselves."""


@cache
def table_of(venue: str) -> Table:
    """The venue's table, read from its committed data."""
    return read_table(files("exchanges.domain.codes").joinpath(f"{venue}.json").read_text(encoding="utf-8"))


def read_table(text: str) -> Table:
    data = json.loads(text)
    rows = tuple(
        Row(
            code=one["code"],
            verdict=Verdict(one["verdict"]),
            name=one.get("name", ""),
            statuses=frozenset(one.get("statuses", ())),
            text=one.get("text", ""),
            trouble=Trouble(one.get("trouble", "")),
            is_documented=one.get("is_documented", True),
        )
        for one in data["rows"]
    )
    keys = [(row.code, row.statuses, row.text) for row in rows]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise BadTable(f"{data['venue']}: said twice: {sorted(map(str, twice))}")
    accepted = [row for row in rows if row.verdict is Verdict.ACCEPTED and (row.code or not row.statuses)]
    if accepted:
        raise BadTable(f"{data['venue']}: an error code never means accepted: {accepted}")
    mute = [row for row in rows if (row.trouble is Trouble.NONE) != (row.verdict is Verdict.ACCEPTED)]
    if mute:
        raise BadTable(f"{data['venue']}: a refusal says what the trouble is, and a success has none: {mute}")
    return Table(data["venue"], tuple(data["sources"]), rows)
