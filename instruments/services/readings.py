"""What became of each reading of a catalogue, for those who ask how old it is."""

import datetime as dt
from collections.abc import Sequence

from instruments.models import CatalogueReading
from kernel.tenancy.scope import operator

_SHOWN = 50


def reading_asked(market: str, *, now: dt.datetime) -> None:
    with operator():
        CatalogueReading.objects.update_or_create(market=market, defaults={"asked_at": now})


def reading_told(
    market: str, *, listings: int, refused: Sequence[tuple[str, str]] = (), digest: str = "", now: dt.datetime
) -> None:
    values = {
        "asked_at": now,
        "told_at": now,
        "listings": listings,
        "refused": [list(one) for one in refused[:_SHOWN]],
        "refused_count": len(refused),
        "digest": digest,
        "failed_at": None,
        "failure": "",
    }
    with operator():
        CatalogueReading.objects.update_or_create(market=market, defaults=values)


def reading_failed(market: str, words: str, *, now: dt.datetime) -> None:
    """The catalogue stays as it was, and grows old."""
    with operator():
        CatalogueReading.objects.update_or_create(
            market=market, defaults={"asked_at": now, "failed_at": now, "failure": words[:400]}
        )
