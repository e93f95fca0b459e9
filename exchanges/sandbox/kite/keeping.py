"""What of an account at Kite outlives a run of the sandbox: its app, and what it has beside its purses.

Log-ins, the day's book of orders, triggers and orders that stand do not: as at a broker, a new day begins without them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from exchanges.sandbox.house import House
from exchanges.sandbox.kite.estates import Estate, Position
from exchanges.sandbox.kite.money import CASH, ShareMoney
from exchanges.sandbox.kite.tokens import App, Tokens
from exchanges.sandbox.orders import Account

#: What of an estate is kept as it is.
_PLAIN = ("averages", "opening_cash", "used", "used_yesterdays", "asks_leave", "allowed")
_FIGURES = ("buy_lots", "buy_value", "sell_lots", "sell_value", "blocked")


def kept_of(account: Account, *, money: ShareMoney, tokens: Tokens) -> dict[str, Any]:
    estate, app = money.estate(account), tokens.apps.get(str(account.words.get("api_key")))
    return {
        "app": None if app is None else asdict(app),
        "estate": {name: getattr(estate, name) for name in _PLAIN},
        "positions": [
            [symbol, product, *(getattr(one, name) for name in _FIGURES)]
            for (symbol, product), one in estate.positions.items()
        ],
    }


def take_back(account: Account, kept: Mapping[str, Any], *, house: House, money: ShareMoney, tokens: Tokens) -> None:
    if kept["app"] is not None:
        tokens.apps.setdefault(kept["app"]["key"], App(**kept["app"]))
    estate = Estate(**kept["estate"])
    for symbol, product, *figures in kept["positions"]:
        position = Position(house.markets[symbol], product, **dict(zip(_FIGURES, figures, strict=True)))
        estate.positions[symbol, product] = position
    money.take_back(account, estate)
    backing = sum(one.blocked for one in estate.positions.values())
    for asset, purse in account.purses:
        # What an order held is free again: none of them stands any more.
        stays = min(purse.held, backing) if asset == CASH else 0
        purse.free, purse.held = purse.free + purse.held - stays, stays
