"""Pairs of which one order cancels the other. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "Order
lists": OCO and its deprecated form. The other kinds of list are not taken here, and exchangeInfo says so.
"""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from exchanges.sandbox.binance import errors, order_words
from exchanges.sandbox.binance.calls import Call
from exchanges.sandbox.binance.filters import check_room
from exchanges.sandbox.binance.order_books import OrderBooks
from exchanges.sandbox.binance.order_reading import Wanted, read_leg, read_response, read_stp
from exchanges.sandbox.binance.order_words import OrderList
from exchanges.sandbox.binance.orders import REFUSED, Orders, refusal_of
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.house import WouldTake, WouldWake
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Account

#: A list can be asked for over a day at the most.
_DAY = 86_400_000
_BAD_PRICES = "The relationship of the prices for the orders is not correct."
#: The deprecated form's words, in those of the new one. Sold: the limit is above; bought: below.
_OLD = {
    "quantity": "quantity", "side": "side", "symbol": "symbol", "listClientOrderId": "listClientOrderId",
    "newOrderRespType": "newOrderRespType", "selfTradePreventionMode": "selfTradePreventionMode",
}  # fmt: skip
_OLD_LIMIT = {"limitClientOrderId": "ClientOrderId", "price": "Price", "limitStrategyId": "StrategyId",
              "limitStrategyType": "StrategyType", "limitIcebergQty": "IcebergQty"}  # fmt: skip
_OLD_STOP = {"stopClientOrderId": "ClientOrderId", "stopPrice": "StopPrice", "stopLimitPrice": "Price",
             "stopLimitTimeInForce": "TimeInForce", "stopStrategyId": "StrategyId", "trailingDelta": "TrailingDelta",
             "stopStrategyType": "StrategyType", "stopIcebergQty": "IcebergQty"}  # fmt: skip
OLD_NAMES = frozenset(_OLD) | frozenset(_OLD_LIMIT) | frozenset(_OLD_STOP)


class OrderLists:
    #: Told when a list was made, and when it is over.
    news: Callable[[OrderList], None]

    def __init__(self, *, orders: Orders, books: OrderBooks) -> None:
        self._orders, self._books = orders, books
        self._numbers = count(0)
        self.news = _nobody

    def place(self, call: Call) -> dict[str, Any]:
        return self._placed(call.account, call.parameters)

    def place_old(self, call: Call) -> dict[str, Any]:
        return self._placed(call.account, _in_new_words(call.parameters))

    def take_back(self, accounts: Iterable[Account]) -> None:
        """The lists of an earlier run, made again from what their orders say."""
        last = -1
        for account in accounts:
            for order in account.orders.values():
                words, partner = order.ask.words, order.partner
                if partner is None or "list_number" not in words or "list" in words:
                    continue
                made = OrderList(words["list_number"], words["list_id"], order.market.listing.symbol, order.placed_at)
                made.orders[:] = order, partner
                words["list"] = partner.ask.words["list"] = made
                self._books.note_list(account, made)
                last = max(last, made.number)
        self._numbers = count(last + 1)

    def cancel(self, call: Call) -> dict[str, Any]:
        asked = call.parameters
        self._orders.data.info.market(asked)
        found = self._found(call, "listClientOrderId", errors.not_cancelled())
        if found.is_over or found.symbol != asked.told.get("symbol"):
            raise errors.not_cancelled()
        order = next(one for one in found.orders if not one.state.is_over)
        return self._orders.cancelled(order, asked.client_id("newClientOrderId") or self._orders.made_id())

    def one(self, call: Call) -> dict[str, Any]:
        return order_words.listed(
            self._found(call, "origClientOrderId", errors.Refusal(-2013, "Order list does not exist."))
        )

    def open(self, call: Call) -> list[dict[str, Any]]:
        return [order_words.listed(one) for one in self._books.of(call.account).lists.values() if not one.is_over]

    def all(self, call: Call) -> list[dict[str, Any]]:
        asked = call.parameters
        first, begin, end = asked.whole("fromId"), asked.moment("startTime"), asked.moment("endTime")
        if first is not None and (begin is not None or end is not None):
            raise errors.bad_combination()
        if begin is not None and end is not None and end - begin > _DAY:
            raise errors.too_long_ago(24)
        found = [
            one
            for one in self._books.of(call.account).lists.values()
            if (first is None or one.number >= first)
            and (begin is None or one.placed_at >= begin)
            and (end is None or one.placed_at <= end)
        ]
        most = asked.count("limit", 500, 1000)
        return [order_words.listed(one) for one in (found[-most:] if first is None and begin is None else found[:most])]

    # ---- within ----

    def _placed(self, account: Account, asked: Parameters) -> dict[str, Any]:
        orders = self._orders
        market = orders.data.info.market(asked)
        above = read_leg(asked, market, leg="above", mark=orders.made_id())
        below = read_leg(asked, market, leg="below", mark=orders.made_id())
        client_id = asked.client_id("listClientOrderId") or orders.made_id()
        kind = read_response(asked, "RESULT")
        read_stp(asked)
        _check_places(above, below, market)
        for leg in (above, below):
            orders.check(leg)
        algo = int(above.is_algo) + int(below.is_algo)
        check_room(account, market.listing.symbol, orders=2, algo=algo, lists=1)
        if above.mark == below.mark:
            raise errors.rejected("Duplicate order sent.")
        orders.refuse_duplicate(account, above.mark, below.mark)
        if any(one.client_id == client_id and not one.is_over for one in self._books.of(account).lists.values()):
            raise errors.rejected("Duplicate order sent.")
        orders.limits.order(account.id, 2)
        orders.books.note_balances(account)
        made = OrderList(next(self._numbers), client_id, market.listing.symbol, orders.clock.told())
        for leg in (above, below):
            leg.words |= {"list": made, "list_number": made.number, "list_id": made.client_id}
        # The stop is first: bought, it is the dearer of the two, and what is held must do for both.
        first, second = (above, below) if above.type.startswith("STOP") else (below, above)
        try:
            made.orders[:] = orders.house.place_pair(account, market, first.ask(), second.ask())
        except (WouldTake, WouldWake):
            raise errors.rejected(_BAD_PRICES) from None
        except REFUSED as error:
            raise refusal_of(error) from error
        self._books.note_list(account, made)
        self.news(made)
        reports = [order_words.taken(one, kind) for one in made.orders]
        return order_words.listed(made) | {"orderReports": reports}

    def _found(self, call: Call, name: str, missing: errors.Refusal) -> OrderList:
        asked = call.parameters
        number, client_id = asked.whole("orderListId"), asked.text(name)
        if number is None and client_id is None:
            raise errors.neither(name, "orderListId")
        lists = self._books.of(call.account).lists
        if number is not None:
            found = lists.get(number)
            if found is not None and client_id is not None and found.client_id != client_id:
                found = None
        else:
            found = next((one for one in reversed(lists.values()) if one.client_id == client_id), None)
        if found is None:
            raise missing
        return found


