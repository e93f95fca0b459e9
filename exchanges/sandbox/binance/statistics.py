"""What a window of time brought: averages and the tickers' statistics, kept for a moment so that many may ask.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "24hr ticker" and "Current average price".
"""

from dataclasses import dataclass

from exchanges.sandbox.binance.klines import worth
from exchanges.sandbox.market import Market
from exchanges.sandbox.sessions import MINUTE

_HELD_BACK = 1000


@dataclass(frozen=True, slots=True)
class Window:
    begin: int
    open: float
    high: float
    low: float
    volume: float
    quote: float
    #: The price just before it began.
    before: float

    @property
    def average(self) -> float:
        return self.quote / self.volume if self.volume else self.open


class Statistics:
    def __init__(self) -> None:
        self._averages: dict[str, tuple[int, float]] = {}
        self._windows: dict[tuple[str, int], tuple[int, Window]] = {}

    def average(self, market: Market, now: int, minutes: int = 5) -> float:
        """The volume-weighted price of the last minutes."""
        symbol, moment = market.listing.symbol, now // _HELD_BACK
        kept = self._averages.get(symbol)
        if kept is None or kept[0] != moment:
            bars = list(market.series.bars(1, now - minutes * MINUTE, now + 1, now=now))
            volume = sum(bar.volume for bar in bars)
            found = sum(worth(bar) for bar in bars) / volume if volume else market.series.price(now)
            kept = self._averages[symbol] = (moment, found)
        return kept[1]

    def window(self, market: Market, now: int, begin: int) -> Window:
        length = (now - begin) // MINUTE
        key, moment = (market.listing.symbol, length), now // _HELD_BACK
        kept = self._windows.get(key)
        if kept is None or kept[0] != moment:
            if len(self._windows) > 2000:
                self._windows.clear()
            kept = self._windows[key] = (moment, _window(market, now, begin))
        return kept[1]


def _window(market: Market, now: int, begin: int) -> Window:
    """From bars of a size that makes about a hundred of them; the first may begin a little late."""
    length = (now - begin) // MINUTE
    step = next(step for step in (1, 5, 15, 60, 1440) if length <= 110 * step or step == 1440)
    bars = list(market.series.bars(step, begin, now + 1, now=now))
    opened = market.series.price(begin)
    volume = sum(bar.volume for bar in bars)
    return Window(
        begin=begin,
        open=opened,
        high=max([opened, *(bar.high for bar in bars)]),
        low=min([opened, *(bar.low for bar in bars)]),
        volume=volume,
        quote=sum(worth(bar) for bar in bars),
        before=market.series.price(begin - 1),
    )
