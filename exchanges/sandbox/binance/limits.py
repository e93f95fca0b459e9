"""How much a client may ask: weight and requests by address, orders by account, connections by address.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "LIMITS", web-socket-api.md "Rate limits",
faqs/order_count_decrement.md, enums.md "Rate limiters". Windows begin on the clock's own marks, and are scaled with all
durations. How many refusals make a ban is not documented: `_PATIENCE` is the sandbox's own figure.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from exchanges.sandbox.binance import errors
from exchanges.sandbox.clock import Clock

_PATIENCE = 20
_SHORTEST_BAN, _LONGEST_BAN = 120, 3 * 86_400
_MOST_KEPT = 20_000
#: The first fill of an order that stood gives back more than the order took.
_GIVEN_TO_MAKER, _GIVEN_TO_TAKER = 5, 1


@dataclass(slots=True)
class Figures:
    """The documents' own samples. A test of speed raises them."""

    weight: int = 6000
    raw: int = 61_000
    orders_short: int = 50
    orders_day: int = 160_000
    sapi: int = 12_000
    connections: int = 300


@dataclass(slots=True)
class _Window:
    begun: int = -1
    count: int = 0


@dataclass(slots=True)
class _Address:
    weight: _Window = field(default_factory=_Window)
    raw: _Window = field(default_factory=_Window)
    sapi: _Window = field(default_factory=_Window)
    connections: _Window = field(default_factory=_Window)
    refused: int = 0
    bans: int = 0
    banned_until: int = 0


@dataclass(slots=True)
class _Orders:
    short: _Window = field(default_factory=_Window)
    day: _Window = field(default_factory=_Window)


class Limits:
    def __init__(self, clock: Clock) -> None:
        self.figures = Figures()
        self._clock = clock
        self._addresses: OrderedDict[str, _Address] = OrderedDict()
        self._orders: OrderedDict[str, _Orders] = OrderedDict()

    # ---- by address ----

    def arrive(self, address: str, weight: int, *, is_sapi: bool = False) -> None:
        """Counts a request, or refuses it."""
        known = self._address(address)
        now = self._clock.told()
        self.check_ban(address)
        raw = self._turned(known.raw, 300, now)
        raw.count += 1
        window = self._turned(known.sapi if is_sapi else known.weight, 60, now)
        if window.count == 0:
            known.refused = 0
        window.count += weight
        most = self.figures.sapi if is_sapi else self.figures.weight
        if window.count <= most and raw.count <= self.figures.raw:
            return
        known.refused += 1
        if known.refused > _PATIENCE:
            self.ban(address, min(_SHORTEST_BAN * 4**known.bans, _LONGEST_BAN))
            known.bans += 1
            raise errors.banned(known.banned_until)
        if window.count > most:
            raise errors.too_much_weight(most, "1 MINUTE", self._end(window, 60))
        raise errors.too_many_requests(self._end(raw, 300))

    def check_ban(self, address: str) -> None:
        known = self._address(address)
        if known.banned_until > self._clock.told():
            raise errors.banned(known.banned_until)

    def ban(self, address: str, seconds: float) -> int:
        known = self._address(address)
        known.banned_until = self._clock.told() + max(1, self._clock.milliseconds(seconds))
        known.refused = 0
        return known.banned_until

    def connect(self, address: str) -> None:
        self.check_ban(address)
        window = self._turned(self._address(address).connections, 300, self._clock.told())
        window.count += 1
        if window.count > self.figures.connections:
            raise errors.too_many_connections(self.figures.connections, "5m")

    def used(self, address: str) -> int:
        return self._turned(self._address(address).weight, 60, self._clock.told()).count

    def used_of_sapi(self, address: str) -> int:
        return self._turned(self._address(address).sapi, 60, self._clock.told()).count

    def seconds_until(self, moment: int) -> int:
        """For `Retry-After`, which has whole seconds."""
        return max(1, math.ceil((moment - self._clock.told()) / 1000))

    # ---- by account ----

    def order(self, account: str, count: int = 1) -> None:
        """Counts orders that are to be placed, or refuses them."""
        now = self._clock.told()
        known = self._account(account)
        short, day = self._turned(known.short, 10, now), self._turned(known.day, 86_400, now)
        if short.count + count > self.figures.orders_short:
            raise errors.too_many_orders(self.figures.orders_short, "10 SECOND", self._end(short, 10))
        if day.count + count > self.figures.orders_day:
            raise errors.too_many_orders(self.figures.orders_day, "1 DAY", self._end(day, 86_400))
        short.count += count
        day.count += count

    def give_back(self, account: str, *, is_maker: bool) -> None:
        """An order was filled for the first time."""
        known = self._orders.get(account)
        if known is not None:
            given = _GIVEN_TO_MAKER if is_maker else _GIVEN_TO_TAKER
            for window in (known.short, known.day):
                window.count = max(0, window.count - given)

    def ordered(self, account: str) -> tuple[int, int]:
        now = self._clock.told()
        known = self._account(account)
        return self._turned(known.short, 10, now).count, self._turned(known.day, 86_400, now).count

    # ---- in the wire's words ----

    def rules(self) -> list[dict[str, Any]]:
        figures = self.figures
        return [
            _rule("REQUEST_WEIGHT", "MINUTE", 1, figures.weight),
            _rule("ORDERS", "SECOND", 10, figures.orders_short),
            _rule("ORDERS", "DAY", 1, figures.orders_day),
            _rule("RAW_REQUESTS", "MINUTE", 5, figures.raw),
        ]

    def order_counts(self, account: str) -> list[dict[str, Any]]:
        short, day = self.ordered(account)
        return [
            _rule("ORDERS", "SECOND", 10, self.figures.orders_short) | {"count": short},
            _rule("ORDERS", "DAY", 1, self.figures.orders_day) | {"count": day},
        ]

    def weight_count(self, address: str) -> dict[str, Any]:
        return _rule("REQUEST_WEIGHT", "MINUTE", 1, self.figures.weight) | {"count": self.used(address)}

    # ---- within ----

    def _turned(self, window: _Window, seconds: int, now: int) -> _Window:
        begun = now // max(1, self._clock.milliseconds(seconds))
        if window.begun != begun:
            window.begun, window.count = begun, 0
        return window

    def _end(self, window: _Window, seconds: int) -> int:
        return (window.begun + 1) * max(1, self._clock.milliseconds(seconds))

    def _address(self, address: str) -> _Address:
        known = self._addresses.get(address)
        if known is None:
            known = self._addresses[address] = _Address()
            _cut(self._addresses)
        return known

    def _account(self, account: str) -> _Orders:
        known = self._orders.get(account)
        if known is None:
            known = self._orders[account] = _Orders()
            _cut(self._orders)
        return known


def _cut(kept: "OrderedDict[str, Any]") -> None:
    if len(kept) > _MOST_KEPT:
        kept.popitem(last=False)


def _rule(kind: str, interval: str, number: int, limit: int) -> dict[str, Any]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
