"""One open socket's end of the fan-out: a bounded queue that its own task empties."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from kernel import clock
from kernel.health.metrics import FRAMES_DROPPED
from kernel.live.codes import CloseCode
from kernel.live.door import Door, Entry
from kernel.live.frames import Frame
from kernel.tenancy.access import Access

_NOBODY = UUID(int=0)

QUEUE_FRAMES = 64
#: How long a queue may stay full, or one frame wait for the peer to take it, before the socket is closed.
FULL_SECONDS = 5.0
STALLED_SECONDS = 10.0


def viewpoint_of(access: Access) -> Access:
    """The access with the person taken out: all who may see the same share one, and one rendering."""
    return replace(access, person_id=_NOBODY, token_id=_NOBODY if access.token_id else None)


class LiveSocket:
    """What the broadcaster knows of a listener. It puts frames in and never waits; the consumer takes them out."""

    def __init__(self, *, door: Door, entry: Entry, topics: frozenset[str], verified_at: float) -> None:
        self.door, self.entry, self.topics = door, entry, topics
        self.viewpoint = viewpoint_of(entry.access)
        self.verified_at = verified_at
        self.close_code: CloseCode | None = None
        self._frames: deque[Frame] = deque()
        self._full_since: float | None = None
        #: Since when the writer has been busy with one frame.
        self._handed_out_at: float | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._closing: Callable[[], object] = lambda: None

    @property
    def workspace_id(self) -> UUID:
        return self.entry.access.workspace_id

    @property
    def person_id(self) -> UUID:
        return self.entry.access.person_id

    def put(self, frame: Frame) -> None:
        """Queues a frame; the oldest gives way when the queue is full, and a reader who stays behind is given up."""
        if self.close_code is not None:
            return
        if len(self._frames) >= QUEUE_FRAMES:
            self._drop_oldest()
        self._frames.append(frame)
        self._wake()

    def close(self, code: CloseCode) -> None:
        """Ends the socket: what is queued is forgotten, the first code counts."""
        if self.close_code is None:
            self.close_code = code
            self._frames.clear()
            self._wake()
            self._closing()

    def on_close(self, act: Callable[[], object]) -> None:
        """What to do once when the socket is told to close; at once when it already was."""
        self._closing = act
        if self.close_code is not None:
            act()

    async def next_frame(self) -> Frame | None:
        """The oldest queued frame, or None when the socket is to be closed."""
        self._handed_out_at = None
        while not self._frames:
            if self.close_code is not None:
                return None
            self._full_since = None
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        self._handed_out_at = clock.monotonic()
        return self._frames.popleft()

    @property
    def is_stuck(self) -> bool:
        """True when the reader has been behind for too long."""
        now = clock.monotonic()
        is_full = self._full_since is not None and now - self._full_since >= FULL_SECONDS
        is_stalled = self._handed_out_at is not None and now - self._handed_out_at >= STALLED_SECONDS
        return is_full or is_stalled

    def _drop_oldest(self) -> None:
        self._frames.popleft()
        FRAMES_DROPPED.inc()
        if self._full_since is None:
            self._full_since = clock.monotonic()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
