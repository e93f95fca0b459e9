"""What was told already, so that the same fill from the socket and from REST is told once. Bounded."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from exchanges.domain.reports import FillReport, OrderReport

MOST = 20_000


@dataclass(frozen=True, slots=True)
class Batch:
    orders: tuple[OrderReport, ...] = ()
    fills: tuple[FillReport, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.orders or self.fills)


def batch_of(news: Iterable[OrderReport | FillReport]) -> Batch:
    """Orders apart from fills; a fill inside an order stands by itself."""
    orders: list[OrderReport] = []
    fills: list[FillReport] = []
    for one in news:
        if isinstance(one, FillReport):
            fills.append(one)
        else:
            orders.append(replace(one, fills=()))
            fills += one.fills
    return Batch(tuple(orders), tuple(fills))


class Told:
    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._keys: OrderedDict[Hashable, None] = OrderedDict()

    def fresh(self, batch: Batch) -> Batch:
        """What of it was not told yet, each once."""
        orders = {_of_order(one): one for one in batch.orders if _of_order(one) not in self._keys}
        fills = {_of_fill(one): one for one in batch.fills if _of_fill(one) not in self._keys}
        return Batch(tuple(orders.values()), tuple(fills.values()))

    def mark(self, batch: Batch) -> None:
        for key in (*map(_of_order, batch.orders), *map(_of_fill, batch.fills)):
            self._keys[key] = None
            self._keys.move_to_end(key)
        while len(self._keys) > self._most:
            self._keys.popitem(last=False)


def _of_order(one: OrderReport) -> Hashable:
    """What the socket and REST say alike of one state of an order."""
    return ("order", one.venue_id, one.status, one.filled, one.limit_price, one.trigger_price)


def _of_fill(one: FillReport) -> Hashable:
    return ("fill", one.symbol, one.trade_id)
