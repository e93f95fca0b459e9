"""Placing, cancelling and amending. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "Trading
endpoints", faqs/order_amend_keep_priority.md, errors.md.
"""

from dataclasses import replace
from hashlib import blake2b
from itertools import count
from typing import Any

from exchanges.sandbox.binance import errors, order_words
from exchanges.sandbox.binance.calls import Call
from exchanges.sandbox.binance.exchange_info import MOST_AMENDS
from exchanges.sandbox.binance.figures import lots
from exchanges.sandbox.binance.filters import check_order, check_room
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.binance.market_data import MarketData
from exchanges.sandbox.binance.mishaps import Mishaps
from exchanges.sandbox.binance.order_books import OrderBooks
from exchanges.sandbox.binance.order_reading import Wanted, read_order, read_response
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import Halted, House, WouldTake, WouldWake
from exchanges.sandbox.ledger import Short
from exchanges.sandbox.listings import atoms
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Account, Placed, State

_RESTRICTIONS = {"ONLY_NEW": State.NEW, "ONLY_PARTIALLY_FILLED": State.PARTIAL}


class Orders:
    def __init__(
        self, *, house: House, clock: Clock, limits: Limits, data: MarketData, books: OrderBooks, mishaps: Mishaps,
        seed: str,
    ) -> None:  # fmt: skip
        self.house, self.clock, self.limits, self.data = house, clock, limits, data
        self.books, self.mishaps = books, mishaps
        self._seed, self._ids, self._executions = seed, count(1), count(1)

    # ---- placing ----

    def place(self, call: Call) -> dict[str, Any]:
        wanted = self.wanted(call)
        kind = read_response(call.parameters, "FULL" if wanted.type in {"LIMIT", "MARKET"} else "ACK")
        account = call.account
        check_room(account, wanted.market.listing.symbol, orders=1, algo=int(wanted.is_algo))
        self.refuse_duplicate(account, wanted.mark)
        self.limits.order(account.id)
        if self.mishaps.refuses_funds(account, wanted.mark):
            raise errors.short()
        self.books.note_balances(account)
        order = self._entered(account, wanted)
        self.mishaps.after_placing(order)
        if self.mishaps.refuses_as_duplicate(account, order.ask.mark):
            raise errors.rejected("Duplicate order sent.")
        return order_words.taken(order, kind)

    def test(self, call: Call) -> dict[str, Any]:
        wanted = self.wanted(call)
        read_response(call.parameters, "FULL")
        check_room(call.account, wanted.market.listing.symbol, orders=1, algo=int(wanted.is_algo))
        if not call.parameters.flag("computeCommissionRates", False):
            return {}
        rates, none = self.rates(), {"maker": "0.00000000", "taker": "0.00000000"}
        return {
            "standardCommissionForOrder": rates,
            "specialCommissionForOrder": none,
            "taxCommissionForOrder": none,
            "discount": NO_DISCOUNT,
        }

    def rates(self) -> dict[str, str]:
        money: Any = self.house.money
        return {"maker": f"{money.maker / 1e6:.8f}", "taker": f"{money.taker / 1e6:.8f}"}

    def wanted(self, call: Call) -> Wanted:
        """What is asked for, read and past all filters."""
        market = self.data.info.market(call.parameters)
        wanted = read_order(call.parameters, market, mark=self.made_id())
        self.check(wanted)
        return wanted

    def check(self, wanted: Wanted) -> None:
        check_order(wanted, average=self.data.statistics.average(wanted.market, self.clock.now()))

    def made_id(self) -> str:
        """22 letters, as the venue's own marks have."""
        return blake2b(f"{self._seed}:order:{next(self._ids)}".encode(), digest_size=11).hexdigest()

    def refuse_duplicate(self, account: Account, *marks: str) -> None:
        for mark in marks:
            known = account.orders.get(account.marks.get(mark, 0))
            if known is not None and not known.state.is_over:
                raise errors.rejected("Duplicate order sent.")

    # ---- ending ----

    def cancel(self, call: Call) -> dict[str, Any]:
        asked = call.parameters
        order = self.found(call, errors.not_cancelled())
        restriction = asked.text("cancelRestrictions")
        if restriction is not None and restriction not in _RESTRICTIONS:
            raise errors.Refusal(-1145, "Invalid cancelRestrictions")
        if order.state.is_over:
            raise errors.not_cancelled()
        if restriction is not None and order.state is not _RESTRICTIONS[restriction]:
            raise errors.not_cancelled("Order was not canceled due to cancel restrictions.")
        return self.cancelled(order, asked.client_id("newClientOrderId") or self.made_id())

    def cancelled(self, order: Placed, client_id: str) -> dict[str, Any]:
        """One of a list takes the whole list with it."""
        made = order.ask.words.get("list")
        orders: list[Placed] = [order] if made is None else made.orders
        for one in orders:
            one.ask.words["cancel"] = client_id
        self.house.cancel(order)
        for one in orders:
            self.mishaps.after_cancelling(one)
        reports = [order_words.cancelled(one, client_id) for one in orders]
        if made is None:
            return reports[0]
        return order_words.listed(made, at=self.clock.told()) | {"orderReports": reports}

    def cancel_all(self, call: Call) -> list[dict[str, Any]]:
        market = self.data.info.market(call.parameters)
        standing = [one for one in call.account.standing.values() if one.market is market]
        if not standing:
            raise errors.not_cancelled()
        client_id = self.made_id()
        return [self.cancelled(order, client_id) for order in standing if not order.state.is_over]

    def replace(self, call: Call) -> dict[str, Any]:
        """Not taken here, and exchangeInfo says so."""
        self.data.info.market(call.parameters)
        raise errors.rejected("Order cancel-replace is not supported for this symbol.")

    def amend(self, call: Call) -> dict[str, Any]:
        asked = call.parameters
        order = self.found(call, errors.no_order())
        wanted = asked.figure("newQty")
        if wanted is None:
            raise errors.missing("newQty")
        mark = asked.client_id("newClientOrderId") or self.made_id()
        market = order.market
        if order.state.is_over or order.is_asleep or order.ask.price is None:
            raise errors.not_amended("Unknown order sent.")
        amendments = self.books.of(call.account).amendments.get(order.number, [])
        if len(amendments) >= MOST_AMENDS:
            raise errors.not_amended("Filter failure: MAX_NUM_ORDER_AMENDS")
        count, rest = divmod(atoms(wanted), market.lot_atoms)
        if rest or not count:
            raise errors.filtered("LOT_SIZE")
        if count == order.lots:
            raise errors.not_amended("The requested action would change no state; rejecting.")
        if count > order.lots:
            raise errors.not_amended("Order amend (quantity increase) is not supported.")
        if mark != order.ask.mark:
            self.refuse_duplicate(call.account, mark)
        before, was = order.ask.mark, order.lots
        self._rename(order, mark)
        order.ask.words["original"] = before
        if not self.house.reduce(order, count):
            self._rename(order, before)
            raise errors.not_amended("Order amend (quantity increase) is not supported.")
        execution = next(self._executions)
        told = {
            "symbol": market.listing.symbol,
            "orderId": order.number,
            "executionId": execution,
            "origClientOrderId": before,
            "newClientOrderId": mark,
            "origQty": lots(market, was),
            "newQty": lots(market, count),
            "time": order.changed_at,
        }
        self.books.note_amendment(call.account, order.number, told)
        return order_words.amended(order, before, execution)

    # ---- finding ----

    def found(self, call: Call, missing: errors.Refusal) -> Placed:
        """By the venue's number first, then by the client's own."""
        asked, account = call.parameters, call.account
        market = self.data.info.market(asked)
        number, mark = asked.whole("orderId"), asked.text("origClientOrderId")
        if number is None and mark is None:
            raise errors.neither("origClientOrderId", "orderId")
        order = account.orders.get(account.marks.get(mark or "", 0) if number is None else number)
        if order is None or order.market is not market:
            raise missing
        if mark is not None and number is not None and order.ask.mark != mark:
            raise errors.Refusal(-2039, "Client order ID is not correct for this order ID.")
        return order

    # ---- within ----

    def _entered(self, account: Account, wanted: Wanted) -> Placed:
        market = self.house.look(wanted.market)
        at_most = None
        count = None
        fault = self.mishaps.cut(account, wanted.mark)
        if wanted.quote is not None and (not wanted.is_buy or fault is not None):
            count = _reckoned(market, wanted)
        if fault is not None:
            at_most = max(1, int((wanted.lots if count is None else count) * float(fault.given["share"])))
        try:
            order = self.house.place(account, market, wanted.ask(lots=count), at_most=at_most)
        except REFUSED as error:
            raise refusal_of(error) from error
        if at_most is not None:
            self.mishaps.end_rest(order, at_most)
        return order

    def _rename(self, order: Placed, mark: str) -> None:
        marks = order.account.marks
        if marks.get(order.ask.mark) == order.number:
            del marks[order.ask.mark]
        order.ask = replace(order.ask, mark=mark)
        marks[mark] = order.number


NO_DISCOUNT = {"enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "BNB", "discount": "0.00000000"}


def amount_of(parameters: Parameters) -> int:
    return 20 if parameters.told.get("computeCommissionRates", "").lower() == "true" else 1


#: What the house refuses, and the venue has words for.
REFUSED = (Short, WouldTake, WouldWake, Halted)


def refusal_of(error: Exception) -> errors.Refusal:
    match error:
        case Short():
            return errors.short()
        case WouldTake():
            return errors.rejected("Order would immediately match and take.")
        case WouldWake():
            return errors.rejected("Order would trigger immediately.")
        case Halted():
            return errors.invalid("Market is closed.")
    raise TypeError(f"nothing is said of {type(error).__name__}")


def _reckoned(market: Market, wanted: Wanted) -> int:
    """How many lots the amount comes to in the book as it stands."""
    left, count = wanted.quote or 0, 0
    bids, asks = market.matching.depth(1000)
    for price, standing in asks if wanted.is_buy else bids:
        taken = min(int(standing), left // (int(price) * market.worth))
        count += taken
        left -= taken * int(price) * market.worth
        if taken < standing:
            break
    if not count:
        raise errors.rejected("Order book liquidity is less than `LOT_SIZE` filter minimum quantity.")
    return count
