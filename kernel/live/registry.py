"""Which things are live: each app registers its kinds in `ready()`, with how to read and how to draw one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.tenancy.access import Right

_NAME = re.compile(r"[a-z][a-z0-9_]*")

#: Reads one thing by id, in its workspace's scope (outside any for a public kind); None says that it is gone.
Selector = Callable[[UUID], Any]
#: The one person who may see this row; None means the whole workspace.
Reader = Callable[[Any], UUID | None]
#: Turns a row into what a script takes, such as a candle for a chart.
Encoder = Callable[[Any], dict[str, Any]]


class UnknownKind(LookupError):
    """A kind that no app registered. Register it in the app's `ready()`."""


class KindRegisteredTwice(ValueError):
    """Two apps registered the same kind."""


@dataclass(frozen=True, slots=True)
class LiveKind:
    name: str
    selector: Selector
    partial: str
    encoder: Encoder | None
    right: Right
    is_public: bool
    is_shared: bool
    reader: Reader | None

    def element_id(self, row_id: UUID) -> str:
        """The id that the partial's root element carries, and by which the page finds it."""
        return f"{self.name}-{row_id}"


_kinds: dict[str, LiveKind] = {}


def register_live(
    kind: str,
    selector: Selector,
    partial: str = "",
    *,
    encoder: Encoder | None = None,
    right: Right = Right.VIEW,
    is_public: bool = False,
    is_shared: bool = False,
    reader: Reader | None = None,
) -> None:
    """Makes a kind live: drawn by `partial`, or handed to the page's scripts as JSON by `encoder`.

    `is_public` things are drawn once for everybody, outside any scope; a page hears those that it asks for.
    `is_shared` is for tables whose rows without a workspace every workspace may read: all of them are told.
    """
    if not _NAME.fullmatch(kind):
        raise ValueError(f"a live kind is named in small letters, digits and underscores, got {kind!r}")
    if bool(partial) == bool(encoder):
        raise ValueError(f"{kind} needs either a partial or an encoder")
    if is_public and (is_shared or reader is not None):
        raise ValueError(f"{kind} is public: it is nobody's, and has no reader")
    if kind in _kinds:
        raise KindRegisteredTwice(kind)
    _kinds[kind] = LiveKind(kind, selector, partial, encoder, right, is_public, is_shared, reader)


def kind_named(name: str) -> LiveKind:
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(f"{name!r} is not a live kind; register it in the app's ready()") from None


def forget_live(kind: str) -> None:
    """Takes a kind back; for tests that bring their own."""
    _kinds.pop(kind, None)
