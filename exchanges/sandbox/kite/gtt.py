"""Triggers that last: orders that are placed when a price comes.

kite.trade/docs/connect/v3/gtt (read 2026-11-21): single with one trigger and one order, two-leg with two of each, of
which the first to be reached places its order and ends the other. They last a year; statuses active, triggered,
disabled, expired, cancelled, rejected, deleted. support.zerodha.com: 250 active ones an account.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.bands import is_trading
from exchanges.sandbox.kite.errors import KiteError, bad_input
from exchanges.sandbox.kite.figures import last_ticks, price
from exchanges.sandbox.kite.order_words import Wanted, read_order
from exchanges.sandbox.kite.times import stamp
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Account

_MOST_ACTIVE, _MOST_KEPT = 250, 500
_LASTS_SECONDS = 365 * 86_400
_LEGS = {"single": 1, "two-leg": 2}
#: Places an order for an account, and says its answer.
Place = Callable[[Account, dict[str, str], dict[str, Any]], Any]


@dataclass(slots=True, eq=False)
class Trigger:
    id: int
    account: Account
    kind: str
    market: Market
    #: In ticks, the lower first.
    values: list[int]
    last: int
    legs: list[Wanted]
    created_at: int
    updated_at: int
    expires_at: int
    status: str = "active"
    results: dict[int, dict[str, Any]] | None = None

    def reached(self, last: int) -> int | None:
        """Which leg's price has come."""
        if self.kind == "two-leg":
            return 0 if last <= self.values[0] else 1 if last >= self.values[1] else None
        value = self.values[0]
        came = last >= value if value > self.last else last <= value
        return 0 if came else None

    def told(self) -> dict[str, Any]:
        facts = self.market.listing.facts
        return {
            "id": self.id,
            "user_id": self.account.words["user_id"],
            "parent_trigger": None,
            "type": self.kind,
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
            "expires_at": stamp(self.expires_at),
            "status": self.status,
            "condition": {
                "exchange": facts["exchange"],
                "last_price": price(self.market, self.last),
                "tradingsymbol": facts["symbol"],
                "trigger_values": [price(self.market, one) for one in self.values],
                "instrument_token": facts["token"],
            },
            "orders": [
                _leg(self.market, leg) | {"result": (self.results or {}).get(n)} for n, leg in enumerate(self.legs)
            ],
            "meta": {},
        }