def _check_places(above: Wanted, below: Wanted, market: Market) -> None:
    """Which kind may be where, and on which side of the last price."""
    for leg, is_above in ((above, True), (below, False)):
        is_stop = leg.type.startswith("STOP_LOSS")
        if is_stop == (leg.is_buy == is_above):
            continue
        raise {
            (True, True): errors.Refusal(-1196, "A stop loss order in a buy OCO must be above."),
            (True, False): errors.Refusal(-1197, "A stop loss order in a sell OCO must be below."),
        }.get((is_stop, leg.is_buy)) or _misplaced(leg)
    if above.type.startswith("STOP_LOSS") == below.type.startswith("STOP_LOSS"):
        raise errors.Refusal(-1168, "At least one OCO order must be contingent.")
    last = market.last * market.listing.tick_atoms
    if last and not _mark_price(below) < last < _mark_price(above):
        raise errors.rejected(_BAD_PRICES)


def _misplaced(leg: Wanted) -> errors.Refusal:
    if leg.type == "LIMIT_MAKER":
        if leg.is_buy:
            return errors.Refusal(-1165, "A limit order in a buy OCO must be below.")
        return errors.Refusal(-1166, "A limit order in a sell OCO must be above.")
    if leg.is_buy:
        return errors.Refusal(-1198, "A take profit order in a buy OCO must be below.")
    return errors.Refusal(-1199, "A take profit order in a sell OCO must be above.")


def _mark_price(leg: Wanted) -> int:
    return leg.stop if leg.stop is not None else leg.price or 0


def _in_new_words(asked: Parameters) -> Parameters:
    for name in ("symbol", "side", "quantity", "price", "stopPrice"):
        asked.must(name)
    limit, stop = ("above", "below") if asked.told["side"] == "SELL" else ("below", "above")
    told = {new: asked.told[old] for old, new in _OLD.items() if old in asked.told}
    told |= {f"{limit}{new}": asked.told[old] for old, new in _OLD_LIMIT.items() if old in asked.told}
    told |= {f"{stop}{new}": asked.told[old] for old, new in _OLD_STOP.items() if old in asked.told}
    told[f"{limit}Type"] = "LIMIT_MAKER"
    told[f"{stop}Type"] = "STOP_LOSS_LIMIT" if "stopLimitPrice" in asked.told else "STOP_LOSS"
    return Parameters(told)


def _nobody(made: OrderList) -> None: ...
