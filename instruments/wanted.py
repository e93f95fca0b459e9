"""Whose prices somebody wants: each room that shows or uses prices says so, and the streams of prices ask here."""

from collections.abc import Callable, Iterable

from django.conf import settings

#: Given a venue's name, the symbols wanted there. Called in no tenant's scope, every few seconds.
Wanted = Callable[[str], Iterable[str]]

_wanted: list[Wanted] = []


def register_wanted(wanted: Wanted) -> None:
    if wanted not in _wanted:
        _wanted.append(wanted)


def wanted_symbols(venue: str) -> set[str]:
    """What the operator's setting names and what any room wants."""
    return set(settings.PRICE_SYMBOLS.get(venue, ())).union(*(one(venue) for one in _wanted))
