"""The seat of a socket's door. The kernel knows nobody: an app above says who may enter and who may stay."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from kernel.ids import new_id
from kernel.tenancy.access import Access


class Refused(Exception):
    """This handshake opens nothing. Which reason it was is not told to the visitor."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a visitor brought: the address he asked for, his headers by small name, and where he comes from."""

    workspace: str
    headers: Mapping[str, str]
    peer: str


@dataclass(frozen=True, slots=True)
class Entry:
    """The proof that a door let a socket in, and what the door needs to look again whether that still holds."""

    access: Access
    slug: str
    proof: object
    id: UUID = field(default_factory=new_id)


class Door(Protocol):
    """Both methods run in a worker thread and may ask the database."""

    def admit(self, handshake: Handshake) -> Entry:
        """The entry of a visitor who may listen here, or Refused."""

    def still_open(self, entries: Sequence[Entry]) -> Collection[UUID]:
        """The ids of those entries that still hold, found with one query however many there are."""
