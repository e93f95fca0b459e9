"""Every route, read from the URL resolver: none can be forgotten, because nobody writes them down here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from kernel.api.views import WorkspaceView
from kernel.tenancy.access import Right

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

#: Routes that belong to no tenant, each with the reason. A new route is a tenant's unless it stands here.
PUBLIC = {
    "landing": "the first page",
    "pricing": "says what it costs",
    "styleguide": "shows samples, to staff",
    "healthz": "says that the process lives",
    "readyz": "says that the instance can serve",
    "metrics": "asks for the operator's token",
    "api-schema": "describes the API",
    "api-docs": "describes the API",
    "demo-mail": "shows who sits at the machine what would have been mailed",
    "kite-postback": "keeps a broker's call unread, and answers all alike",
    "home": "asks only for the visitor's own workspaces",
}
#: Parameters of a path that everybody knows: words, and keys of the platform's rows, which are nobody's.
PUBLIC_WORDS = frozenset({"venue", "mode", "instrument", "listing", "calendar", "series"})
#: Whole trees of other people's routes: their own log-in, the operators', and the documents that everybody reads.
PUBLIC_TREES = ("account/", "operator/", "legal/")


@dataclass(frozen=True)
class Route:
    name: str
    template: str
    parameters: tuple[str, ...]
    view: Any

    @property
    def is_api(self) -> bool:
        return issubclass(getattr(self.view, "view_class", getattr(self.view, "cls", object)), WorkspaceView)

    @property
    def is_page(self) -> bool:
        return has_door(self.view)

    @property
    def lets_viewers_act(self) -> bool:
        """True where somebody who may only look still does something with rows that are his own."""
        if self.is_api:
            rights = self.view.cls.rights
            return any(rights.get(method) is Right.VIEW for method in ("POST", "PUT", "PATCH", "DELETE"))
        return any(getattr(view, "lets_viewers_act", False) for view in unwrapped(self.view))

    def path(self, values: dict[str, str]) -> str:
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], self.template)

    def __str__(self) -> str:
        return self.name


def has_door(view: Any) -> bool:
    """True when `workspace_page` stands somewhere among the view's decorators."""
    return any(getattr(one, "tenant_door", False) for one in unwrapped(view))


def unwrapped(view: Any) -> Iterator[Any]:
    """The view and what its decorators wrap."""
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)


def all_routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, ""))


def tenant_routes() -> list[Route]:
    return [route for route in all_routes() if route.name not in PUBLIC and not route.template.startswith(PUBLIC_TREES)]


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for pattern in patterns:
        template = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, template)
        else:
            names = tuple(re.findall(r"<(?:\w+:)?(\w+)>", template))
            yield Route(pattern.name or template, template, names, pattern.callback)
