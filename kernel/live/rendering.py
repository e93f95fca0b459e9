"""Reads things once and draws them once for each viewpoint. Runs in a worker thread, in the workspace's scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import InterfaceError, OperationalError
from django.template.loader import render_to_string

from kernel.live.frames import Body, gone
from kernel.live.registry import LiveKind, kind_named
from kernel.logs.setup import get_logger
from kernel.tenancy.access import Access
from kernel.tenancy.scope import tenant

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Thing:
    """What the news named."""

    kind: str
    row_id: UUID


@dataclass(frozen=True, slots=True)
class Address:
    """The workspace as partials know it: enough to write links."""

    id: UUID
    slug: str


#: What each viewpoint gets to see; None stands for everybody.
Drawn = list[tuple[Access | None, Body]]
#: The database itself is away: nothing about the thing is wrong.
AWAY = (OperationalError, InterfaceError)


class Unreadable(RuntimeError):
    """The database did not answer; the pages will have to read again."""


def draw_private(workspace: Address, things: Sequence[Thing], viewpoints: Iterable[Access]) -> Drawn:
    """Each thing for each viewpoint that may see it. One that cannot be drawn is logged and left out."""
    viewpoints = list(viewpoints)
    try:
        with tenant(workspace.id):
            return [drawn for thing in things for drawn in _draw(thing, viewpoints, workspace)]
    except AWAY as error:
        raise Unreadable from error
    except Exception as error:
        # An app's selector or partial failed and may have spoilt the transaction: the others go one by one.
        if len(things) > 1:
            return [drawn for thing in things for drawn in draw_private(workspace, [thing], viewpoints)]
        log.exception("live.not_drawn", kind=things[0].kind, row=str(things[0].row_id), error=type(error).__name__)
        return []


def draw_public(things: Sequence[Thing]) -> Drawn:
    """Each public thing once, for everybody."""
    drawn: Drawn = []
    for thing in things:
        try:
            drawn += _draw(thing, [None], None)
        except AWAY as error:
            raise Unreadable from error
        except Exception as error:
            # One app's public row does not keep the others from being drawn.
            log.exception("live.not_drawn", kind=thing.kind, row=str(thing.row_id), error=type(error).__name__)
    return drawn


def _draw(thing: Thing, viewpoints: Sequence[Access | None], workspace: Address | None) -> Drawn:
    kind = kind_named(thing.kind)
    allowed = [viewpoint for viewpoint in viewpoints if viewpoint is None or viewpoint.may(kind.right)]
    if not allowed:
        return []
    row = kind.selector(thing.row_id)
    reader = kind.reader(row) if kind.reader is not None and row is not None else None
    return [
        (viewpoint, _body(thing, kind, row, reader, {"access": viewpoint, "workspace": workspace}))
        for viewpoint in allowed
    ]


def _body(thing: Thing, kind: LiveKind, row: Any, reader: UUID | None, context: dict[str, Any]) -> Body:
    element_id = kind.element_id(thing.row_id)
    if kind.encoder is not None:
        text = "null" if row is None else orjson.dumps(kind.encoder(row), default=str).decode()
    elif row is None:
        text = gone(element_id)
    else:
        text = render_to_string(kind.partial, {"row": row, kind.name: row, "oob": True, **context}).strip()
        if f'id="{element_id}"' not in text:
            raise ValueError(f'{kind.partial} must carry id="{element_id}" on its root element')
    return Body(thing.kind, thing.row_id, element_id, text, kind.encoder is not None, reader)
