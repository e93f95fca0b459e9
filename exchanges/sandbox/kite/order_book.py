"""The day's orders as Kite tells them, and every step each of them went through.

kite.trade/docs/connect/v3/orders#retrieving-orders (read 2026-11-21); keys as in zerodha/kiteconnect-mocks c7a8123.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from exchanges.sandbox.kite.figures import Number, price, rupees
from exchanges.sandbox.kite.order_words import Wanted
from exchanges.sandbox.kite.times import hour, stamp
from exchanges.sandbox.kite.tokens import drawn
from exchanges.sandbox.orders import Account, Fill, Placed

_MOST_STEPS = 200
OVER = frozenset({"COMPLETE", "CANCELLED", "REJECTED"})
#: Steps that are history at once: the order's status is the one before them.
_PASSING = {"UPDATE": "OPEN"}


@dataclass(frozen=True, slots=True)
class Step:
    status: str
    at: int
    wanted: Wanted
    filled: int
    average: Number
    message: str | None
    message_raw: str | None
    is_at_exchange: bool


@dataclass(slots=True, eq=False)
class Told:
    """An order, from its receipt on, whether or not the exchange ever had it."""

    id: str
    account: Account
    wanted: Wanted
    ordered_at: int
    status: str = ""
    placed: Placed | None = None
    message: str | None = None
    message_raw: str | None = None
    parent: str | None = None
    modified: int = 0
    #: When it reached the exchange, and when the exchange said something last.
    exchanged_at: int = 0
    updated_at: int = 0
    steps: deque[Step] = field(default_factory=lambda: deque(maxlen=_MOST_STEPS))
    #: No read shows it before this moment. Faults set it.
    hidden_until: int = 0
    #: A TTL order's end.
    ends_at: int | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    #: What it is about to be changed to.
    changing: Wanted | None = None

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def filled(self) -> int:
        return self.placed.filled if self.placed else 0

    @property
    def average(self) -> Number:
        if self.placed is None or not self.placed.filled:
            return 0
        return rupees(self.placed.paid // self.placed.filled)

    @property
    def mark(self) -> str:
        return self.wanted.tag or ""

    @property
    def exchange_id(self) -> str | None:
        return f"13{int(self.id[-9:]):014d}" if self.exchanged_at else None

    def step(self, status: str, at: int) -> None:
        self.status = _PASSING.get(status, status)
        if status in {"OPEN", "TRIGGER PENDING", "UPDATE", "COMPLETE", "CANCELLED"} and self.placed is not None:
            self.exchanged_at = self.exchanged_at or at
            self.updated_at = at
        self.steps.append(
            Step(
                status,
                at,
                self.wanted,
                self.filled,
                self.average,
                self.message,
                self.message_raw,
                bool(self.exchanged_at),
            )
        )

    # ---- as JSON ----

    def told(self) -> dict[str, Any]:
        return self._told(self.status, self.wanted, self.filled, self.average, self.message, self.message_raw)

    def history(self) -> list[dict[str, Any]]:
        found = []
        for step in self.steps:
            told = self._told(step.status, step.wanted, step.filled, step.average, step.message, step.message_raw)
            told["order_timestamp"] = stamp(step.at)
            if not step.is_at_exchange:
                told |= {"exchange_order_id": None, "exchange_timestamp": None, "exchange_update_timestamp": None}
            found.append(told)
        return found

    def trades(self) -> list[dict[str, Any]]:
        return [self._trade(fill) for fill in self.placed.fills] if self.placed else []

    def update(self, *, checksum: str, app: int, status: str) -> dict[str, Any]:
        """As a postback and the ticker tell it. kite.trade/docs/connect/v3/postbacks (read 2026-11-21)."""
        told = self._told(status, self.wanted, self.filled, self.average, self.message, self.message_raw)
        return {
            "user_id": told["placed_by"],
            "unfilled_quantity": 0 if status == "COMPLETE" else self.wanted.quantity - self.filled,
            "app_id": app,
            "checksum": checksum,
            **{name: value for name, value in told.items() if name not in {"modified", "validity_ttl"}},
        }

    def _told(
        self, status: str, wanted: Wanted, filled: int, average: Number, message: str | None, raw: str | None
    ) -> dict[str, Any]:
        market, left = wanted.market, wanted.quantity - filled
        facts, user = market.listing.facts, self.account.words["user_id"]
        told = {
            "account_id": user,
            "placed_by": user,
            "order_id": self.id,
            "exchange_order_id": self.exchange_id,
            "parent_order_id": self.parent,
            "status": status,
            "status_message": message,
            "status_message_raw": raw,
            "order_timestamp": stamp(self.steps[-1].at if self.steps else self.ordered_at),
            "exchange_update_timestamp": stamp(self.updated_at) if self.updated_at else None,
            "exchange_timestamp": stamp(self.exchanged_at) if self.exchanged_at else None,
            "variety": wanted.variety,
            "modified": bool(self.modified),
            "exchange": facts["exchange"],
            "tradingsymbol": facts["symbol"],
            "instrument_token": facts["token"],
            "order_type": wanted.order_type,
            "transaction_type": "BUY" if wanted.is_buy else "SELL",
            "validity": wanted.validity,
            "validity_ttl": wanted.ttl,
            "product": wanted.product,
            "quantity": wanted.quantity,
            "disclosed_quantity": wanted.disclosed,
            "price": price(market, wanted.price) if wanted.price else 0,
            "trigger_price": price(market, wanted.trigger) if wanted.trigger else 0,
            "average_price": average,
            "filled_quantity": filled,
            "pending_quantity": 0 if status == "REJECTED" else left,
            "cancelled_quantity": left if status == "CANCELLED" else 0,
            "market_protection": 0,
            "meta": self.meta,
            "tag": wanted.tag,
            "guid": f"01X{drawn(self.id, 12)}",
        }
        tags = [*([wanted.tag] if wanted.tag else []), *wanted.tags]
        if tags:
            told["tags"] = tags
        return told

    def _trade(self, fill: Fill) -> dict[str, Any]:
        market, facts = self.wanted.market, self.wanted.market.listing.facts
        return {
            "trade_id": f"{facts['token'] % 1000:03d}{fill.number:08d}",
            "order_id": self.id,
            "exchange": facts["exchange"],
            "tradingsymbol": facts["symbol"],
            "instrument_token": facts["token"],
            "product": self.wanted.product,
            "average_price": price(market, fill.price),
            "quantity": fill.lots,
            "exchange_order_id": self.exchange_id,
            "transaction_type": "BUY" if self.wanted.is_buy else "SELL",
            "fill_timestamp": stamp(fill.at),
            "order_timestamp": hour(fill.at),
            "exchange_timestamp": stamp(fill.at),
        }


class OrderBook:
    """What was ordered today, by account and by id."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Told]] = {}

    def add(self, told: Told) -> None:
        self._of.setdefault(told.account.id, {})[told.id] = told

    def drop(self, told: Told) -> None:
        self._of.get(told.account.id, {}).pop(told.id, None)

    def of(self, account: Account) -> list[Told]:
        return list(self._of.get(account.id, {}).values())

    def count(self, account: Account) -> int:
        return len(self._of.get(account.id, {}))

    def find(self, account: Account, order_id: str) -> Told | None:
        return self._of.get(account.id, {}).get(order_id)

    def clear(self, account: Account) -> None:
        """A new day: what is over is told no more."""
        kept = {told.id: told for told in self.of(account) if not told.is_over}
        if kept:
            self._of[account.id] = kept
        else:
            self._of.pop(account.id, None)

    def forget(self, account_id: str) -> None:
        self._of.pop(account_id, None)
