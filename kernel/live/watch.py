"""Closes sockets that lost their right to be open, that do not read, or that could not be checked for too long.

The guarantee is PostgreSQL's: whatever Redis does, each process asks every few seconds, with one query a door.
"""

import asyncio

from django.db import DatabaseError

from kernel import clock
from kernel.live.codes import CloseCode
from kernel.live.door import Door
from kernel.live.feeds import Feeds
from kernel.live.sockets import LiveSocket
from kernel.live.threads import WorkerThread
from kernel.logs.setup import get_logger

log = get_logger(__name__)

ROUND_SECONDS = 1.0
CHECK_EVERY_SECONDS = 2.0
#: A nudge is followed at once, but not more often than this.
NUDGES_APART_SECONDS = 0.2
#: The database may be away for a while; an unchecked socket does not outlive this.
UNCHECKED_SECONDS = 30.0


class Watch:
    def __init__(self, feeds: Feeds) -> None:
        self.thread = WorkerThread("watch")
        self._feeds = feeds
        self._is_nudged = asyncio.Event()
        self._check: asyncio.Task[None] | None = None
        self._checked_at = 0.0

    def nudge(self) -> None:
        self._is_nudged.set()

    async def run(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._is_nudged.wait(), ROUND_SECONDS)
            except TimeoutError:
                pass  # A round in which nobody nudged.
            else:
                await asyncio.sleep(NUDGES_APART_SECONDS)
            self._close_overdue(clock.monotonic())
            self._begin_check(clock.monotonic())

    def _close_overdue(self, now: float) -> None:
        for socket in self._feeds.sockets():
            if socket.is_stuck:
                socket.close(CloseCode.TOO_SLOW)
            elif now - socket.verified_at > UNCHECKED_SECONDS:
                socket.close(CloseCode.UNCHECKED)

    def _begin_check(self, now: float) -> None:
        is_due = self._is_nudged.is_set() or now - self._checked_at >= CHECK_EVERY_SECONDS
        # A check that hangs is not joined by a second one; the sockets' own deadline goes on.
        if is_due and (self._check is None or self._check.done()):
            self._is_nudged.clear()
            self._checked_at = now
            self._check = asyncio.create_task(self._check_entries())

    async def _check_entries(self) -> None:
        by_door: dict[Door, list[LiveSocket]] = {}
        for socket in self._feeds.sockets():
            by_door.setdefault(socket.door, []).append(socket)
        for door, sockets in by_door.items():
            await self._check_door(door, sockets)

    async def _check_door(self, door: Door, sockets: list[LiveSocket]) -> None:
        asked_at = clock.monotonic()
        try:
            holding = await self.thread.run(door.still_open, [socket.entry for socket in sockets])
        except DatabaseError as error:
            log.warning("live.check_failed", error=type(error).__name__, sockets=len(sockets))
            return
        for socket in sockets:
            if socket.entry.id in holding:
                socket.verified_at = asked_at
            else:
                socket.close(CloseCode.ENTRY_ENDED)
