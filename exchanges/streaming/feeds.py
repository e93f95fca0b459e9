"""What a venue's prices read and write. Each function is called in a thread."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction

from exchanges.catalogue import KnownCatalogue
from exchanges.domain.failures import Refused
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Listing, Ticker
from exchanges.domain.market import Level as MarketLevel
from exchanges.domain.markets import Market
from exchanges.domain.purposes import Purpose
from exchanges.lines import open_public_line
from exchanges.models import PriceFeed
from exchanges.venue import Venue
from instruments.domain.books import MOST_LEVELS, Depth, Level
from instruments.domain.prices import Price
from instruments.looks import looked_at
from instruments.models import Listing as ListingRow
from instruments.services.books import BooksWritten, write_books
from instruments.services.candles import write_candles
from instruments.services.prices import PricesWritten, write_prices
from instruments.wanted import wanted_symbols
from kernel.bars import Interval, bar_start
from kernel.tenancy.scope import operator

MINUTE = Interval("1m")
#: By which way a book came: what pages say of its source besides the venue.
TOLD, ASKED = "", " when asked"
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be listened to, and what is wanted and not listed."""

    listings: tuple[Listing, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """How a feed stands; the columns of its row."""

    connected_at: dt.datetime | None
    heard_at: dt.datetime | None
    gap_from: dt.datetime | None
    wanted: int
    heard: int
    unknown: tuple[str, ...]
    reconnects: int
    trouble: str
    trouble_at: dt.datetime | None


def wanted_of(market: str) -> Wanted:
    symbols = wanted_symbols(market)
    if not symbols:
        return Wanted((), ())
    found = {one.symbol: one for one in KnownCatalogue(market).named(symbols)}
    return Wanted(tuple(found[name] for name in sorted(found)), tuple(sorted(symbols - set(found))))


def write_tickers(venue: str, tickers: Sequence[Ticker], *, now: dt.datetime) -> PricesWritten:
    prices = [Price(one.symbol, one.last, one.bid, one.ask, one.at) for one in tickers]
    return write_prices(venue=venue, prices=prices, now=now)


def looked_at_of(market: str, *, now: dt.datetime) -> set[str]:
    return looked_at(market, now=now)


def write_books_of(venue: str, books: Iterable[tuple[Book, str]], *, now: dt.datetime) -> BooksWritten:
    """Each book with the way by which it came."""
    depths = [Depth(one.symbol, _levels(one.bids), _levels(one.asks), one.at, source=venue + way) for one, way in books]
    return write_books(venue=venue, books=depths, now=now)


def _levels(told: Sequence[MarketLevel]) -> tuple[Level, ...]:
    return tuple(Level(one.price, one.quantity) for one in told[:MOST_LEVELS])


def last_gap(venue: str) -> dt.datetime | None:
    """From when on something may be missing, by the last process that listened here."""
    row = PriceFeed.objects.filter(pk=venue).first()
    return None if row is None else row.gap_from or row.heard_at


def write_stand(venue: str, stand: Stand, *, now: dt.datetime) -> None:
    values = {**asdict(stand), "unknown": list(stand.unknown[:_NAMED]), "trouble": stand.trouble[:400], "seen_at": now}
    with operator(), transaction.atomic():
        PriceFeed.objects.update_or_create(venue=venue, defaults=values)


class BookAsker:
    """Asks for a book. Its line lives as long as it."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._line: Venue | None = None

    def book(self, symbol: str) -> Book:
        if self._line is None:
            self._line = open_public_line(self.market.facts, self.market.mode, purpose=Purpose.READ)
        return self._line.book(symbol, MOST_LEVELS)


class GapFiller:
    """Asks for what a symbol's socket did not tell. Its line lives as long as it: making one costs more than asking."""

    def __init__(self, market: Market) -> None:
        self.market, self.facts = market, market.facts
        self._line: Venue | None = None

    def fill(self, symbol: str, *, since: dt.datetime | None, is_heard: bool, now: dt.datetime) -> None:
        """The price as it is now, unless the socket told one, and the minutes that were missed."""
        try:
            if not is_heard and Act.TICKER in self.facts.acts:
                write_tickers(self.market.name, [self.line.ticker(symbol)], now=now)
            if since is not None:
                self._ask_for_bars(symbol, since=since, now=now)
        except Refused:
            # A symbol that is gone; the next catalogue says so.
            return

    @property
    def line(self) -> Venue:
        if self._line is None:
            self._line = open_public_line(self.facts, self.market.mode, purpose=Purpose.READ)
        return self._line

    def _ask_for_bars(self, symbol: str, *, since: dt.datetime, now: dt.datetime) -> None:
        """The closed minutes of a gap, as far back as the venue tells in one answer."""
        most = self.facts.most_candles
        begin = max(bar_start(since, MINUTE), bar_start(now, MINUTE) - MINUTE.length * most)
        if MINUTE.name not in self.facts.candle_intervals or begin >= bar_start(now, MINUTE):
            return
        row = ListingRow.objects.filter(venue=self.market.name, symbol=symbol, gone_at=None).first()
        if row is not None:
            candles = self.line.candles(symbol, MINUTE.name, begin, most)
            write_candles(row, MINUTE, candles, source=self.market.name, now=now)
