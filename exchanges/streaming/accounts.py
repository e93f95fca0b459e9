"""One account's orders: one socket, what it tells handed on in order, and what was missed asked for over REST."""

import asyncio
import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from exchanges.adapters.wire import Held
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.failures import KeyRefused, TokenEnded, TooMany, VenueFailure
from exchanges.domain.market import Book, Ticker
from exchanges.domain.news import Beat, FillNews, Hint, Joined, Missed, Moved
from exchanges.domain.orders import OrderRef
from exchanges.domain.reports import FillReport, OrderReport
from exchanges.streaming import orders
from exchanges.streaming.keeper import Keeper
from exchanges.streaming.missed import ask_for_hints, ask_for_missed
from exchanges.streaming.opening import NotListened, line_of, open_fills, pay_for_socket
from exchanges.streaming.patience import Patience
from exchanges.streaming.seldom import Seldom
from exchanges.streaming.threads import StreamThread
from exchanges.streaming.told import Batch, Told, batch_of
from exchanges.venue import FillStream
from kernel import clock
from kernel.logs.setup import get_logger

log = get_logger(__name__)

#: Reports that wait to be handed on, and orders that are remembered as open. What is beyond is asked for again.
MOST_WAITING, MOST_OPEN = 1000, 5000


class AccountRoom:
    """Lives on one event loop. `hear_price` gets the prices of a socket that carries both."""

    def __init__(
        self,
        facts: VenueFacts,
        workspace_id: UUID,
        connection_id: UUID,
        *,
        thread: StreamThread,
        patience: Patience,
        symbols: Callable[[], tuple[str, ...]] = tuple,
        hear_price: Callable[[Ticker | Book], None] | None = None,
    ) -> None:
        if facts.fills is None:
            raise ValueError(f"{facts.name} tells nothing of orders")
        self.facts, self.workspace_id, self.connection_id = facts, workspace_id, connection_id
        self.thread, self.patience = thread, patience
        self._symbols, self._hear_price = symbols, hear_price
        self._keeper = Keeper(
            name=f"{facts.name} fills {connection_id}",
            venue=facts.name,
            facts=facts.fills,
            make=self._make,
            told=self._hear,
            ended=self._ended,
            patience=patience,
        )
        self._told, self._telling = Told(), asyncio.Lock()
        self._missed = Seldom("fills.missed")
        self._waiting: list[OrderReport | FillReport] = []
        self._hints: dict[str, OrderRef] = {}
        self._open: dict[str, OrderRef] = {}
        #: How much of each order was told by its fills.
        self._filled: dict[str, Decimal] = {}
        self._traded: set[str] = set()
        self._missed_since: dt.datetime | None = None
        self._version: int | None = None
        self._asked_for: tuple[str, ...] = ()
        self._ban: Callable[[float], None] | None = None
        self._report_due, self._ask_due = asyncio.Event(), asyncio.Event()
        self._holdings_due, self._stand_due = asyncio.Event(), asyncio.Event()
        self._connected_at: dt.datetime | None = None
        self._heard_at: dt.datetime | None = None
        self._gap_from: dt.datetime | None = None
        self._filled_at: dt.datetime | None = None
        self._reconnects = 0
        self._trouble: str = ""
        self._trouble_at: dt.datetime | None = None

    async def run(self) -> None:
        """Until it is cancelled, or the connection may not be listened to any more."""
        left = await self.thread.run(orders.left_of, self.workspace_id, self.connection_id, now=clock.now())
        self._gap_from, self._open = left.gap_from, dict(left.orders)
        try:
            async with asyncio.TaskGroup() as duties:
                for duty in (self._keeper.run(), self._tell(), self._ask(), self._look_at_holdings(), self._stand()):
                    duties.create_task(duty)
        except* NotListened:
            log.debug("fills.not_listened", connection=str(self.connection_id))
        finally:
            await self._tell_waiting()
            self._connected_at = None
            with suppress(DatabaseError):
                await self._write_stand()

    async def _make(self) -> FillStream:
        self._asked_for = self._symbols()
        opened = await self.thread.run(open_fills, self.workspace_id, self.connection_id, self._asked_for)
        await self.thread.run(pay_for_socket, opened.manners)
        self._version, self._ban = opened.version, opened.manners.book.ban
        return opened.stream

    # ---- what is heard ----

    def _hear(self, news: FillNews) -> None:
        match news:
            case OrderReport() | FillReport():
                self._receive(news)
            case Hint():
                self._hints[news.venue_id] = self._open.get(news.venue_id) or OrderRef(
                    "", news.symbol, clock.now(), (news.venue_id,)
                )
                self._ask_due.set()
            case Moved():
                self._holdings_due.set()
            case Missed():
                self._missed.say(connection=str(self.connection_id), reason=news.reason)
                self._miss(self._heard_at)
            case Joined():
                self._join()
            case Ticker() | Book():
                if self._hear_price is not None:
                    self._hear_price(news)
            case Beat():
                pass
        self._heard_at = clock.now()

    def _receive(self, news: OrderReport | FillReport) -> None:
        if len(self._waiting) >= MOST_WAITING:
            # Nobody takes them: they are dropped, and asked for when somebody does.
            self._miss(self._heard_at)
            return
        self._waiting.append(news)
        self._report_due.set()

    def _join(self) -> None:
        self._connected_at = clock.now()
        self._trouble, self._trouble_at = "", None
        self._miss(self._gap_from or self._heard_at)
        self._stand_due.set()

    def _ended(self, failure: VenueFailure | None) -> None:
        self._connected_at = None
        self._gap_from = self._gap_from or self._heard_at
        self._reconnects += 1
        if failure is not None:
            self._trouble, self._trouble_at = str(failure), clock.now()
            if isinstance(failure, TooMany) and self._ban is not None:
                self.thread.post(self._ban, failure.wait)
            elif isinstance(failure, KeyRefused | TokenEnded):
                self.thread.post(orders.ask_for_new_check, self.workspace_id, self.connection_id, clock.now())
        self._stand_due.set()

    def _miss(self, since: dt.datetime | None) -> None:
        since = since or clock.now()
        self._missed_since = min(self._missed_since or since, since)
        self._gap_from = min(self._gap_from or since, since)
        self._ask_due.set()

    # ---- what is told ----

    async def _tell(self) -> None:
        while True:
            await self._report_due.wait()
            self._report_due.clear()
            await self._tell_waiting()

    async def _tell_waiting(self) -> None:
        """One batch at a time: what the socket and REST tell at the same moment is told once."""
        async with self._telling:
            await self._tell_batch()

    async def _tell_batch(self) -> None:
        waiting, self._waiting = self._waiting, []
        batch = self._told.fresh(batch_of(waiting))
        if not batch:
            return
        try:
            await self.thread.run(orders.tell, self.workspace_id, self.connection_id, batch, now=clock.now())
        except Exception:
            # Whoever receives it could not: it is asked for again, and told then.
            log.exception("fills.not_told", connection=str(self.connection_id))
            self._miss(self._heard_at)
            return
        self._told.mark(batch)
        self._remember(batch)
        self._holdings_due.set()

    def _remember(self, batch: Batch) -> None:
        for fill in batch.fills:
            self._filled[fill.venue_order_id] = self._filled.get(fill.venue_order_id, Decimal(0)) + fill.quantity.value
        while len(self._filled) > MOST_OPEN:
            del self._filled[next(iter(self._filled))]
        for one in batch.orders:
            self._traded.add(one.symbol)
            if one.status.is_final:
                self._open.pop(one.venue_id, None)
            elif one.venue_id in self._open or len(self._open) < MOST_OPEN:
                placed = one.placed_at or clock.now()
                self._open[one.venue_id] = OrderRef(one.mark, one.symbol, placed, (one.venue_id,))

    async def _look_at_holdings(self) -> None:
        """At the first change at once, then every so often while there are more."""
        while True:
            await self._holdings_due.wait()
            self._holdings_due.clear()
            await self.thread.run(orders.refresh, self.workspace_id, self.connection_id)
            await asyncio.sleep(self.patience.holdings)

    # ---- what was missed ----

    async def _ask(self) -> None:
        failures = 0
        while True:
            await self._ask_due.wait()
            await asyncio.sleep(self.patience.hints)
            self._ask_due.clear()
            since, self._missed_since = self._missed_since, None
            hints, self._hints = self._hints, {}
            try:
                await self._ask_for(since, hints)
            except (VenueFailure, Held) as failure:
                failures += 1
                if since is not None:
                    self._miss(since)
                self._hints = {**hints, **self._hints}
                self._ask_due.set()
                wait = max(self.patience.pause(failures), failure.wait if isinstance(failure, TooMany) else 0.0)
                log.info("fills.not_asked", connection=str(self.connection_id), error=type(failure).__name__)
                await asyncio.sleep(wait)
                continue
            failures = 0
            if since is not None:
                await asyncio.sleep(self.patience.round)

    async def _ask_for(self, since: dt.datetime | None, hints: dict[str, OrderRef]) -> None:
        began = clock.now()
        if since is None and not hints:
            return
        line = await self.thread.run(line_of, self.workspace_id, self.connection_id)
        if since is not None:
            # It finds what the hints are about, but for orders that nobody knew of.
            asked, known = self._remembered(since - self.patience.overlap, began), {**self._open, **hints}
            symbols = set(self._traded)
            found = await ask_for_missed(line, self._question, since=asked, known=known, symbols=symbols)
        else:
            asked, filled = self._remembered(began - self.patience.overlap, began), dict(self._filled)
            found = await ask_for_hints(line, self._question, since=asked, hints=hints.values(), filled=filled)
        self._waiting = [*self._waiting, *found]
        await self._tell_waiting()
        if since is not None and self._missed_since is None and self._connected_at is not None:
            self._gap_from, self._filled_at = None, began
            self._holdings_due.set()
            self._stand_due.set()

    def _remembered(self, since: dt.datetime, now: dt.datetime) -> dt.datetime:
        """A venue that forgets at night refuses to tell of yesterday, and is asked of what it still knows."""
        end = self.facts.credentials.life.daily_end
        return max(since, end.day_began(now)) if self.facts.forgets_at_night and end is not None else since

    async def _question(self, ask: Callable[..., Any], *what: Any) -> Any:
        while True:
            try:
                return await self.thread.run(ask, *what)
            except TooMany as failure:
                await asyncio.sleep(min(max(failure.wait, 0.05), self.patience.longest_pause))

    # ---- how it stands ----

    async def _stand(self) -> None:
        """Written when something changed, and now and then: then another key, or other wanted prices, are noticed."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.patience.standing):
                    await self._stand_due.wait()
            is_news = self._stand_due.is_set()
            self._stand_due.clear()
            version = await self._write_stand(is_news=is_news)
            if self._version is not None and (version != self._version or self._symbols() != self._asked_for):
                self._keeper.renew()

    async def _write_stand(self, *, is_news: bool = True) -> int | None:
        stand = orders.Stand(
            connected_at=self._connected_at,
            heard_at=self._heard_at,
            gap_from=self._gap_from,
            filled_at=self._filled_at,
            reconnects=self._reconnects,
            trouble=self._trouble,
            trouble_at=self._trouble_at,
        )
        return await self.thread.run(orders.write_stand, self.workspace_id, self.connection_id, stand, is_news=is_news)
