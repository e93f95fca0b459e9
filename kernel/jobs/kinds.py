"""The kinds of jobs. Each app registers its own in `ready()`; an unknown kind raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernel.jobs.queues import QUEUES

if TYPE_CHECKING:
    from kernel.jobs.run import Run

Work = Callable[["Run"], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a job of this kind does, where, and how often it may be begun again after its worker died."""

    name: str
    title: str
    work: Work
    queue: str = "default"
    max_attempts: int = 3
    #: How many jobs with the same quota key of one workspace may run at once.
    at_once: int = 1


class UnknownKind(LookupError):
    """No app registered this kind of job."""


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    if kind.queue not in QUEUES:
        raise ValueError(f"{kind.name} names the queue {kind.queue!r}, which no worker consumes")
    if kind.name in _kinds:
        raise ValueError(f"the job kind {kind.name} is registered twice")
    _kinds[kind.name] = kind


def kind_named(name: str) -> Kind:
    try:
        return _kinds[name]
    except KeyError as error:
        raise UnknownKind(f"no app registered jobs of the kind {name!r}") from error
