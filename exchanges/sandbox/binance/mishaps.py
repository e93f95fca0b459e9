"""What goes wrong with an order on request, and what is not told as it is. The sandbox's own: no document says it."""

from collections import deque
from collections.abc import Iterable
from typing import TypeVar

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults, Point
from exchanges.sandbox.house import House
from exchanges.sandbox.ledger import Short
from exchanges.sandbox.orders import Account, Placed

#: An order's `why` when the venue itself ended it.
BY_VENUE = "venue"
_MOST_DUE = 1000
T = TypeVar("T")


class Mishaps:
    def __init__(self, *, faults: Faults, house: House, clock: Clock) -> None:
        self._faults, self._house, self._clock = faults, house, clock
        #: Fills that come after their order's end.
        self._due: deque[tuple[Placed, int]] = deque(maxlen=_MOST_DUE)

    # ---- orders ----

    def refuses_funds(self, account: Account, mark: str) -> bool:
        return self._bites("funds_refused", "place", mark, account) is not None

    def cut(self, account: Account, mark: str) -> Fault | None:
        """The venue fills a part alone, and ends the rest."""
        return self._bites("partly_then_cancelled", "place", mark, account)

    def end_rest(self, order: Placed, part: int) -> None:
        if order.filled < part and not order.state.is_over:
            self._house.fill_outside(order, part - order.filled)
        order.why = BY_VENUE
        self._house.expire(order)

    def after_placing(self, order: Placed) -> None:
        fault = self._bites("hidden", "place", order.ask.mark, order.account)
        if fault is not None:
            order.hidden_until = self._clock.now() + self._clock.milliseconds(float(fault.given["seconds"]))

    def refuses_as_duplicate(self, account: Account, mark: str) -> bool:
        """Asked when the order was taken already."""
        return self._bites("duplicate_refused", "place", mark, account) is not None

    def after_cancelling(self, order: Placed) -> None:
        fault = self._bites("filled_after_cancel", "cancel", order.ask.mark, order.account)
        if fault is not None and order.left > 0:
            self._due.append((order, max(1, int(order.left * float(fault.given["share"])))))

    def pulse(self) -> None:
        while self._due:
            order, lots = self._due.popleft()
            if self._house.accounts.get(order.account.id) is not order.account:
                continue
            try:
                self._house.fill_outside(order, lots)
            except Short:
                # What was let go was spent meanwhile; there is nothing to pay the late fill with.
                continue

    # ---- reads ----

    def shows(self, order: Placed, act: str) -> bool:
        if order.hidden_until > self._clock.now():
            return False
        return not self._denied_by_mark() or self._denies(act, order.ask.mark, order.account) is None

    def shown(self, account: Account, act: str, orders: Iterable[Placed]) -> list[Placed]:
        """What a read that lists is shown of these."""
        if self._faults.ordered() and not self._denied_by_mark() and self._denies(act, "", account):
            return []
        return [one for one in orders if self.shows(one, act)]

    def denies(self, order: Placed, act: str) -> bool:
        if order.hidden_until > self._clock.now():
            return True
        return self._denies(act, order.ask.mark, order.account) is not None

    def is_stale(self, account: Account) -> bool:
        found = self._faults.meets(
            Point.READ, venue="binance", act="balances", account=account.id, name="stale_balance"
        )
        return found is not None

    # ---- within ----

    def _bites(self, name: str, act: str, mark: str, account: Account) -> Fault | None:
        return self._faults.meets(Point.ORDER, venue="binance", act=act, mark=mark, account=account.id, name=name)

    def _denies(self, act: str, mark: str, account: Account) -> Fault | None:
        return self._faults.meets(Point.READ, venue="binance", act=act, mark=mark, account=account.id, name="denied")

    def _denied_by_mark(self) -> bool:
        return any(one.name == "denied" and one.mark is not None for one in self._faults.ordered())
