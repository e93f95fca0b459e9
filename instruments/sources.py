"""Whoever can give bars: the protocol, and the registry that each room fills in its `ready()`."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from instruments.domain.candles import Candle
from instruments.domain.prices import Price

#: A source that says nothing for so long is silent, and another is asked. Below the five seconds of a failover.
PATIENCE = dt.timedelta(seconds=3)


class SourceFailure(Exception):
    """The source gave nothing that can be used. The words are safe to show: no address, no key."""


class SourceSilent(SourceFailure):
    """No whole answer in time, or no way to it."""


class SourceBusy(SourceFailure):
    """Its budget is used up, or it asked for quiet."""

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class SourceRefused(SourceFailure):
    """It does not take the question: an unknown symbol, a key that is missing or wrong."""


class Budget(NamedTuple):
    """How often a source may be asked by this instance."""

    calls: int
    seconds: int


class Rate(NamedTuple):
    """So much of the second currency for one of the first, as of a day."""

    base: str
    quote: str
    rate: Decimal
    day: dt.date
    source: str


class Source(Protocol):
    """One venue or vendor. Each call sends one request at the most and answers within PATIENCE, or fails."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def intervals(self) -> frozenset[str]:
        """Those whose bars it can give."""

    @property
    def most_candles(self) -> int:
        """How many bars one answer has at the most."""

    @property
    def budget(self) -> Budget | None:
        """Counted before each call. None: its own manners count, as those of a venue do."""

    def candles(self, symbol: str, interval: str, since: dt.datetime, until: dt.datetime) -> Sequence[Candle]:
        """Bars that start from `since` on and before `until`, as many as one answer has, oldest first."""


class PriceSource(Source, Protocol):
    """Tells prices too. They are shown in its name; none of them gates an order."""

    @property
    def prices_at_once(self) -> int:
        """Of how many symbols one request asks."""

    def prices(self, symbols: Sequence[str]) -> Sequence[Price]: ...


class RateSource(Protocol):
    """Tells what currencies are worth, by day."""

    @property
    def rates_at_once(self) -> int:
        """Of how many currencies one request asks."""

    def rates(self, base: str, quotes: Sequence[str]) -> Sequence[Rate]: ...


class UnknownSource(LookupError):
    """Nobody registered a source of this name."""


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Takes the place of what is known by this name so far."""
    _sources[source.name] = source


def source_named(name: str) -> Source:
    try:
        return _sources[name]
    except KeyError as error:
        raise UnknownSource(f"There is no source {name[:40]!r}; known are {', '.join(sorted(_sources))}.") from error


def known_sources() -> list[Source]:
    return [_sources[name] for name in sorted(_sources)]
