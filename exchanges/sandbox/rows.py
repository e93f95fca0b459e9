"""Accounts, orders and fills as text that a file keeps, and back."""

import json
from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import Any

from exchanges.domain.matching import SelfTrade, Stay
from exchanges.sandbox.ledger import Purse, Purses
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Account, Ask, Fill, Placed, State

#: What of an order is kept as it is.
_PLAIN = (
    "number", "arrived_at", "placed_at", "changed_at", "lots", "is_asleep", "working_at", "filled", "paid", "cap",
    "foreseen", "held_asset", "held", "why", "hidden_until",
)  # fmt: skip


def text(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"))


def account_row(account: Account, kept: Mapping[str, Any]) -> str:
    """`kept`: what its wire knows of it beside its words."""
    return text(
        {
            "name": account.name,
            "opened_at": account.opened_at,
            "changed_at": account.changed_at,
            "purses": {asset: [purse.free, purse.held] for asset, purse in account.purses},
            "words": account.words,
            "kept": kept,
        }
    )


def account_of(number: str, row: str) -> tuple[Account, dict[str, Any]]:
    told = json.loads(row)
    purses = Purses({asset: Purse(free, held) for asset, (free, held) in told["purses"].items()})
    account = Account(number, told["name"], told["opened_at"], purses=purses, words=told["words"])
    account.changed_at = told["changed_at"]
    return account, told["kept"]


def order_row(order: Placed) -> str:
    ask = {one.name: getattr(order.ask, one.name) for one in fields(order.ask)}
    ask |= {"stay": order.ask.stay.value, "self_trade": order.ask.self_trade.value}
    # What a wire hangs on an order besides plain words it makes again from them.
    ask["words"] = {name: word for name, word in order.ask.words.items() if isinstance(word, str | int | None)}
    return text(
        {name: getattr(order, name) for name in _PLAIN}
        | {
            "symbol": order.market.listing.symbol,
            "state": order.state.value,
            "partner": order.partner.number if order.partner else None,
            # Who came first: the rows of one market are taken back in this order.
            "turn": order.market.matching.turn(order.name),
            "ask": ask,
        }
    )


def order_of(account: Account, markets: Mapping[str, Market], told: dict[str, Any]) -> Placed:
    """Without its fills and its partner."""
    asked = told["ask"]
    asked |= {"stay": Stay(asked["stay"]), "self_trade": SelfTrade(asked["self_trade"])}
    given = {name: told[name] for name in _PLAIN}
    market, state = markets[told["symbol"]], State(told["state"])
    return Placed(account=account, market=market, ask=Ask(**asked), state=state, **given)


def fill_row(fill: Fill) -> str:
    return text(astuple(fill))


def fill_of(row: str) -> Fill:
    return Fill(*json.loads(row))


def timeline(order: Placed) -> list[dict[str, Any]]:
    """What became of it, the first first. Arrival is in true time, the rest in the venue's."""
    told: list[dict[str, Any]] = [{"at": order.arrived_at, "what": "arrived"}]
    if order.working_at and order.ask.trigger is not None:
        told.append({"at": order.working_at, "what": "woke"})
    for fill in order.fills:
        listing = order.market.listing
        words = f"filled {listing.lot * fill.lots} at {listing.tick * fill.price}"
        told.append({"at": fill.at, "what": f"{words}, as {'maker' if fill.is_maker else 'taker'}"})
    if order.is_asleep:
        told.append({"at": order.changed_at, "what": "waits for its trigger"})
    elif order.state.is_over and order.state is not State.FILLED:
        told.append({"at": order.changed_at, "what": f"{order.state.value}{f': {order.why}' if order.why else ''}"})
    return told
