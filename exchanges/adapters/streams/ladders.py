"""What the sockets share that tell a book's changes: it is kept here, and whatever leaves a doubt of it ends it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from exchanges.adapters.streams.stream import SocketStream
from exchanges.domain.failures import BookLost
from exchanges.domain.ladder import Ladder
from exchanges.domain.market import Book
from exchanges.domain.news import Beat, Missed, PriceNews

#: As many as anybody is shown.
LEVELS = 20
#: A book that nothing changes is told again while its socket lives, so that it is not taken for old.
_AGAIN = dt.timedelta(seconds=3)
#: For how long a venue may tell a book whose sides overlap before it is had anew; nobody is shown it meanwhile.
_CROSSED = dt.timedelta(seconds=3)


class LadderStream(SocketStream):
    """One symbol's book on a socket of its own, begun anew with each life of it."""

    _ladder: Ladder
    _symbol: str
    _told_at: dt.datetime | None
    _crossed_since: dt.datetime | None

    def begin_ladder(self, *, depth: int | None = None) -> None:
        (self._symbol,) = self.symbols
        self._ladder = Ladder(depth=depth)
        self._told_at = self._crossed_since = None

    def shown(self, at: dt.datetime | None) -> Iterator[PriceNews]:
        """The book as it stands, unless it cannot be one."""
        now = self.clock()
        if self._ladder.is_crossed:
            self._crossed_since = self._crossed_since or now
            if now - self._crossed_since >= _CROSSED:
                raise self.lost("tells a book whose sides overlap")
            yield Beat()
            return
        self._crossed_since, self._told_at = None, now
        yield Book(self._symbol, *self._ladder.best(LEVELS), at=at)

    def beaten(self, at: dt.datetime | None) -> Iterator[PriceNews]:
        """A sign of life: what was told is true still."""
        if self._told_at is not None and self.clock() - self._told_at >= _AGAIN:
            yield from self.shown(at)
        else:
            yield Beat()

    def lost(self, said: str) -> BookLost:
        return BookLost(f"{self.facts.title} {said}; its book of {self._symbol} is had anew.", venue=self.facts.name)

    def _news(self, data: str | bytes) -> list[Any]:
        """A message that cannot be read may have changed the book."""
        news = super()._news(data)
        for one in news:
            if isinstance(one, Missed):
                raise self.lost(f"told {one.reason}")
        return news
