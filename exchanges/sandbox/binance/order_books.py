"""What the wire keeps of each account beside the house's own: lists, amendments, balances before the last order.

Bounded by account; what belongs to an account that was closed is forgotten.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from exchanges.sandbox.binance.order_words import OrderList
from exchanges.sandbox.house import House
from exchanges.sandbox.orders import Account

_MOST_LISTS = 1000
_MOST_AMENDED = 1000


@dataclass(slots=True)
class Kept:
    lists: "OrderedDict[int, OrderList]" = field(default_factory=OrderedDict)
    #: By the order's number.
    amendments: "OrderedDict[int, list[dict[str, Any]]]" = field(default_factory=OrderedDict)
    #: By asset, free and held before the last order was placed.
    before: dict[str, tuple[int, int]] = field(default_factory=dict)


class OrderBooks:
    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: dict[str, Kept] = {}

    def of(self, account: Account) -> Kept:
        kept = self._kept.get(account.id)
        if kept is None:
            if len(self._kept) > 2 * len(self._house.accounts) + 100:
                self._kept = {name: one for name, one in self._kept.items() if name in self._house.accounts}
            kept = self._kept[account.id] = Kept()
        return kept

    def note_balances(self, account: Account) -> None:
        self.of(account).before = {asset: (purse.free, purse.held) for asset, purse in account.purses.of.items()}

    def note_list(self, account: Account, made: OrderList) -> None:
        lists = self.of(account).lists
        lists[made.number] = made
        if len(lists) > _MOST_LISTS:
            oldest = next((number for number, one in lists.items() if one.is_over), None)
            if oldest is not None:
                del lists[oldest]

    def note_amendment(self, account: Account, number: int, told: dict[str, Any]) -> None:
        amendments = self.of(account).amendments
        amendments.setdefault(number, []).append(told)
        if len(amendments) > _MOST_AMENDED:
            amendments.popitem(last=False)