class Triggers:
    def __init__(self, *, house: House, clock: Clock, place: Place) -> None:
        self._house, self._clock, self._place = house, clock, place
        self._of: dict[str, dict[int, Trigger]] = {}
        self._active: dict[int, Trigger] = {}
        self._numbers = count(101)

    # ---- what a client asks ----

    def add(self, account: Account, fields: dict[str, str]) -> dict[str, int]:
        mine = self._of.setdefault(account.id, {})
        if sum(one.status == "active" for one in mine.values()) >= _MOST_ACTIVE:
            raise bad_input(f"Maximum of {_MOST_ACTIVE} active GTTs is reached. Delete some and try again.")
        kind, market, values, last, legs = self._read(fields)
        told = self._clock.told()
        lasts = self._clock.milliseconds(_LASTS_SECONDS)
        trigger = Trigger(next(self._numbers), account, kind, market, values, last, legs, told, told, told + lasts)
        mine[trigger.id] = self._active[trigger.id] = trigger
        self._watch(market, 1)
        for number in [one.id for one in mine.values() if one.status != "active"][: max(0, len(mine) - _MOST_KEPT)]:
            del mine[number]
        return {"trigger_id": trigger.id}

    def change(self, account: Account, number: str, fields: dict[str, str]) -> dict[str, int]:
        trigger = self._active_one(account, number)
        kind, market, values, last, legs = self._read(fields)
        if market is not trigger.market:
            raise bad_input("A trigger stays with its instrument.")
        trigger.kind, trigger.values, trigger.last, trigger.legs = kind, values, last, legs
        trigger.updated_at = self._clock.told()
        return {"trigger_id": trigger.id}

    def remove(self, account: Account, number: str) -> dict[str, int]:
        trigger = self._active_one(account, number)
        self._end(trigger, "deleted")
        return {"trigger_id": trigger.id}

    def all(self, account: Account) -> list[dict[str, Any]]:
        return [one.told() for one in self._of.get(account.id, {}).values()]

    def one(self, account: Account, number: str) -> dict[str, Any]:
        return self._find(account, number).told()

    # ---- what time does ----

    def pulse(self) -> None:
        now = self._clock.now()
        for trigger in list(self._active.values()):
            if trigger.expires_at <= self._clock.told():
                self._end(trigger, "expired")
                continue
            if not is_trading(trigger.market, self._clock):
                continue
            leg = trigger.reached(last_ticks(trigger.market, now))
            if leg is not None:
                self._fire(trigger, leg)

    def forget(self, account_id: str) -> None:
        for trigger in self._of.pop(account_id, {}).values():
            if trigger.status == "active":
                self._end(trigger, "cancelled")

    # ---- within ----

    def _fire(self, trigger: Trigger, n: int) -> None:
        """The trigger is used up, whatever becomes of its order."""
        leg, market, told = trigger.legs[n], trigger.market, self._clock.told()
        reached = price(market, trigger.values[n if trigger.kind == "two-leg" else 0])
        self._end(trigger, "triggered")
        words = {name: str(value) for name, value in _leg(market, leg).items()} | {"validity": "DAY"}
        try:
            order = self._place(trigger.account, words, {"gtt": trigger.id})
            outcome = {"status": "success", "order_id": order["order_id"], "rejection_reason": ""}
        except KiteError as refused:
            outcome = {"status": "failed", "order_id": "", "rejection_reason": str(refused)}
        result = {
            "account_id": trigger.account.words["user_id"],
            **_leg(market, leg),
            "validity": "DAY",
            "meta": json.dumps({"app_id": trigger.account.words["app_id"], "gtt": trigger.id}, separators=(",", ":")),
            "timestamp": stamp(told),
            "triggered_at": reached,
            "order_result": outcome,
        }
        trigger.results = {n: result}

    def _end(self, trigger: Trigger, status: str) -> None:
        trigger.status, trigger.updated_at = status, self._clock.told()
        if self._active.pop(trigger.id, None) is not None:
            self._watch(trigger.market, -1)

    def _watch(self, market: Market, by: int) -> None:
        """A market with triggers moves, whether or not anybody looks."""
        symbol, watched = market.listing.symbol, self._house.watched
        watched[symbol] = watched.get(symbol, 0) + by
        if not watched[symbol]:
            del watched[symbol]

    def _find(self, account: Account, number: str) -> Trigger:
        is_number = number.isdigit() and number.isascii() and len(number) < 12
        trigger = self._of.get(account.id, {}).get(int(number)) if is_number else None
        if trigger is None:
            raise KiteError(404, "GeneralException", "Trigger not found.")
        return trigger

    def _active_one(self, account: Account, number: str) -> Trigger:
        trigger = self._find(account, number)
        if trigger.status != "active":
            raise bad_input(f"The trigger is not active: it is {trigger.status}.")
        return trigger

    def _read(self, fields: dict[str, str]) -> tuple[str, Market, list[int], int, list[Wanted]]:
        kind = fields.get("type", "")
        if kind not in _LEGS:
            raise bad_input("Invalid `type`.")
        condition, orders = _json(fields, "condition", dict), _json(fields, "orders", list)
        values = condition.get("trigger_values")
        if not isinstance(values, list) or len(values) != _LEGS[kind] or len(orders) != _LEGS[kind]:
            raise bad_input("Invalid `trigger_values`." if len(orders) == _LEGS[kind] else "Invalid `orders`.")
        legs = [self._read_leg(condition, one) for one in orders]
        market = legs[0].market
        ticks = sorted(_whole_ticks(market, one) for one in values)
        last = _whole_ticks(market, condition.get("last_price"), is_exact=False)
        if last in ticks or (kind == "two-leg" and not ticks[0] < last < ticks[1]):
            raise bad_input(
                "Trigger values should be apart from the last price, and in a two-leg trigger on both sides of it."
            )
        return kind, market, ticks, last, legs

    def _read_leg(self, condition: dict[str, Any], told: Any) -> Wanted:
        if not isinstance(told, dict):
            raise bad_input("Invalid `orders`.")
        for name in ("exchange", "tradingsymbol"):
            if str(told.get(name)) != str(condition.get(name)):
                raise bad_input(f"Invalid `{name}`.")
        if told.get("order_type") != "LIMIT":
            raise bad_input("Only LIMIT orders are allowed in a GTT.")
        words = {str(name): str(value) for name, value in told.items() if not isinstance(value, dict | list)}
        return read_order("regular", words, self._house.markets)[0]


def _leg(market: Market, leg: Wanted) -> dict[str, Any]:
    return {
        "exchange": market.listing.facts["exchange"],
        "tradingsymbol": market.listing.facts["symbol"],
        "product": leg.product,
        "order_type": "LIMIT",
        "transaction_type": "BUY" if leg.is_buy else "SELL",
        "quantity": leg.quantity,
        "price": price(market, leg.price),
    }


def _json(fields: dict[str, str], name: str, kind: type) -> Any:
    try:
        told = json.loads(fields.get(name, ""), parse_float=Decimal, parse_constant=_no)
    except (ValueError, RecursionError):
        raise bad_input(f"Invalid `{name}`.") from None
    if not isinstance(told, kind):
        raise bad_input(f"Invalid `{name}`.")
    return told


def _no(word: str) -> None:
    raise ValueError(word)


def _whole_ticks(market: Market, told: Any, *, is_exact: bool = True) -> int:
    if isinstance(told, bool) or not isinstance(told, int | Decimal) or not 0 < told < 10**9:
        raise bad_input("Invalid `trigger_values`." if is_exact else "Invalid `last_price`.")
    steps, rest = divmod(Decimal(told), market.listing.tick)
    if rest and is_exact:
        raise bad_input("Trigger price should be in the multiple of tick size for this script.")
    return max(1, int(steps))
