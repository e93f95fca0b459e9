"""This app's entries in the left column, and what the search field finds of it."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from accounts.registries import Group, NavigationEntry, SearchHit, register_navigation, register_search
from instruments.markets import search_instruments
from kernel import clock

_SHOWN = 8


def register() -> None:
    register_navigation(
        NavigationEntry("Markets", "markets", Group.SEE, "markets", 10, "g m"),
        NavigationEntry("News", "news", Group.SEE, "news", 12),
        NavigationEntry("Watchlists", "watchlists", Group.SEE, "eye", 15, "g w"),
        NavigationEntry("Price alerts", "alerts", Group.WIRE, "clock", 20),
        NavigationEntry("Data health", "data-health", Group.WIRE, "shield", 40, "g h"),
        NavigationEntry("Data quality", "data-quality", Group.WIRE, "check", 41),
    )
    register_search("instruments", find_instruments)


def find_instruments(request: HttpRequest, words: str) -> Iterator[SearchHit]:
    workspace = request.workspace.slug  # type: ignore[attr-defined]
    for listing in search_instruments(words, now=clock.now(), at_most=_SHOWN):
        one = listing.instrument
        name = f"{one.code}, {one.name}" if one.name else one.code
        yield SearchHit(name, reverse("instrument", args=[workspace, one.pk]), one.kind, "markets")
