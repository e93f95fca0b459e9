"""The books of one market that somebody looks at: a socket each where the venue has one; asked for in turn where it has
none, where none is left, and while one says nothing.
"""

import asyncio
from functools import partial

from django.db import DatabaseError

from exchanges.domain.failures import BookLost, Refused, TooMany, VenueFailure
from exchanges.domain.limits import Act
from exchanges.domain.market import Book
from exchanges.domain.markets import Market
from exchanges.domain.news import PriceNews
from exchanges.manners.shared import SharedManners
from exchanges.streaming import feeds
from exchanges.streaming.keeper import Keeper
from exchanges.streaming.opening import BOOKS, open_book, pay_for_socket
from exchanges.streaming.patience import Patience
from exchanges.streaming.seldom import Seldom
from exchanges.streaming.threads import StreamThread
from exchanges.venue import PriceStream
from kernel import clock
from kernel.health.metrics import BOOKS_LOST
from kernel.logs.setup import get_logger

log = get_logger(__name__)

#: Sockets at once; who looks at more than these is answered by asking in turn.
MOST_SOCKETS = 20


class BookRoom:
    """Lives on its price room's event loop, and uses its threads."""

    def __init__(
        self,
        market: Market,
        *,
        asker: StreamThread,
        writer: StreamThread,
        manners: SharedManners,
        patience: Patience,
    ) -> None:
        self.market, self.asker, self.writer = market, asker, writer
        self.manners, self.patience = manners, patience
        self._symbols: set[str] = set()
        self._keepers: dict[str, asyncio.Task[None]] = {}
        #: When each socket told its book last, or was opened for it.
        self._told_at: dict[str, float] = {}
        self._lost = Seldom("books.lost")
        #: The newest of each, and by which way it came.
        self._latest: dict[str, tuple[Book, str]] = {}
        self._is_due = asyncio.Event()
        self._asker = feeds.BookAsker(market)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as duties:
            duties.create_task(self._look(duties))
            duties.create_task(self._write())
            if Act.BOOK in self.market.facts.acts and not self._is_told_by_accounts:
                duties.create_task(self._ask())

    def hear(self, news: PriceNews) -> None:
        """What nobody looks at is dropped, so that nothing grows."""
        if isinstance(news, Book) and news.symbol in self._symbols:
            self._told_at[news.symbol] = clock.monotonic()
            self._keep(news, feeds.TOLD)

    # ---- within ----

    @property
    def _is_told_by_accounts(self) -> bool:
        """The socket that carries an account's orders tells its books with its prices."""
        prices = self.market.facts.prices
        return prices is not None and prices.is_shared

    def _keep(self, book: Book, way: str) -> None:
        self._latest[book.symbol] = (book, way)
        self._is_due.set()

    async def _look(self, duties: asyncio.TaskGroup) -> None:
        while True:
            try:
                self._symbols = await self.asker.run(feeds.looked_at_of, self.market.name, now=clock.now())
            except DatabaseError as error:
                log.warning("books.not_looked", venue=self.market.name, error=type(error).__name__)
            self._open(duties)
            await asyncio.sleep(self.patience.look_at_books)

    def _open(self, duties: asyncio.TaskGroup) -> None:
        if self.market.facts.name not in BOOKS:
            return
        for symbol in self._keepers.keys() - self._symbols:
            self._keepers.pop(symbol).cancel()
            self._told_at.pop(symbol, None)
        for symbol in sorted(self._symbols - self._keepers.keys())[: MOST_SOCKETS - len(self._keepers)]:
            self._told_at[symbol] = clock.monotonic()
            self._keepers[symbol] = duties.create_task(self._keeper(symbol).run())

    def _keeper(self, symbol: str) -> Keeper:
        async def make() -> PriceStream:
            await self.asker.run(pay_for_socket, self.manners)
            return await self.asker.run(open_book, self.market, symbol)

        facts = self.market.facts
        assert facts.prices is not None
        return Keeper(
            name=f"{self.market.name} book {symbol}",
            venue=self.market.name,
            facts=facts.prices,
            make=make,
            told=self.hear,
            ended=partial(self._ended, symbol),
            patience=self.patience,
        )

    def _ended(self, symbol: str, failure: VenueFailure | None) -> None:
        if isinstance(failure, Refused | TooMany):
            # Another one will not be there in a moment.
            self._told_at.pop(symbol, None)
        if isinstance(failure, BookLost):
            BOOKS_LOST.labels(self.market.name).inc()
            self._lost.say(venue=self.market.name, symbol=symbol, reason=str(failure))
        if isinstance(failure, TooMany):
            self.asker.post(self.manners.book.ban, failure.wait)

    async def _ask(self) -> None:
        """One after the other, and round again: the more are looked at, the older each may be."""
        while True:
            began = clock.monotonic()
            for symbol in sorted(filter(self._is_silent, self._symbols)):
                await self._ask_for(symbol)
            await asyncio.sleep(max(self.patience.ask_for_books - (clock.monotonic() - began), 0.05))

    def _is_silent(self, symbol: str) -> bool:
        """Whether no socket tells this book at present."""
        told_at = self._told_at.get(symbol)
        return told_at is None or clock.monotonic() - told_at > self.patience.book_silence

    async def _ask_for(self, symbol: str) -> None:
        try:
            book = await self.asker.run(self._asker.book, symbol)
            # What a socket told meanwhile is newer.
            if symbol in self._symbols and self._is_silent(symbol):
                self._keep(book, feeds.ASKED)
        except TooMany as error:
            await asyncio.sleep(min(max(error.wait, 0.05), self.patience.longest_pause))
        except Refused:
            log.info("books.refused", venue=self.market.name, symbol=symbol)
        except (VenueFailure, DatabaseError) as error:
            log.info("books.not_told", venue=self.market.name, symbol=symbol, error=type(error).__name__)
            await asyncio.sleep(self.patience.pause(1))

    async def _write(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            batch, self._latest = self._latest, {}
            try:
                done = await self.writer.run(feeds.write_books_of, self.market.name, batch.values(), now=clock.now())
            except DatabaseError as error:
                log.warning("books.not_written", venue=self.market.name, error=type(error).__name__)
            else:
                if done.refused:
                    log.warning("books.refused", venue=self.market.name, faults=done.refused[:5])
            await asyncio.sleep(self.patience.write)
