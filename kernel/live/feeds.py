"""Feeds: who hears the same frames. Each numbers its own, so a listener sees when one is missing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from kernel.health.metrics import FRAMES
from kernel.live.frames import Body
from kernel.live.sockets import LiveSocket
from kernel.tenancy.access import Access

Key = TypeVar("Key")

#: uvloop writes when a turn of the loop ends: without slices the first of a thousand waits for the last.
SLICE = 100
SHARED, OWN = "shared", "own"


@dataclass(slots=True)
class Feed:
    name: str
    sockets: set[LiveSocket] = field(default_factory=set)
    number: int = 0

    async def send(self, body: Body) -> None:
        """Hands the frame to all who listen now, a slice at a time: the first are served while others still queue."""
        self.number += 1
        frame = body.numbered(self.name, self.number)
        listeners = list(self.sockets)
        for start in range(0, len(listeners), SLICE):
            for socket in listeners[start : start + SLICE]:
                socket.put(frame)
            await asyncio.sleep(0)
        FRAMES.inc(len(listeners))


@dataclass(slots=True)
class Room:
    """A workspace with open sockets: one feed for each viewpoint, and one for each person's own things."""

    workspace_id: UUID
    slug: str
    sockets: set[LiveSocket] = field(default_factory=set)
    shared: dict[Access, Feed] = field(default_factory=dict)
    own: dict[tuple[Access, UUID], Feed] = field(default_factory=dict)
    #: When its last news came, on this process's clock; None until we know.
    news_at: float | None = None

    async def send(self, viewpoint: Access, body: Body) -> None:
        feed = self.shared.get(viewpoint) if body.reader is None else self.own.get((viewpoint, body.reader))
        if feed is not None:
            await feed.send(body)


class Feeds:
    """Every feed somebody hears in this process. A feed without listeners is forgotten."""

    def __init__(self) -> None:
        self.rooms: dict[UUID, Room] = {}
        self._public: dict[str, Feed] = {}

    def join(self, socket: LiveSocket) -> Room:
        room = self.rooms.setdefault(socket.workspace_id, Room(socket.workspace_id, socket.entry.slug))
        room.sockets.add(socket)
        room.shared.setdefault(socket.viewpoint, Feed(SHARED)).sockets.add(socket)
        room.own.setdefault((socket.viewpoint, socket.person_id), Feed(OWN)).sockets.add(socket)
        for topic in socket.topics:
            self._public.setdefault(topic, Feed(topic)).sockets.add(socket)
        return room

    def leave(self, socket: LiveSocket) -> None:
        room = self.rooms[socket.workspace_id]
        room.sockets.discard(socket)
        _leave(room.shared, socket.viewpoint, socket)
        _leave(room.own, (socket.viewpoint, socket.person_id), socket)
        for topic in socket.topics:
            _leave(self._public, topic, socket)
        if not room.sockets:
            del self.rooms[socket.workspace_id]

    def sockets(self) -> list[LiveSocket]:
        return [socket for room in self.rooms.values() for socket in room.sockets]

    def numbers_for(self, socket: LiveSocket) -> Mapping[str, int]:
        """Where each feed that the socket hears stands now."""
        room = self.rooms[socket.workspace_id]
        heard = [room.shared[socket.viewpoint], room.own[socket.viewpoint, socket.person_id]]
        heard += [self._public[topic] for topic in sorted(socket.topics)]
        return {feed.name: feed.number for feed in heard}

    def public_feeds(self, kind: str, row_id: UUID) -> list[Feed]:
        """The feeds that carry this public thing: those of its whole kind, and of it alone."""
        return [feed for topic in (kind, f"{kind}:{row_id}") if (feed := self._public.get(topic))]


def _leave(feeds: dict[Key, Feed], key: Key, socket: LiveSocket) -> None:
    feed = feeds[key]
    feed.sockets.discard(socket)
    if not feed.sockets:
        del feeds[key]
