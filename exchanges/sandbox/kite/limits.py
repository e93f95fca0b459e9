"""How often Kite may be asked.

kite.trade/docs/connect/v3/exceptions#api-rate-limit (read 2026-11-21): quote 1 a second, historical 3, orders 10, all
else 10; 400 orders a minute and 5,000 a day, modifications and cancels counted with them in the windows.
"""

from collections import OrderedDict, deque

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.kite.errors import too_many

_PER_SECOND = {"quote": 1, "candles": 3, "orders": 10, "other": 10}
_ORDERS_A_MINUTE = 400
_MOST_KEPT = 20_000


class Limits:
    """Windows of one second by whom and what, and one of a minute for orders. All lengths are scaled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second, self._minute = clock.milliseconds(1), clock.milliseconds(60)
        self._asked: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()

    def count(self, who: str, what: str) -> None:
        """Counts a request, or refuses it; one that is refused is not counted."""
        now = self._clock.now()
        self._enter((who, what), now, self._second, _PER_SECOND[what])
        if what == "orders":
            self._enter((who, "minute"), now, self._minute, _ORDERS_A_MINUTE)

    def _enter(self, key: tuple[str, str], now: int, length: int, most: int) -> None:
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = deque()
            if len(self._asked) > _MOST_KEPT:
                self._asked.popitem(last=False)
        while asked and asked[0] <= now - length:
            asked.popleft()
        if len(asked) >= most:
            raise too_many()
        asked.append(now)
