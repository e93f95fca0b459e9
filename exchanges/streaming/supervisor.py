"""One a process: looks every few seconds what is to be listened to, and keeps a room for each."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from exchanges.domain.market import Book, Ticker
from exchanges.domain.markets import SANDBOX, Market
from exchanges.streaming.accounts import AccountRoom
from exchanges.streaming.opening import FILLS, PRICES
from exchanges.streaming.patience import Patience
from exchanges.streaming.prices import PriceRoom
from exchanges.streaming.threads import StreamThread, StreamThreads
from kernel import clock
from kernel.health.heartbeat import EVERY_SECONDS, beat
from kernel.health.models import WorkerHeartbeat
from kernel.logs.setup import get_logger
from kernel.tenancy.locators import locate

log = get_logger(__name__)

#: Threads that all accounts of a process share.
_THREADS = 4
#: How long the rooms may take to close their sockets and write what they hold.
STOP_SECONDS = 3.5


class Room(Protocol):
    async def run(self) -> None: ...


class Supervisor:
    def __init__(
        self,
        *,
        name: str,
        prices: Sequence[Market] = (),
        fills: Sequence[Market] = (),
        shard: int = 0,
        shards: int = 1,
        patience: Patience | None = None,
    ) -> None:
        self.name, self.fills, self.shard, self.shards = name, tuple(fills), shard, shards
        self.patience = patience or Patience()
        self.threads, self.looker = StreamThreads("fills", _THREADS), StreamThread("look")
        # A venue whose one socket tells both has a room for prices wherever its accounts are listened to.
        listened = {market.name for market in self.fills}
        shared = [market for market in self.fills if market.facts.fills is not None and market.facts.fills.is_shared]
        self._prices = {market.name: market for market in (*prices, *shared) if _tells_prices(market, listened)}
        self._price_rooms: dict[str, PriceRoom] = {}
        self._rooms: dict[Hashable, asyncio.Task[None]] = {}
        #: Of each market with a shared socket, the account whose socket carries the prices.
        self._carriers: dict[str, UUID] = {}

    async def run(self, stop: asyncio.Event) -> None:
        started_at = clock.now()
        beating = asyncio.create_task(self._beat(started_at))
        log.info("streams.started", name=self.name, prices=sorted(self._prices), fills=[one.name for one in self.fills])
        try:
            while not stop.is_set():
                await self._look()
                await _wait(stop, self.patience.look)
        finally:
            beating.cancel()
            await self._close()
            log.info("streams.stopped", name=self.name)

    # ---- what is kept ----

    async def _look(self) -> None:
        """What ended by itself or by a defect is begun anew here, so never more often than one looks."""
        for key, task in list(self._rooms.items()):
            if task.done():
                self._end(key, task)
        for name, market in self._prices.items():
            if ("prices", name) not in self._rooms:
                room = self._price_rooms[name] = PriceRoom(market, patience=self.patience)
                self._begin(("prices", name), room)
        for market in self.fills:
            try:
                found = await self.looker.run(_located, market, self.shards, self.shard)
            except DatabaseError as error:
                log.warning("fills.not_looked", venue=market.name, error=type(error).__name__)
                continue
            self._keep_accounts(market, found)

    def _keep_accounts(self, market: Market, found: dict[UUID, UUID]) -> None:
        facts, name = market.facts, market.name
        for key in [one for one in self._rooms if isinstance(one, tuple) and one[0] == name]:
            if key[1] not in found:
                self._rooms[key].cancel()
        is_shared = facts.fills is not None and facts.fills.is_shared
        if is_shared and self._carriers.get(name) not in found:
            self._carriers.pop(name, None)
        for connection_id, workspace_id in found.items():
            if (name, connection_id) in self._rooms:
                continue
            tells = is_shared and name in self._prices
            carries = tells and self._carriers.setdefault(name, connection_id) == connection_id
            room = AccountRoom(
                facts,
                workspace_id,
                connection_id,
                thread=self.threads.of(connection_id),
                patience=self.patience,
                symbols=self._symbols_of(name) if carries else tuple,
                hear_price=self._hearer_of(name) if carries else None,
            )
            self._begin((name, connection_id), room)

    def _symbols_of(self, market: str) -> Callable[[], tuple[str, ...]]:
        return lambda: self._price_rooms[market].symbols

    def _hearer_of(self, market: str) -> Callable[[Ticker | Book], None]:
        def hear(ticker: Ticker | Book) -> None:
            # The room as it is then: it may have been begun anew.
            self._price_rooms[market].hear(ticker)

        return hear

    def _begin(self, key: Hashable, room: Room) -> None:
        self._rooms[key] = asyncio.create_task(room.run())

    def _end(self, key: Hashable, task: "asyncio.Task[None]") -> None:
        del self._rooms[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("stream.failed", what=str(key), exc_info=error)

    # ---- the process ----

    async def _beat(self, started_at: Any) -> None:
        while True:
            try:
                await self.looker.run(beat, self.name, [], started_at, clock.now())
            except DatabaseError as error:
                log.warning("streams.heartbeat_failed", name=self.name, error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def _close(self) -> None:
        """Bounded: what does not end in time is left, and the process ends anyway."""
        for task in self._rooms.values():
            task.cancel()
        if self._rooms:
            done, late = await asyncio.wait(self._rooms.values(), timeout=STOP_SECONDS)
            for key, task in self._rooms.items():
                if task in done and not task.cancelled() and task.exception() is not None:
                    log.warning("stream.ended_badly", what=str(key), error=type(task.exception()).__name__)
            if late:
                log.warning("streams.left", count=len(late))
        try:
            async with asyncio.timeout(0.5):
                await self.looker.run(_forget, self.name)
        except (TimeoutError, DatabaseError):
            log.warning("streams.heartbeat_not_forgotten", name=self.name)
        self.threads.close()
        self.looker.close()


def _tells_prices(market: Market, listened: Collection[str]) -> bool:
    """A shared socket is an account's: without accounts nobody tells its prices.

    And what the exchanges license to the holder of an account is not for others: its prices become everybody's only
    where those who trade run the instance themselves. The sandbox's are nobody's secret.
    """
    if market.facts.prices is None:
        return False
    if market.facts.prices.is_shared:
        return market.name in listened and (market.mode == SANDBOX or bool(settings.SELF_HOSTED))
    return market.facts.name in PRICES


def _located(market: Market, shards: int, shard: int) -> dict[UUID, UUID]:
    if market.facts.name not in FILLS:
        return {}
    rows = locate("locate_streamed_connections", market.facts.name, market.mode, shards, shard, clock.now())
    return {connection_id: workspace_id for workspace_id, connection_id in rows}


def _forget(name: str) -> None:
    WorkerHeartbeat.objects.filter(name=name).delete()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
