"""One a process: hears the news, draws what open sockets should see, and hands them the frames."""

import asyncio
import gc
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.exceptions import RedisError

from kernel import clock
from kernel.health.metrics import SOCKETS
from kernel.live import frames
from kernel.live.codes import CloseCode
from kernel.live.feeds import Feeds, Room
from kernel.live.news import News, numbers_key
from kernel.live.registry import UnknownKind, kind_named
from kernel.live.rendering import Address, Drawn, Thing, Unreadable, draw_private, draw_public
from kernel.live.sockets import LiveSocket
from kernel.live.subscription import Subscription
from kernel.live.threads import WorkerThread
from kernel.live.watch import Watch
from kernel.logs.setup import get_logger
from kernel.redis_clients import asking_client

log = get_logger(__name__)

#: The same thing is drawn at most four times a second.
REST_SECONDS = 0.25
#: How many things one transaction reads, and one turn hands out: well below a socket's queue.
BATCH = 16
JOIN_PATIENCE_SECONDS = 2.0
READ_AGAIN_AFTER_SECONDS = 2.0
#: The room of public things.
EVERYBODY = UUID(int=0)
UNKNOWN_QUIET = -1
COLLECTOR_THRESHOLDS = (50_000, 10, 20)


class Broadcaster:
    """Lives on one event loop. Everything but the worker threads' calls happens on it, so nothing needs a lock."""

    def __init__(self) -> None:
        self.feeds = Feeds()
        self.subscription = Subscription(
            settings.REDIS_URL, settings.LIVE_CHANNEL, began=self._resync_all, heard=self._hear
        )
        self.door_thread = WorkerThread("door")
        self._watch = Watch(self.feeds)
        # Two, so that one workspace's slow selector leaves half of the others alone.
        self._draw_threads = (WorkerThread("draw-0"), WorkerThread("draw-1"))
        self._last_number: dict[UUID, int] = {}
        self._resting: dict[tuple[UUID, Thing], bool] = {}
        self._due: dict[UUID, dict[Thing, None]] = {}
        self._drawing: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        calm_collector()
        try:
            async with asyncio.TaskGroup() as duties:
                duties.create_task(self.subscription.run())
                duties.create_task(self._watch.run())
        finally:
            for socket in self.feeds.sockets():
                socket.close(CloseCode.FAILED)
            for thread in (self.door_thread, self._watch.thread, *self._draw_threads):
                thread.close()

    # --- joining --------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def joined(self, socket: LiveSocket) -> AsyncIterator[None]:
        """Inside, the socket gets frames; an early one says hello. Without Redis it waits for a resync."""
        try:
            await asyncio.wait_for(self.subscription.is_listening.wait(), JOIN_PATIENCE_SECONDS)
        except TimeoutError:
            log.warning("live.joined_unheard")
        room = self.feeds.join(socket)
        SOCKETS.inc()
        try:
            await self._greet(socket, room)
            yield
        finally:
            self.feeds.leave(socket)
            SOCKETS.dec()

    async def _greet(self, socket: LiveSocket, room: Room) -> None:
        if room.news_at is None and self.subscription.is_listening.is_set():
            known = await _last_news_at(socket.workspace_id)
            # News may have come while we asked, and is the younger then.
            room.news_at = room.news_at or known
        quiet = UNKNOWN_QUIET if room.news_at is None else int((clock.monotonic() - room.news_at) * 1000)
        socket.put(frames.hello(self.feeds.numbers_for(socket), quiet))

    # --- hearing ----------------------------------------------------------------------------------------------

    def _hear(self, news: News) -> None:
        if news.is_recheck:
            self._watch.nudge()
            return
        workspace = news.workspace_id or EVERYBODY
        room = self.feeds.rooms.get(workspace)
        last = self._last_number.get(workspace)
        if room is None and news.workspace_id is not None:
            self._last_number.pop(workspace, None)
            return
        self._last_number[workspace] = news.number
        if room is not None:
            room.news_at = clock.monotonic()
        if last is not None and news.number > last + 1:
            log.warning("live.news_missed", workspace=str(workspace), count=news.number - last - 1)
            self._resync_room(workspace)
        if news.row_id is not None:
            self._notice(workspace, Thing(news.kind, news.row_id))

    def _notice(self, workspace: UUID, thing: Thing) -> None:
        try:
            kind = kind_named(thing.kind)
        except UnknownKind:
            # A newer release publishes what this process does not know yet.
            return
        if workspace == EVERYBODY and not kind.is_public:
            # A row of the platform's own that every workspace may read, each in its scope.
            for room in self.feeds.rooms if kind.is_shared else ():
                self._want(room, thing)
        elif not kind.is_public or self.feeds.public_feeds(thing.kind, thing.row_id):
            self._want(workspace, thing)

    def _want(self, workspace: UUID, thing: Thing) -> None:
        key = (workspace, thing)
        if key in self._resting:
            self._resting[key] = True
        else:
            self._draw_soon(key)

    def _draw_soon(self, key: tuple[UUID, Thing]) -> None:
        workspace, thing = key
        self._resting[key] = False
        asyncio.get_running_loop().call_later(REST_SECONDS, self._rested, key)
        self._due.setdefault(workspace, {})[thing] = None
        if workspace not in self._drawing:
            self._drawing[workspace] = asyncio.create_task(self._draw_due(workspace))

    def _rested(self, key: tuple[UUID, Thing]) -> None:
        if self._resting.pop(key, False):
            self._draw_soon(key)

    # --- drawing ----------------------------------------------------------------------------------------------

    async def _draw_due(self, workspace: UUID) -> None:
        """Draws what is due in one workspace, batch by batch and in order, until nothing is."""
        try:
            while due := self._due.get(workspace):
                batch = list(due)[:BATCH]
                for thing in batch:
                    del due[thing]
                await self._draw_batch(workspace, batch)
        finally:
            self._due.pop(workspace, None)
            del self._drawing[workspace]

    async def _draw_batch(self, workspace: UUID, batch: Sequence[Thing]) -> None:
        try:
            drawn = await self._draw(workspace, batch)
        except Unreadable:
            log.warning("live.database_away", workspace=str(workspace))
            asyncio.get_running_loop().call_later(READ_AGAIN_AFTER_SECONDS, self._resync_room, workspace)
        else:
            await self._hand_out(workspace, drawn)

    async def _draw(self, workspace: UUID, batch: Sequence[Thing]) -> Drawn:
        thread = self._draw_threads[workspace.int % len(self._draw_threads)]
        if workspace == EVERYBODY:
            return await thread.run(draw_public, batch)
        room = self.feeds.rooms.get(workspace)
        if room is None:
            return []
        return await thread.run(draw_private, Address(workspace, room.slug), batch, list(room.shared))

    async def _hand_out(self, workspace: UUID, drawn: Drawn) -> None:
        room = self.feeds.rooms.get(workspace)
        for viewpoint, body in drawn:
            if viewpoint is None:
                for feed in self.feeds.public_feeds(body.kind, body.row_id):
                    await feed.send(body)
            elif room is not None:
                await room.send(viewpoint, body)

    # --- missing ----------------------------------------------------------------------------------------------

    def _resync_all(self) -> None:
        self._last_number.clear()
        for room in self.feeds.rooms.values():
            room.news_at = None
            self._resync(room.sockets)

    def _resync_room(self, workspace: UUID) -> None:
        if workspace == EVERYBODY:
            self._resync(self.feeds.sockets())
        elif room := self.feeds.rooms.get(workspace):
            self._resync(room.sockets)

    def _resync(self, sockets: Collection[LiveSocket]) -> None:
        for socket in sockets:
            socket.put(frames.resync(self.feeds.numbers_for(socket)))


