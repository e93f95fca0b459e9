"""Venues as sources of candles, each by its public lines. One whose candles need a person's key is none."""

import datetime as dt
import threading
from collections.abc import Sequence

from exchanges.domain.failures import NotNow, NotOffered, Refused, TooMany, VenueFailure
from exchanges.domain.limits import Act
from exchanges.domain.markets import Market
from exchanges.domain.purposes import Purpose
from exchanges.lines import NoLine, markets_here, open_public_line
from exchanges.venue import Venue
from instruments.domain.candles import Candle
from instruments.sources import PATIENCE, SourceBusy, SourceFailure, SourceRefused, SourceSilent, register_source
from kernel.bars import Interval


class VenueSource:
    """A market's own candles. Its budget is counted by the venue's manners."""

    budget = None

    def __init__(self, market: Market) -> None:
        self._market = market
        self._lines = threading.local()

    @property
    def name(self) -> str:
        return self._market.name

    @property
    def title(self) -> str:
        return f"{self._market.facts.title} (sandbox)" if self._market.mode != "live" else self._market.facts.title

    @property
    def intervals(self) -> frozenset[str]:
        return self._market.facts.candle_intervals

    @property
    def most_candles(self) -> int:
        return self._market.facts.most_candles

    def candles(self, symbol: str, interval: str, since: dt.datetime, until: dt.datetime) -> Sequence[Candle]:
        count = min(self.most_candles, -(-(until - since) // Interval(interval).length))
        try:
            told = self._line().candles(symbol, interval, since, count)
        except TooMany as failure:
            raise SourceBusy(str(failure), wait=failure.wait) from failure
        except NotNow as failure:
            raise SourceSilent(str(failure)) from failure
        except (Refused, NotOffered, NoLine) as failure:
            raise SourceRefused(str(failure)) from failure
        except VenueFailure as failure:
            raise SourceFailure(str(failure)) from failure
        return [one for one in told if since <= one.start < until]

    def _line(self) -> Venue:
        """Making a line costs more than asking; each thread keeps its own."""
        if not hasattr(self._lines, "line"):
            self._lines.line = open_public_line(
                self._market.facts, self._market.mode, purpose=Purpose.READ, seconds=PATIENCE.total_seconds()
            )
        line: Venue = self._lines.line
        return line


def register() -> None:
    for market in markets_here():
        if Act.CANDLES in market.facts.acts and market.facts.credentials.life.daily_end is None:
            register_source(VenueSource(market))
