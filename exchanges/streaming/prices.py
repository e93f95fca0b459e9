"""The prices of one market: as many sockets as it takes, one writer, and what was missed asked for over REST."""

import asyncio
import datetime as dt
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial

from django.db import DatabaseError

from exchanges.domain.failures import TooMany, VenueFailure
from exchanges.domain.market import Book, Listing, Ticker
from exchanges.domain.markets import Market
from exchanges.domain.news import Beat, Joined, Missed, PriceNews
from exchanges.streaming import feeds
from exchanges.streaming.books import BookRoom
from exchanges.streaming.groups import Group, regroup
from exchanges.streaming.keeper import Keeper
from exchanges.streaming.opening import open_prices, pay_for_socket, public_manners
from exchanges.streaming.patience import Patience
from exchanges.streaming.seldom import Seldom
from exchanges.streaming.threads import StreamThread
from exchanges.venue import PriceStream
from kernel import clock
from kernel.logs.setup import get_logger

log = get_logger(__name__)

#: On one socket, where there may be as many sockets as one likes.
MOST_SYMBOLS = 200
#: How often a symbol's gap is asked for before it is left.
_TRIES = 5


class PriceRoom:
    """Lives on one event loop; everything but the threads' calls happens on it, so nothing needs a lock."""

    def __init__(self, market: Market, *, patience: Patience) -> None:
        if market.facts.prices is None:
            raise ValueError(f"{market.name} tells no prices")
        self.market, self.capabilities, self.patience = market, market.facts.prices, patience
        self.writer, self.asker = StreamThread(f"{market.name}-writer"), StreamThread(f"{market.name}-asker")
        self.manners = public_manners(market)
        self.books = BookRoom(market, asker=self.asker, writer=self.writer, manners=self.manners, patience=patience)
        #: The newest price of each symbol that is not written yet; never more than are listened to.
        self._latest: dict[str, Ticker] = {}
        self._wanted = feeds.Wanted((), ())
        self._symbols: set[str] = set()
        self._keepers: dict[Group, asyncio.Task[None]] = {}
        self._joined: set[Group] = set()
        self._left_out = 0
        self._missed = Seldom("prices.missed")
        self._heard: set[str] = set()
        self._filler = feeds.GapFiller(market)
        #: Since when each symbol may have been missed; asked for in this order.
        self._gaps: dict[str, dt.datetime | None] = {}
        self._is_due = asyncio.Event()
        self._gap_due = asyncio.Event()
        self._stand_due = asyncio.Event()
        self._connected_at: dt.datetime | None = None
        self._heard_at: dt.datetime | None = None
        self._gap_from: dt.datetime | None = None
        self._reconnects = 0
        self._trouble = ""
        self._trouble_at: dt.datetime | None = None

    async def run(self) -> None:
        """Until it is cancelled; then the sockets are closed and the last prices written."""
        try:
            self._heard_at = await self.asker.run(feeds.last_gap, self.market.name)
            async with asyncio.TaskGroup() as duties:
                for duty in (self._look(duties), self._write(), self._fill(), self._stand(), self.books.run()):
                    duties.create_task(duty)
        finally:
            await self._write_out()
            self._joined.clear()
            await self._write_stand()
            self.writer.close()
            self.asker.close()

    # ---- what is listened to ----

    async def _look(self, duties: asyncio.TaskGroup) -> None:
        while True:
            try:
                await self._listen_to(await self.asker.run(feeds.wanted_of, self.market.name), duties)
            except Exception:
                # A room that cannot say what it wants ends nobody's prices: what is listened to stays.
                log.exception("prices.not_looked", venue=self.market.name)
            await asyncio.sleep(self.patience.look)

    async def _listen_to(self, wanted: feeds.Wanted, duties: asyncio.TaskGroup) -> None:
        if wanted.unknown != self._wanted.unknown and wanted.unknown:
            log.warning("prices.not_listed", venue=self.market.name, symbols=wanted.unknown[:20])
        self._wanted = wanted
        by_symbol = {one.symbol: one for one in wanted.listings}
        groups = self._groups(by_symbol.keys()) if not self.capabilities.is_shared else set()
        for symbols in self._keepers.keys() - groups:
            self._keepers.pop(symbols).cancel()
            self._joined.discard(symbols)
        for symbols in sorted(groups - self._keepers.keys()):
            keeper = self._keeper(symbols, [by_symbol[one] for one in symbols])
            self._keepers[symbols] = duties.create_task(keeper.run())
        self._symbols = set(by_symbol)
        self._heard &= self._symbols
        for symbol in self._latest.keys() - self._symbols:
            del self._latest[symbol]
        if not groups:
            self._connected_at = None

    def _groups(self, symbols: Collection[str]) -> set[Group]:
        facts = self.capabilities
        # Where sockets are few each takes what it may; else it is small, as one that is renewed is asked for anew.
        bound = facts.most_symbols or MOST_SYMBOLS
        groups = regroup(self._keepers, symbols, most=bound if facts.most_sockets else min(bound, MOST_SYMBOLS))
        allowed = groups[: facts.most_sockets]
        left_out = sum(map(len, groups)) - sum(map(len, allowed))
        if left_out and left_out != self._left_out:
            log.warning("prices.too_many_symbols", venue=self.market.name, left_out=left_out)
        self._left_out = left_out
        return set(allowed)

    def _keeper(self, symbols: Group, listings: Sequence[Listing]) -> Keeper:
        async def make() -> PriceStream:
            await self.asker.run(pay_for_socket, self.manners)
            return await self.asker.run(open_prices, self.market, symbols, listings)

        return Keeper(
            name=f"{self.market.name} prices",
            venue=self.market.name,
            facts=self.capabilities,
            make=make,
            told=partial(self._hear_of, symbols),
            ended=partial(self._ended, symbols),
            patience=self.patience,
        )

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is wanted and listed, for the account whose socket carries it; what its socket takes at most."""
        return tuple(sorted(self._symbols))[: self.capabilities.most_symbols]

    # ---- what is heard ----

    def hear(self, ticker: Ticker | Book) -> None:
        """The newest of each symbol wins; what nobody asked for is dropped, so that nothing grows."""
        self._heard_at = clock.now()
        if isinstance(ticker, Book):
            self.books.hear(ticker)
            return
        if ticker.symbol in self._symbols:
            self._heard.add(ticker.symbol)
            self._latest[ticker.symbol] = ticker
            self._is_due.set()

    def _hear_of(self, symbols: Group, news: PriceNews) -> None:
        match news:
            case Ticker():
                self.hear(news)
            case Joined():
                self._join(symbols)
            case Missed():
                self._missed.say(venue=self.market.name, reason=news.reason)
                self._miss(symbols, self._heard_at)
            case Beat():
                self._heard_at = clock.now()
            case Book():
                self.books.hear(news)

    def _join(self, symbols: Group) -> None:
        self._joined.add(symbols)
        self._connected_at = self._connected_at or clock.now()
        self._trouble, self._trouble_at = "", None
        self._heard -= set(symbols)
        self._miss(symbols, self._gap_from or self._heard_at)
        self._heard_at = clock.now()
        self._stand_due.set()

    def _ended(self, symbols: Group, failure: VenueFailure | None) -> None:
        self._joined.discard(symbols)
        self._gap_from = self._gap_from or self._heard_at
        self._reconnects += 1
        self._stand_due.set()
        if not self._joined:
            self._connected_at = None
        if failure is not None:
            self._trouble, self._trouble_at = str(failure), clock.now()
            if isinstance(failure, TooMany):
                self.asker.post(self.manners.book.ban, failure.wait)

    # ---- what was missed ----

    def _miss(self, symbols: Sequence[str], since: dt.datetime | None) -> None:
        for symbol in symbols:
            before = self._gaps.get(symbol, since)
            self._gaps[symbol] = min(before, since) if before and since else since or before
        self._gap_due.set()

    async def _fill(self) -> None:
        """One symbol after the other; what the socket has told meanwhile needs no asking."""
        tries: dict[str, int] = {}
        while True:
            await self._gap_due.wait()
            # A socket tells most prices in its first second.
            await asyncio.sleep(self.patience.hints)
            self._gap_due.clear()
            while self._gaps:
                symbol = next(iter(self._gaps))
                since = self._gaps.pop(symbol)
                wait = await self._fill_one(symbol, since)
                if wait is None:
                    tries.pop(symbol, None)
                    continue
                tries[symbol] = tries.get(symbol, 0) + 1
                if tries[symbol] < _TRIES:
                    self._miss([symbol], since)
                else:
                    log.warning("prices.gap_left", venue=self.market.name, symbol=symbol)
                    del tries[symbol]
                await asyncio.sleep(wait)
            if self._joined:
                self._gap_from = None
                self._stand_due.set()
            await asyncio.sleep(self.patience.round)

    async def _fill_one(self, symbol: str, since: dt.datetime | None) -> float | None:
        """None when it was asked for, else how long to wait before asking again."""
        while True:
            is_heard, now = symbol in self._heard, clock.now()
            try:
                await self.asker.run(self._filler.fill, symbol, since=since, is_heard=is_heard, now=now)
            except TooMany as error:
                await asyncio.sleep(min(max(error.wait, 0.05), self.patience.longest_pause))
            except (VenueFailure, DatabaseError) as error:
                log.info("prices.gap_not_filled", venue=self.market.name, symbol=symbol, error=type(error).__name__)
                return self.patience.pause(1)
            else:
                return None

    # ---- what is written ----

    async def _write(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            await self._write_out()
            await asyncio.sleep(self.patience.write)

    async def _write_out(self) -> None:
        batch, self._latest = self._latest, {}
        if not batch:
            return
        try:
            done = await self.writer.run(feeds.write_tickers, self.market.name, list(batch.values()), now=clock.now())
        except DatabaseError as error:
            log.warning("prices.not_written", venue=self.market.name, error=type(error).__name__, count=len(batch))
            # What came meanwhile is newer.
            self._latest = {**batch, **self._latest}
            self._is_due.set()
            return
        if done.refused:
            log.warning("prices.refused", venue=self.market.name, faults=done.refused[:5])

    async def _stand(self) -> None:
        """Written when a socket opens or ends, and now and then; not more often than once a second."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.patience.standing):
                    await self._stand_due.wait()
            self._stand_due.clear()
            await self._write_stand()
            await asyncio.sleep(min(1.0, self.patience.standing))

    async def _write_stand(self) -> None:
        if not self._wanted.listings and not self._wanted.unknown and not self._reconnects:
            return
        stand = feeds.Stand(
            connected_at=self._connected_at if self._joined else None,
            heard_at=self._heard_at,
            gap_from=self._gap_from,
            wanted=len(self._wanted.listings) + len(self._wanted.unknown),
            heard=len(self._heard),
            unknown=self._wanted.unknown,
            reconnects=self._reconnects,
            trouble=self._trouble,
            trouble_at=self._trouble_at,
        )
        try:
            await self.writer.run(feeds.write_stand, self.market.name, stand, now=clock.now())
        except DatabaseError as error:
            log.warning("prices.stand_not_written", venue=self.market.name, error=type(error).__name__)


__all__ = ["PriceRoom"]
