"""Notices by country, as data: each says since when, by which source, and when somebody last looked."""

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("jurisdictions.json")
_EU = frozenset(
    {
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IE",
        "IT",
        "LV",
        "LT",
        "LU",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
    }
)


class AppliesTo(StrEnum):
    """Whom the notice concerns: everybody, or people on an instance that somebody else runs for them."""

    ALL = "all"
    HOSTED = "hosted"


@dataclass(frozen=True, slots=True)
class JurisdictionNotice:
    country: str
    subject: str
    text: str
    applies_to: AppliesTo
    since: dt.date | None
    source: str
    written_on: dt.date


@cache
def all_notices() -> tuple[JurisdictionNotice, ...]:
    return tuple(
        JurisdictionNotice(
            country=row["country"],
            subject=row["subject"],
            text=row["text"],
            applies_to=AppliesTo(row["applies_to"]),
            since=dt.date.fromisoformat(row["since"]) if row["since"] else None,
            source=row["source"],
            written_on=dt.date.fromisoformat(row["written_on"]),
        )
        for row in json.loads(FILE.read_text(encoding="utf-8"))
    )


def notices_for(country: str, *, is_self_hosted: bool) -> list[JurisdictionNotice]:
    """What somebody of this country is told. A country of the European Union is told the Union's notices too."""
    return [
        notice
        for notice in all_notices()
        if (notice.country == country or (notice.country == "EU" and country in _EU))
        and not (is_self_hosted and notice.applies_to is AppliesTo.HOSTED)
    ]
