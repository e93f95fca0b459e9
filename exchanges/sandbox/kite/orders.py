"""Orders placed, changed and cancelled, and what the exchange says of them.

kite.trade/docs/connect/v3/orders (read 2026-11-21).
"""

from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

from exchanges.domain.matching import SelfTrade, Stay, Why
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults, Point
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.bands import check_band, is_trading
from exchanges.sandbox.kite.errors import KiteError, bad_input, too_many
from exchanges.sandbox.kite.figures import last_ticks
from exchanges.sandbox.kite.money import CASH
from exchanges.sandbox.kite.news import News
from exchanges.sandbox.kite.order_book import OrderBook, Told
from exchanges.sandbox.kite.order_refusals import REFUSALS, no_funds, not_found, worded
from exchanges.sandbox.kite.order_words import Wanted, protected, read_change, read_order
from exchanges.sandbox.kite.times import moment
from exchanges.sandbox.orders import Account, Ask, Happened, Happening

_MOST_CHANGES = 25
_MOST_A_DAY = 5_000
_MOST_SLICES = 10
#: A trigger that no price reaches: what sleeps behind it meets nobody.
_NEVER = 10**12
_MINUTE_SECONDS = 60


class Orders:
    def __init__(self, *, house: House, clock: Clock, faults: Faults, book: OrderBook, news: News) -> None:
        self._house, self._clock, self._faults, self._book, self._news = house, clock, faults, book, news
        self._numbers = count(1)
        #: By account, the free cash before its last order: a fault tells it on.
        self.cash_before: dict[str, int] = {}
        #: After-market orders that wait for the market, and orders whose minutes are counted.
        self._waiting: dict[str, Told] = {}
        self._ending: dict[str, Told] = {}
        house.listeners.append(self._heard)

    # ---- what a client asks ----

    def place(
        self, account: Account, variety: str, fields: dict[str, str], *, meta: dict[str, Any] | None = None
    ) -> Any:
        wanted, may_slice, protection = read_order(variety, fields, self._house.markets)
        self._check_hours(wanted)
        self._house.look(wanted.market)
        self.cash_before[account.id] = account.purses[CASH].free
        if protection is not None:
            wanted = protected(wanted, protection, last_ticks(wanted.market, self._clock.now()))
        self._check(wanted)
        if self._meets("funds_refused", "place", wanted.tag or "", account) is not None:
            raise no_funds(account, wanted, self._clock.now())
        freeze = int(wanted.market.listing.facts["freeze"])
        if wanted.quantity <= freeze:
            if self._book.count(account) >= _MOST_A_DAY:
                raise too_many("Maximum allowed order requests exceeded.")
            return {"order_id": self._submit(account, wanted, meta=meta).id}
        if not may_slice:
            raise bad_input(
                f"Order quantity is above the freeze quantity of {freeze}. "
                "Place it with `autoslice`, or in several orders."
            )
        return self._slice(account, wanted, freeze)

    def modify(self, account: Account, order_id: str, fields: dict[str, str]) -> Told:
        told = self.find(account, order_id)
        if told.is_over:
            raise KiteError(400, "OrderException", "Order cannot be modified as it is already processed.")
        if told.modified >= _MOST_CHANGES:
            raise bad_input("Maximum allowed order modifications exceeded")
        was = told.wanted
        wanted, protection = read_change(fields, was)
        self._house.look(was.market)
        if told.is_over:
            raise KiteError(400, "OrderException", "Order cannot be modified as it is already processed.")
        if protection is not None:
            wanted = protected(wanted, protection, last_ticks(was.market, self._clock.now()))
        self._check(wanted)
        if wanted.quantity > int(was.market.listing.facts["freeze"]):
            raise bad_input("Order quantity is above the freeze quantity.")
        if wanted.quantity <= told.filled:
            raise bad_input("Quantity should be greater than the quantity that is filled already.")
        if told.placed is None:
            told.modified, told.wanted = told.modified + 1, wanted
            told.step("AMO REQ RECEIVED", self._clock.told())
            return told
        self._check_hours(wanted)
        try:
            told.changing = wanted
            self._house.change(told.placed, self._ask(told, wanted))
        except REFUSALS as refused:
            raise worded(refused, wanted, self._clock.now()) from None
        finally:
            told.changing = None
        self._count_minutes(told)
        return told

    def cancel(self, account: Account, order_id: str) -> Told:
        told = self.find(account, order_id)
        if told.is_over:
            raise KiteError(400, "OrderException", "Order cannot be cancelled as it is already processed.")
        if told.placed is None:
            self._waiting.pop(told.id, None)
            told.step("CANCELLED", self._clock.told())
            self._news.tell(told, "CANCELLED")
            return told
        if not self._house.cancel(told.placed):
            raise KiteError(400, "OrderException", "Order cannot be cancelled as it is already processed.")
        fault = self._meets("filled_after_cancel", "cancel", told.mark, account)
        if fault is not None:
            self._house.fill_outside(told.placed, _part(told.placed.left, fault))
        return told

    def find(self, account: Account, order_id: str) -> Told:
        told = self._book.find(account, order_id)
        if told is None or told.hidden_until > self._clock.now():
            raise not_found()
        return told

    # ---- what time does ----

    def pulse(self) -> None:
        """After-market orders go in when the market opens; orders of some minutes end."""
        now = self._clock.now()
        for told in [one for one in self._waiting.values() if is_trading(one.wanted.market, self._clock)]:
            del self._waiting[told.id]
            self._send(told)
        for told in [one for one in self._ending.values() if one.is_over or (one.ends_at or 0) <= now]:
            del self._ending[told.id]
            if told.placed is not None and not told.is_over:
                self._house.cancel(told.placed)

    def end_day(self, account: Account) -> None:
        """Nothing stands overnight but what waits for the market."""
        for order in [one for one in account.orders.values() if not one.state.is_over]:
            self._house.cancel(order)

    def square_off(self, account: Account, market_symbol: str, lots: int) -> Told:
        """Closes a position of the day: at the market, and what the market does not take at the last price."""
        market = self._house.markets[market_symbol]
        last = last_ticks(market, self._clock.now())
        is_buy = lots < 0
        wanted = Wanted(
            market=market, variety="regular", is_buy=is_buy, quantity=abs(lots), product="MIS", order_type="LIMIT",
            price=last + last // 20 if is_buy else max(1, last - last // 20), trigger=0, validity="IOC", ttl=0,
            disclosed=0, tag=None, tags=("auto_square_off",),
        )  # fmt: skip
        told = self._submit(account, wanted)
        if told.placed is not None and told.placed.left:
            self._house.fill_outside(told.placed, told.placed.left, price=last)
        return told

    def forget(self, account_id: str) -> None:
        self.cash_before.pop(account_id, None)
        for kept in (self._waiting, self._ending):
            for told in [one for one in kept.values() if one.account.id == account_id]:
                del kept[told.id]

    # ---- within ----

    def _check_hours(self, wanted: Wanted) -> None:
        trades = is_trading(wanted.market, self._clock)
        if wanted.variety == "amo" and trades:
            raise bad_input("After market orders (AMO) cannot be placed during market hours. Use variety `regular`.")
        if wanted.variety == "regular" and not trades:
            raise bad_input("Your order could not be converted to a After Market Order (AMO).")

    def _check(self, wanted: Wanted) -> None:
        now, market = self._clock.now(), wanted.market
        if wanted.order_type == "LIMIT" and "mktp" not in wanted.tags:
            check_band(market, wanted.price, now)
        if not wanted.trigger:
            return
        check_band(market, wanted.trigger, now)
        side, how = ("buy", "lower") if wanted.is_buy else ("sell", "higher")
        if wanted.trigger > wanted.price if wanted.is_buy else wanted.trigger < wanted.price:
            raise bad_input(f"Trigger price for stoploss {side} orders should be {how} than the limit price.")

    def _slice(self, account: Account, wanted: Wanted, freeze: int) -> Any:
        """Every slice on its own: some may be taken and others refused."""
        slices = -(-wanted.quantity // freeze)
        if slices > _MOST_SLICES:
            raise bad_input(f"Autoslice allows {_MOST_SLICES} slices at the most, and this order needs {slices}.")
        parent = self._draw_id()
        children: list[dict[str, Any]] = []
        tags = (*wanted.tags, "autoslice", f"autoslice:{parent}")
        fault = self._meets("half_autoslice", "place", wanted.tag or "", account)
        for n in range(slices):
            quantity = min(freeze, wanted.quantity - n * freeze)
            child = replace(wanted, quantity=quantity, tags=tags, disclosed=min(wanted.disclosed, quantity))
            try:
                if fault is not None and n % 2:
                    raise no_funds(account, child, self._clock.now())
                children.append({"order_id": self._submit(account, child).id})
            except KiteError as refused:
                children.append({"error": refused.payload()})
        return {"order_id": parent, "children": children}

    def _submit(self, account: Account, wanted: Wanted, *, meta: dict[str, Any] | None = None) -> Told:
        told = Told(self._draw_id(), account, wanted, self._clock.told(), meta=meta or {})
        hidden = self._meets("hidden", "place", told.mark, account)
        if hidden is not None:
            told.hidden_until = self._clock.now() + self._clock.milliseconds(float(hidden.given["seconds"]))
        self._book.add(told)
        if wanted.variety == "amo":
            self._waiting[told.id] = told
            told.step("AMO REQ RECEIVED", self._clock.told())
            return told
        try:
            self._enter(told)
        except REFUSALS as refused:
            self._book.drop(told)
            raise worded(refused, wanted, self._clock.now()) from None
        return told

    def _send(self, told: Told) -> None:
        """An after-market order: by now it has an id, so what refuses it is told in the book."""
        try:
            check_band(told.wanted.market, told.wanted.price, self._clock.now())
            self._enter(told)
        except (*REFUSALS, KiteError) as refused:
            error = refused if isinstance(refused, KiteError) else worded(refused, told.wanted, self._clock.now())
            told.message, told.message_raw = str(error), f"RMS:{error}"
            told.step("REJECTED", self._clock.told())
            self._news.tell(told, "REJECTED")

    def _enter(self, told: Told) -> None:
        account, wanted = told.account, told.wanted
        ask = self._ask(told, wanted)
        fault = self._meets("partly_then_cancelled", "place", told.mark, account)
        if fault is None:
            self._house.place(account, wanted.market, ask)
        else:
            # It meets nobody, so that as much of it is filled as was ordered, whatever its price.
            last = last_ticks(wanted.market, self._clock.now())
            trigger = _NEVER if wanted.is_buy else 0
            order = self._house.place(account, wanted.market, replace(ask, trigger=trigger, wakes_rising=wanted.is_buy))
            at = min(wanted.price, last) if wanted.is_buy else max(wanted.price, last)
            self._house.fill_outside(order, _part(order.lots, fault), price=at)
            told.message = "The exchange cancelled the rest of the order."
            self._house.cancel(order)
        self._count_minutes(told)

    def _ask(self, told: Told, wanted: Wanted) -> Ask:
        return Ask(
            is_buy=wanted.is_buy,
            lots=wanted.quantity,
            price=wanted.price,
            trigger=wanted.trigger or None,
            wakes_rising=wanted.is_buy,
            stay=Stay.IMMEDIATE_OR_CANCEL if wanted.validity == "IOC" else Stay.RESTS,
            self_trade=SelfTrade.ENDS_TAKER,
            mark=told.mark,
            words={"order_id": told.id, "product": wanted.product, "variety": wanted.variety},
        )

    def _count_minutes(self, told: Told) -> None:
        if told.wanted.validity == "TTL" and not told.is_over:
            told.ends_at = told.ordered_at + self._clock.milliseconds(told.wanted.ttl * _MINUTE_SECONDS)
            self._ending[told.id] = told

    def go_on(self) -> None:
        """After an earlier run: what still stands is over, as at a broker's night, and no number is given twice."""
        for account in self._house.accounts.values():
            for order in list(account.standing.values()):
                self._house.expire(order)
        self._numbers = count(self._house.number + 1)

    def _draw_id(self) -> str:
        return f"{moment(self._clock.told()):%y%m%d}{next(self._numbers):09d}"

    def _meets(self, name: str, act: str, mark: str, account: Account) -> Fault | None:
        return self._faults.meets(Point.ORDER, venue="kite", act=act, mark=mark, account=account.id, name=name)

    # ---- what the house says ----

    def _heard(self, happened: Happened) -> None:
        order, at = happened.order, happened.at
        told = self._book.find(order.account, str(order.ask.words.get("order_id")))
        if told is None:
            return
        told.placed = order
        match happened.kind:
            case Happening.NEW:
                for status in ("PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING"):
                    told.step(status, at)
                self._tell(told, "TRIGGER PENDING" if told.wanted.trigger else "OPEN", at)
            case Happening.TRADE:
                if order.left <= 0:
                    self._tell(told, "COMPLETE", at)
                else:
                    self._tell(told, "CANCELLED" if told.is_over else "UPDATE", at)
            case Happening.WOKE:
                self._tell(told, "OPEN", at)
            case Happening.CHANGED:
                for status in ("MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED"):
                    told.step(status, at)
                told.wanted, told.modified = told.changing or told.wanted, told.modified + 1
                told.step("TRIGGER PENDING" if order.is_asleep else "OPEN", at)
                self._news.tell(told, "UPDATE")
            case _:
                if order.why == Why.SELF_TRADE.value:
                    told.message = "Order cancelled by the exchange to prevent a self trade."
                if happened.kind is Happening.CANCELLED:
                    told.step("CANCEL PENDING", at)
                self._tell(told, "CANCELLED", at)

    def _tell(self, told: Told, status: str, at: int) -> None:
        told.step(status, at)
        self._news.tell(told, status)


def _part(lots: int, fault: Fault) -> int:
    return min(lots, max(1, int(lots * Decimal(str(fault.given["share"])))))