def calm_collector() -> None:
    """Keeps the cyclic collector from walking everything that was imported, and all sockets, during a fan-out.

    Frames are freed by their reference counts. Measured at 1,000 sockets: 15 % of the CPU, and the longest delays.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


_broadcasters: "WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Broadcaster, asyncio.Task[None]]]" = (
    WeakKeyDictionary()
)


def broadcaster() -> Broadcaster:
    """This process's broadcaster, started by the first socket that knocks; a fresh one if the last one failed."""
    loop = asyncio.get_running_loop()
    running = _broadcasters.get(loop)
    if running is None:
        fresh = Broadcaster()
        task = loop.create_task(fresh.run())
        task.add_done_callback(_ended)
        running = _broadcasters[loop] = (fresh, task)
    return running[0]


def _ended(task: "asyncio.Task[None]") -> None:
    _broadcasters.pop(task.get_loop(), None)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("live.broadcaster_failed", exc_info=error)


async def _last_news_at(workspace_id: UUID) -> float | None:
    """When the workspace's last news was published, on our clock; None when Redis does not know."""
    try:
        client = asking_client(settings.REDIS_URL, seconds=1)
        async with client, client.pipeline(transaction=False) as asked:
            asked.time()
            asked.hget(numbers_key(workspace_id), "at")
            (seconds, micros), at = await asked.execute()
    except (RedisError, OSError):
        return None
    if at is None:
        return None
    age = float(seconds) + float(micros) / 1_000_000 - int(at) / 1000
    return clock.monotonic() - max(0.0, age)
