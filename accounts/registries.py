"""What each app brings to accounts in its `ready()`: exporters, erasers, navigation entries, dashboard cards."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Person, Workspace
from kernel.tenancy.access import Access, Right


class Group(StrEnum):
    """The three groups of the left column, and its foot."""

    SEE = "see"
    ACT = "act"
    WIRE = "wire"
    FOOT = "foot"


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    name: str
    url_name: str
    group: Group
    icon: str
    order: int
    keys: str = ""
    right: Right = Right.VIEW


@dataclass(frozen=True, slots=True)
class NavigationLink:
    name: str
    href: str
    group: str
    icon: str
    keys: str
    is_current: bool
    url_name: str


class Column(StrEnum):
    """Where on the dashboard a card stands."""

    MAIN = "main"
    SIDE = "side"


@dataclass(frozen=True, slots=True)
class DashboardCard:
    """A card: the selector runs in the tenant's scope and feeds the template as `card`."""

    name: str
    template: str
    selector: Callable[[HttpRequest], dict[str, Any]]
    column: Column
    order: int
    right: Right = Right.VIEW


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One thing that a member may open: its name, where it is, what kind of thing it is."""

    name: str
    href: str
    kind: str
    icon: str = "right"


#: Runs in the tenant's scope, for a member; gives the best few hits for the words, best first.
Search = Callable[[HttpRequest, str], Iterable[SearchHit]]


@dataclass(frozen=True, slots=True)
class Done:
    """When a step was done, where that is known, and a word about how."""

    at: dt.datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be met before a step opens."""

    words: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps on the dashboard. Both functions run in the tenant's scope, for the member who looks."""

    name: str
    title: str
    words: str
    link: str
    #: A page of the workspace or of the person.
    url_name: str
    order: int
    done: Callable[[HttpRequest], Done | None]
    conditions: Callable[[HttpRequest], list[Condition]] | None = None


class Erasure(StrEnum):
    DELETE = "delete"
    SHRED = "shred"
    PSEUDONYMISE = "pseudonymise"


Exporter = Callable[[], Iterable[dict[str, Any]]]
Eraser = Callable[[], int]
PersonExporter = Callable[[Person], Iterable[dict[str, Any]]]
PersonEraser = Callable[[Person], int]

_navigation: dict[str, NavigationEntry] = {}
_cards: dict[str, DashboardCard] = {}
_searches: dict[str, Search] = {}
_steps: dict[str, Step] = {}
_mode: list[Callable[[], str]] = []
_exporters: dict[type[models.Model], Exporter] = {}
_erasers: dict[type[models.Model], tuple[Erasure, Eraser]] = {}
_person_data: dict[type[models.Model], tuple[PersonExporter, PersonEraser]] = {}


class RegisteredTwice(ValueError):
    """Two apps registered the same thing."""


def register_navigation(*entries: NavigationEntry) -> None:
    for entry in entries:
        if entry.url_name in _navigation:
            raise RegisteredTwice(entry.url_name)
        _navigation[entry.url_name] = entry


def register_card(card: DashboardCard) -> None:
    if card.name in _cards:
        raise RegisteredTwice(card.name)
    _cards[card.name] = card


def register_search(name: str, function: Search) -> None:
    """Lets an app's things be found from the search field of every page."""
    if name in _searches:
        raise RegisteredTwice(name)
    _searches[name] = function


def register_step(step: Step) -> None:
    if step.name in _steps:
        raise RegisteredTwice(step.name)
    _steps[step.name] = step


def register_mode(selector: Callable[[], str]) -> None:
    """Tells every page's frame which money is in play: live, sandbox, paper or none. Runs in the tenant's scope."""
    if _mode:
        raise RegisteredTwice("the mode of the frame")
    _mode.append(selector)


def mode_in_play() -> str:
    return _mode[0]() if _mode else "none"


def steps() -> list[Step]:
    """The first steps, in order."""
    return sorted(_steps.values(), key=lambda step: (step.order, step.name))


def register_data(model: type[models.Model], *, exporter: Exporter, erasure: Erasure, eraser: Eraser) -> None:
    """How a tenant model's rows leave with their owner, and how they end. Both run in the tenant's scope.

    An eraser that deletes or shreds does one batch and says how many rows went; it is called until none did.
    One that pseudonymises is called once.
    """
    if model in _exporters:
        raise RegisteredTwice(model._meta.label)
    _exporters[model] = exporter
    _erasers[model] = (erasure, eraser)


def register_person_data(model: type[models.Model], *, exporter: PersonExporter, eraser: PersonEraser) -> None:
    """How rows that belong to a person, and to no workspace, leave with him and end. They run outside any scope."""
    if model in _person_data:
        raise RegisteredTwice(model._meta.label)
    _person_data[model] = (exporter, eraser)


def navigation_for(request: HttpRequest) -> list[NavigationLink]:
    """The links that the member may follow."""
    match = request.resolver_match
    workspace = request.workspace.slug  # type: ignore[attr-defined]
    access: Access = request.access  # type: ignore[attr-defined]
    return [
        NavigationLink(
            entry.name,
            reverse(entry.url_name, args=[workspace]),
            entry.group.value,
            entry.icon,
            entry.keys,
            match is not None and match.view_name == entry.url_name,
            entry.url_name,
        )
        for entry in sorted(_navigation.values(), key=lambda entry: (list(Group).index(entry.group), entry.order))
        if access.may(entry.right)
    ]


def cards_for(access: Access) -> list[DashboardCard]:
    """The dashboard's cards that the member may see, in order."""
    return sorted((card for card in _cards.values() if access.may(card.right)), key=lambda card: card.order)


def searches() -> dict[str, Search]:
    return dict(_searches)


def exporters() -> dict[type[models.Model], Exporter]:
    return dict(_exporters)


def erasers() -> dict[type[models.Model], tuple[Erasure, Eraser]]:
    return dict(_erasers)


def erasure_order() -> list[type[models.Model]]:
    """Every tenant model, each before what its rows refer to; the workspace itself last."""
    order: list[type[models.Model]] = []

    def add(model: type[models.Model]) -> None:
        if model in order:
            return
        for other in _erasers:
            if other is not model and any(one.related_model is model for one in other._meta.concrete_fields):
                add(other)
        order.append(model)

    for model in sorted(_erasers, key=lambda one: one._meta.label):
        if model is not Workspace:
            add(model)
    return [*order, Workspace] if Workspace in _erasers else order


def person_exporters() -> dict[type[models.Model], PersonExporter]:
    return {model: exporter for model, (exporter, _) in _person_data.items()}


def person_erasers() -> dict[type[models.Model], PersonEraser]:
    return {model: eraser for model, (_, eraser) in _person_data.items()}


def what_is_erased() -> dict[str, list[str]]:
    """For the page that asks: the names of what is deleted and of what stays without names, from the registry."""
    named: dict[str, list[str]] = {"goes": [], "stays": []}
    for model, (erasure, _) in sorted(_erasers.items(), key=lambda item: str(item[0]._meta.verbose_name_plural)):
        stays = erasure is Erasure.PSEUDONYMISE
        named["stays" if stays else "goes"].append(str(model._meta.verbose_name_plural))
    return named
