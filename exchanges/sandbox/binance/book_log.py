"""The book as clients follow it: a number for every level that changed, and what changed since they were last told.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), web-socket-streams.md "How to manage a local order book correctly".
Whoever looks, a snapshot or a stream, moves the same numbering on, so that the two join.
"""

from dataclasses import dataclass, field

from exchanges.sandbox.market import Market

_LEVELS = 5000
Level = tuple[int, int]


@dataclass(slots=True)
class Changes:
    """Of one span of numbers: the last quantity of each price that changed, nought where it is gone."""

    first: int
    last: int = 0
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)


class BookLog:
    def __init__(self, market: Market) -> None:
        self._market = market
        self.number = 1
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        #: What no stream was told yet, by the speed of the stream.
        self._untold: dict[int, Changes] = {}

    def look(self) -> tuple[list[Level], list[Level]]:
        """Bids and asks as they are, numbered."""
        bids, asks = self._market.matching.depth(_LEVELS)
        told = [(int(price), int(lots)) for price, lots in bids], [(int(price), int(lots)) for price, lots in asks]
        now_bids, now_asks = dict(told[0]), dict(told[1])
        changed_bids, changed_asks = _changed(self._bids, now_bids), _changed(self._asks, now_asks)
        if changed_bids or changed_asks:
            first = self.number + 1
            self.number += len(changed_bids) + len(changed_asks)
            self._bids, self._asks = now_bids, now_asks
            for untold in self._untold.values():
                untold.first = untold.first or first
                untold.last = self.number
                untold.bids |= changed_bids
                untold.asks |= changed_asks
        return told

    def follow(self, speed: int) -> None:
        """From now on changes are kept for the streams of this speed."""
        if speed not in self._untold:
            self.look()
            self._untold[speed] = Changes(0)

    def leave(self, speed: int) -> None:
        self._untold.pop(speed, None)

    def take(self, speed: int) -> Changes | None:
        """What changed since it was taken last."""
        self.look()
        untold = self._untold.get(speed)
        if untold is None or not untold.last:
            return None
        self._untold[speed] = Changes(0)
        return untold


def _changed(before: dict[int, int], after: dict[int, int]) -> dict[int, int]:
    changed = {price: lots for price, lots in after.items() if before.get(price) != lots}
    changed |= {price: 0 for price in before if price not in after}
    return changed
