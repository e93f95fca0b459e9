"""What an account may ask about itself. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "Account
Endpoints".
"""

import zlib
from typing import Any

from exchanges.sandbox.binance import errors, order_words
from exchanges.sandbox.binance.calls import Call
from exchanges.sandbox.binance.figures import eight
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.binance.mishaps import Mishaps
from exchanges.sandbox.binance.order_books import OrderBooks
from exchanges.sandbox.binance.orders import NO_DISCOUNT, Orders
from exchanges.sandbox.orders import Account, Placed

_DAY = 86_400_000
_NO_RATES = {"maker": "0.00000000", "taker": "0.00000000", "buyer": "0.00000000", "seller": "0.00000000"}


class AccountReads:
    def __init__(self, *, orders: Orders, books: OrderBooks, mishaps: Mishaps, limits: Limits) -> None:
        self._orders, self._books, self._mishaps, self._limits = orders, books, mishaps, limits
        self._house, self._info = orders.house, orders.data.info
        listings = [market.listing for market in self._house.markets.values()]
        self.assets = list(dict.fromkeys(asset for one in listings for asset in (one.base, one.quote)))

    def account(self, call: Call) -> dict[str, Any]:
        account, rates = call.account, self._orders.rates()
        return {
            "makerCommission": round(float(rates["maker"]) * 10_000),
            "takerCommission": round(float(rates["taker"]) * 10_000),
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": rates | {"buyer": "0.00000000", "seller": "0.00000000"},
            "canTrade": True,
            "canWithdraw": True,
            "canDeposit": True,
            "brokered": False,
            "requireSelfTradePrevention": False,
            "preventSor": False,
            "updateTime": account.changed_at,
            "accountType": "SPOT",
            "balances": self._balances(account, omits_zero=call.parameters.flag("omitZeroBalances", False)),
            "permissions": ["SPOT"],
            "uid": uid_of(account),
        }

    def commission(self, call: Call) -> dict[str, Any]:
        market = self._info.market(call.parameters)
        return {
            "symbol": market.listing.symbol,
            "standardCommission": self._orders.rates() | {"buyer": "0.00000000", "seller": "0.00000000"},
            "specialCommission": _NO_RATES,
            "taxCommission": _NO_RATES,
            "discount": NO_DISCOUNT,
        }

    def order(self, call: Call) -> dict[str, Any]:
        order = self._orders.found(call, errors.no_order())
        if self._mishaps.denies(order, "order"):
            raise errors.no_order()
        return order_words.queried(order)

    def open_orders(self, call: Call) -> list[dict[str, Any]]:
        asked, account = call.parameters, call.account
        market = None if asked.symbol() is None else self._info.market(asked)
        standing = [one for one in account.standing.values() if market is None or one.market is market]
        return [order_words.queried(one) for one in self._mishaps.shown(account, "open_orders", standing)]

    def all_orders(self, call: Call) -> list[dict[str, Any]]:
        asked, account = call.parameters, call.account
        market, first = self._info.market(asked), asked.whole("orderId")
        begin, end = _span(call)
        found = [
            one
            for one in self._mishaps.shown(account, "orders", account.orders.values())
            if one.market is market
            and (first is None or one.number >= first)
            and (begin is None or one.placed_at >= begin)
            and (end is None or one.placed_at <= end)
        ]
        most = asked.count("limit", 500, 1000)
        return [
            order_words.queried(one) for one in (found[-most:] if first is None and begin is None else found[:most])
        ]

    def trades(self, call: Call) -> list[dict[str, Any]]:
        asked, account = call.parameters, call.account
        market, number, first = self._info.market(asked), asked.whole("orderId"), asked.whole("fromId")
        begin, end = _span(call)
        if (first is not None or number is not None) and (begin is not None or end is not None):
            raise errors.bad_combination()
        orders: list[Placed] = [
            one
            for one in self._mishaps.shown(account, "trades", account.orders.values())
            if one.fills and one.market is market and (number is None or one.number == number)
        ]
        found = [
            (fill, order)
            for order in orders
            for fill in order.fills
            if (first is None or fill.number >= first)
            and (begin is None or fill.at >= begin)
            and (end is None or fill.at <= end)
        ]
        found.sort(key=lambda one: one[0].number)
        most = asked.count("limit", 500, 1000)
        found = found[-most:] if first is None and begin is None else found[:most]
        return [order_words.trade(order, fill) for fill, order in found]

    def order_counts(self, call: Call) -> list[dict[str, Any]]:
        return self._limits.order_counts(call.account.id)

    def amendments(self, call: Call) -> list[dict[str, Any]]:
        asked = call.parameters
        self._info.market(asked)
        number, first = asked.whole("orderId"), asked.whole("fromExecutionId") or 0
        if number is None:
            raise errors.missing("orderId")
        found = [one for one in self._books.of(call.account).amendments.get(number, []) if one["executionId"] >= first]
        return found[: asked.count("limit", 500, 1000)]

    # ---- within ----

    def _balances(self, account: Account, *, omits_zero: bool) -> list[dict[str, Any]]:
        now = {asset: (purse.free, purse.held) for asset, purse in account.purses.of.items()}
        if self._mishaps.is_stale(account):
            now = self._books.of(account).before or now
        assets = dict.fromkeys([*self.assets, *sorted(now)])
        return [
            {"asset": asset, "free": eight(now.get(asset, (0, 0))[0]), "locked": eight(now.get(asset, (0, 0))[1])}
            for asset in assets
            if not omits_zero or any(now.get(asset, (0, 0)))
        ]


def uid_of(account: Account) -> int:
    return zlib.crc32(f"{account.id}:{account.words['api_key']}".encode())


def _span(call: Call) -> tuple[int | None, int | None]:
    begin, end = call.parameters.moment("startTime"), call.parameters.moment("endTime")
    if begin is not None and end is not None and end - begin > _DAY:
        raise errors.too_long_ago(24)
    return begin, end
