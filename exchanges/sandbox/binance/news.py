"""Who hears of an account, and in which order; here messages are lost, doubled and altered on request.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), user-data-stream.md, web-socket-api.md "User Data Stream requests".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

from exchanges.domain.matching import Why
from exchanges.sandbox.binance.figures import lots
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.binance.order_words import OrderList
from exchanges.sandbox.binance.user_events import (
    Prevented,
    balance_update,
    execution_report,
    list_status,
    position,
)
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults, Point
from exchanges.sandbox.orders import Account, Happened, Happening, Placed

#: How long a fill is held back for the one that is to come before it.
_PATIENCE = 2.0
Push = Callable[[bytes], None]


@dataclass(slots=True)
class _Ear:
    """An account that somebody listens to."""

    #: By the socket's name and the subscription's number.
    pushes: dict[tuple[int, int], Push] = field(default_factory=dict)
    #: Messages that are still to be lost.
    lost: int = 0
    #: Fills that wait to be told in the other order, until when, and how many there shall be.
    held: list[dict[str, Any]] = field(default_factory=list)
    held_until: int = 0
    wanted: int = 0


class News:
    def __init__(self, *, clock: Clock, faults: Faults, limits: Limits) -> None:
        self._clock, self._faults, self._limits = clock, faults, limits
        self._ears: dict[str, _Ear] = {}
        self._executions, self._matches = count(1), count(1)
        #: The order that came last to each market: the taker of what is met now.
        self._taker: dict[str, Placed] = {}

    # ---- listening ----

    def listen(self, account: Account, name: tuple[int, int], push: Push) -> None:
        self._ears.setdefault(account.id, _Ear()).pushes[name] = push

    def leave(self, account_id: str, name: tuple[int, int]) -> None:
        ear = self._ears.get(account_id)
        if ear is not None:
            ear.pushes.pop(name, None)
            if not ear.pushes:
                del self._ears[account_id]

    # ---- hearing ----

    def hear(self, happened: Happened) -> None:
        order = happened.order
        if happened.kind is Happening.TRADE and len(order.fills) == 1:
            self._limits.give_back(order.account.id, is_maker=order.fills[0].is_maker)
        if happened.kind in {Happening.NEW, Happening.WOKE}:
            self._taker[order.market.listing.symbol] = order
            # Money was set aside for it.
            order.account.changed_at = happened.at
        is_prevented = happened.kind is Happening.EXPIRED and order.why == Why.SELF_TRADE.value
        prevented = None
        if is_prevented:
            prevented = Prevented(next(self._matches), self._counter_of(order))
            order.ask.words["prevented"] = prevented.number
        ear = self._ears.get(order.account.id)
        if ear is None:
            return
        report = execution_report(happened, number=next(self._executions), prevented=prevented)
        self._tell(ear, report, order)
        self._tell_money(ear, order)
        made: OrderList | None = order.ask.words.get("list")
        if made is not None and order.state.is_over and made.orders and made.is_over:
            self._send(ear, list_status(made, at=self._clock.told()))

    def listed(self, made: OrderList) -> None:
        ear = self._ears.get(made.orders[0].account.id)
        if ear is not None:
            self._send(ear, list_status(made, at=self._clock.told()))

    def brought(self, account: Account, asset: str, count: int) -> None:
        ear = self._ears.get(account.id)
        if ear is not None:
            now = self._clock.told()
            self._send(ear, balance_update(asset, count, at=now))
            self._send(ear, position(account, (asset,), at=now))

    def pulse(self) -> None:
        now = self._clock.now()
        for ear in self._ears.values():
            if ear.held and now >= ear.held_until:
                self._turn_round(ear)

    # ---- within ----

    def _tell(self, ear: _Ear, report: dict[str, Any], order: Placed) -> None:
        is_fill = report["x"] == "TRADE"
        if not self._faults.ordered() and not ear.held:
            self._send(ear, report)
            return
        self._lose(ear, order)
        if is_fill and (fault := self._bites("reordered", "fill", order)) is not None:
            ear.wanted, ear.held_until = int(fault.given["messages"]), self._later()
        if is_fill and ear.wanted:
            ear.held.append(report)
            if len(ear.held) >= ear.wanted:
                self._turn_round(ear)
            return
        self._send(ear, report)
        if self._bites("doubled", "fill" if is_fill else "order", order) is not None:
            self._send(ear, report)
        if is_fill and self._bites("altered", "fill", order) is not None:
            self._send(ear, report | {"l": lots(order.market, order.fills[-1].lots + 1)})

    def _tell_money(self, ear: _Ear, order: Placed) -> None:
        listing = order.market.listing
        self._send(ear, position(order.account, (listing.base, listing.quote), at=self._clock.told()))

    def _lose(self, ear: _Ear, order: Placed) -> None:
        fault = self._bites("gap", "socket", order)
        if fault is not None:
            ear.lost += int(fault.given["messages"])

    def _turn_round(self, ear: _Ear) -> None:
        held, ear.held, ear.wanted = ear.held, [], 0
        for report in reversed(held):
            self._send(ear, report)

    def _send(self, ear: _Ear, event: dict[str, Any]) -> None:
        if ear.lost:
            ear.lost -= 1
            return
        told = orjson.dumps(event)
        for (_, number), push in list(ear.pushes.items()):
            push(b'{"subscriptionId":%d,"event":%s}' % (number, told))

    def _bites(self, name: str, act: str, order: Placed) -> Fault | None:
        return self._faults.meets(
            Point.NEWS, venue="binance", act=act, mark=order.ask.mark, account=order.account.id, name=name
        )

    def _later(self) -> int:
        return self._clock.now() + self._clock.milliseconds(_PATIENCE)

    def _counter_of(self, order: Placed) -> Placed | None:
        """The other order of a match that was prevented, as far as the house lets it be seen."""
        taker = self._taker.get(order.market.listing.symbol)
        if taker is not None and taker is not order:
            return taker
        against = [
            one
            for one in order.account.orders.values()
            if one.market is order.market and one.ask.is_buy != order.ask.is_buy and one.ask.price is not None
            and (not one.state.is_over or one.why == Why.SELF_TRADE.value)
        ]  # fmt: skip
        if not against:
            return None
        sign = 1 if order.ask.is_buy else -1
        return min(against, key=lambda one: (sign * (one.ask.price or 0), -one.changed_at))
