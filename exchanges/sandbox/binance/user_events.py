"""What an account is told of its orders and money. binance/binance-spot-api-docs a5e0bc3 (2026-07-21),
user-data-stream.md, faqs/stp_faq.md, faqs/order_amend_keep_priority.md.
"""

from typing import Any

from exchanges.sandbox.binance.figures import ZERO, eight, lots, price
from exchanges.sandbox.binance.order_words import (
    OrderList,
    expiry_of,
    list_number,
    listed,
    price_of,
    quantity_of,
    status_of,
    stop_of,
)
from exchanges.sandbox.orders import Account, Happened, Happening, Placed

_KINDS = {
    Happening.NEW: "NEW",
    Happening.WOKE: "NEW",
    Happening.TRADE: "TRADE",
    Happening.CHANGED: "REPLACED",
    Happening.CANCELLED: "CANCELED",
    Happening.EXPIRED: "EXPIRED",
    Happening.REJECTED: "REJECTED",
}


def execution_report(happened: Happened, *, number: int, prevented: "Prevented | None" = None) -> dict[str, Any]:
    order, fill = happened.order, happened.fill
    market, words = order.market, order.ask.words
    told: dict[str, Any] = {
        "e": "executionReport",
        "E": happened.at,
        "s": market.listing.symbol,
        "c": order.ask.mark,
        "S": "BUY" if order.ask.is_buy else "SELL",
        "o": words["type"],
        "f": words["tif"],
        "q": quantity_of(order),
        "p": price_of(order),
        "P": stop_of(order),
        "F": ZERO,
        "g": list_number(order),
        "C": "",
        "x": _KINDS[happened.kind],
        "X": status_of(order),
        "r": "NONE",
        "i": order.number,
        "l": ZERO,
        "z": lots(market, order.filled),
        "L": ZERO,
        "n": "0",
        "N": None,
        "T": happened.at,
        "t": -1,
        "I": number,
        "w": not order.is_asleep and not order.state.is_over and order.ask.price is not None,
        "m": False,
        "M": False,
        "O": order.placed_at,
        "Z": eight(order.paid),
        "Y": ZERO,
        "Q": eight(words.get("quote_qty", 0)),
        "V": words["stp"],
    }
    if order.working_at:
        told["W"] = order.working_at
    for name, letter in (("strategyId", "j"), ("strategyType", "J")):
        if name in words:
            told[letter] = words[name]
    if fill is not None:
        told |= {
            "l": lots(market, fill.lots),
            "L": price(market, fill.price),
            "n": eight(fill.fee),
            "N": fill.fee_asset,
            "t": fill.number,
            "m": fill.is_maker,
            "M": True,
            "Y": eight(fill.price * fill.lots * market.worth),
        }
    if happened.kind is Happening.CANCELLED:
        told |= {"c": words.get("cancel", ""), "C": order.ask.mark}
    if happened.kind is Happening.CHANGED:
        told["C"] = words.get("original", "")
    if prevented is not None:
        told |= {"x": "TRADE_PREVENTION"} | prevented.words(order)
    elif happened.kind is Happening.EXPIRED:
        told["eR"] = expiry_of(order)
    return told


class Prevented:
    """A match of an account with itself that did not come about."""

    def __init__(self, number: int, counter: Placed | None) -> None:
        self.number, self._counter = number, counter

    def words(self, order: Placed) -> dict[str, Any]:
        market, counter = order.market, self._counter
        left = lots(market, max(0, order.left))
        maker = counter if counter is not None and counter.ask.price is not None else order
        ticks = maker.ask.price or order.ask.price or 0
        matched = order.left if counter is None else min(order.left, max(0, counter.left))
        return {
            "v": self.number,
            "A": left,
            "B": left,
            "u": -1,
            "U": -1 if counter is None else counter.number,
            "Cs": market.listing.symbol,
            "pl": lots(market, matched),
            "pL": price(market, ticks),
            "pY": eight(ticks * matched * market.worth),
        }


def position(account: Account, assets: tuple[str, ...], *, at: int) -> dict[str, Any]:
    return {
        "e": "outboundAccountPosition",
        "E": at,
        "u": account.changed_at or at,
        "B": [
            {"a": asset, "f": eight(account.purses[asset].free), "l": eight(account.purses[asset].held)}
            for asset in assets
        ],
    }


def balance_update(asset: str, brought: int, *, at: int) -> dict[str, Any]:
    return {"e": "balanceUpdate", "E": at, "a": asset, "d": eight(brought), "T": at}


def list_status(made: OrderList, *, at: int) -> dict[str, Any]:
    told = listed(made)
    return {
        "e": "listStatus",
        "E": at,
        "s": made.symbol,
        "g": made.number,
        "c": "OCO",
        "l": told["listStatusType"],
        "L": told["listOrderStatus"],
        "r": "NONE",
        "C": made.client_id,
        "T": at,
        "O": [{"s": made.symbol, "i": order.number, "c": order.ask.mark} for order in made.orders],
    }


def terminated(*, at: int) -> dict[str, Any]:
    return {"e": "eventStreamTerminated", "E": at}
