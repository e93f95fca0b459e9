"""All of Kite behind its wire, put together once."""

from typing import Any

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Faults, Point
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.day_end import end_day
from exchanges.sandbox.kite.gtt import Triggers
from exchanges.sandbox.kite.limits import Limits
from exchanges.sandbox.kite.login import Login
from exchanges.sandbox.kite.margins import Margins
from exchanges.sandbox.kite.mishaps import Mishaps
from exchanges.sandbox.kite.money import CASH, ShareMoney
from exchanges.sandbox.kite.news import News
from exchanges.sandbox.kite.opening import Opening
from exchanges.sandbox.kite.order_book import OrderBook, Told
from exchanges.sandbox.kite.order_refusals import not_found
from exchanges.sandbox.kite.orders import Orders
from exchanges.sandbox.kite.portfolio import Portfolio
from exchanges.sandbox.kite.postbacks import Postbacks
from exchanges.sandbox.kite.quotes import Quotes
from exchanges.sandbox.kite.ticker import Ticker
from exchanges.sandbox.kite.times import Days
from exchanges.sandbox.kite.tokens import Tokens
from exchanges.sandbox.orders import Account
from exchanges.sandbox.upsets import Upsets

_MOST_DAYS_AT_ONCE = 400


class Desk:
    def __init__(self, *, house: House, clock: Clock, faults: Faults, seed: str) -> None:
        if not isinstance(house.money, ShareMoney):
            raise TypeError("Kite's house keeps its money as a broker of shares does")
        self.house, self.clock, self.faults, self.money = house, clock, faults, house.money
        self.days = Days(clock)
        self.limits = Limits(clock)
        self.book = OrderBook()
        self.tokens = Tokens(clock=clock, days=self.days, seed=seed)
        self.quotes = Quotes(house=house, clock=clock)
        self.ticker = Ticker(house=house, clock=clock, tokens=self.tokens, quotes=self.quotes)
        self.postbacks = Postbacks()
        self.news = News(
            faults=faults,
            tokens=self.tokens,
            postbacks=self.postbacks,
            push=self.ticker.push,
            listens=self.ticker.listens,
        )
        self.orders = Orders(house=house, clock=clock, faults=faults, book=self.book, news=self.news)
        self.triggers = Triggers(house=house, clock=clock, place=self._place_triggered)
        self.portfolio = Portfolio(house=house, money=self.money, days=self.days)
        self.margins = Margins(house=house, money=self.money, clock=clock, told_cash=self._told_cash)
        self.login = Login(self.tokens, house.accounts)
        self.opening = Opening(house=house, money=self.money, tokens=self.tokens, portfolio=self.portfolio, seed=seed)
        Mishaps(faults=faults, tokens=self.tokens)
        Upsets(
            venue="kite",
            faults=faults,
            house=house,
            clock=clock,
            close=lambda account: self.ticker.close(account, 1001),
            # INFY is INFY at every exchange, NSE:INFY at one.
            names=lambda market: {market.listing.symbol, market.listing.base},
        )
        self._known: set[str] = set()

    # ---- what time does ----

    def wake(self) -> None:
        """Days that have ended since, in turn; after a long sleep not every one of them."""
        for _ in range(_MOST_DAYS_AT_ONCE):
            if not self.days.turn():
                return
            end_day(house=self.house, money=self.money, orders=self.orders, book=self.book)
        self.days.begun = self.clock.now()

    def pulse(self) -> None:
        self.wake()
        self._forget_closed()
        self.orders.pulse()
        self.triggers.pulse()
        if any(fault.name == "outage" and fault.venue in (None, "kite") for fault in self.faults.ordered()):
            self.ticker.close(code=1001)
        self.ticker.pulse()
        self.postbacks.pulse()

    # ---- what reads tell ----

    def told_orders(self, account: Account, act: str) -> list[Told]:
        """The day's orders, without those that a fault hides."""
        now = self.clock.now()
        found = [one for one in self.book.of(account) if one.hidden_until <= now]
        if not self.faults.ordered():
            return found
        if self._denies(act, "", account):
            return []
        denied = {mark for mark in {one.mark for one in found if one.mark} if self._denies(act, mark, account)}
        return [one for one in found if one.mark not in denied]

    def told_order(self, account: Account, order_id: str, act: str) -> Told:
        told = self.orders.find(account, order_id)
        if self.faults.ordered() and self._denies(act, told.mark, account):
            raise not_found()
        return told

    # ---- within ----

    def _told_cash(self, account: Account) -> int:
        free = account.purses[CASH].free
        if self.faults.ordered():
            stale = self.faults.meets(Point.READ, venue="kite", act="margins", account=account.id, name="stale_balance")
            if stale is not None:
                return self.orders.cash_before.get(account.id, free)
        return free

    def _denies(self, act: str, mark: str, account: Account) -> bool:
        met = self.faults.meets(Point.READ, venue="kite", act=act, mark=mark, account=account.id, name="denied")
        return met is not None

    def _place_triggered(self, account: Account, fields: dict[str, str], meta: dict[str, Any]) -> Any:
        return self.orders.place(account, "regular", fields, meta=meta)

    def _forget_closed(self) -> None:
        """What accounts leave behind that the control closed."""
        there = self.house.accounts.keys()
        for number in self._known - there:
            self.tokens.forget(number)
            self.triggers.forget(number)
            self.orders.forget(number)
            self.book.forget(number)
            self.news.forget(number)
            self.money.forget(number)
        self._known = set(there)
