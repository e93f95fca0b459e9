"""The paper venue's kit: a store in memory, a market that tells what it is told to, and orders short to write."""

import copy
import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from exchanges.adapters.paper import Paper, StoreAway
from exchanges.domain.followed import followed_venues
from exchanges.domain.orders import Lasting, OrderRef, OrderRequest, OrderType, Product, Quantity, Unit
from exchanges.domain.paper_account import Asset, Ledger, Quote, Traded
from instruments.domain.calendars import AlwaysOpen, calendar_named
from instruments.domain.rules import Side, Steps, TradingRules

D = Decimal
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
RULES = TradingRules(
    price=Steps(D("0.01"), D("0.01"), D(1_000_000)),
    quantity=Steps(D("0.00001"), D("0.00001"), D(9000)),
    least_notional=D(5),
)
BITCOIN = Traded("BTCUSDT", "spot", Asset("BTC"), "USDT", True, RULES, AlwaysOpen())
SHARE_RULES = TradingRules(price=Steps(D("0.05")), quantity=Steps(D(1), D(1)))
INFOSYS = Traded("NSE:INFY", "NSE", Asset("NSE:INFY", True), "INR", True, SHARE_RULES, calendar_named("XBOM"))
FUTURE = replace(INFOSYS, symbol="NFO:NIFTY26DECFUT", segment="NFO")


@dataclass
class MemoryStore:
    """What was kept; a block that fails keeps nothing. `is_away` is a store that does not answer."""

    followed: str = "binance"
    totals: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    fills: list = field(default_factory=list)
    next_order: int = 1
    next_fill: int = 1
    is_away: bool = False

    @contextmanager
    def changing(self):
        if self.is_away:
            raise StoreAway("it is away")
        standing = {number: one for number, one in self.orders.items() if not one.status.is_final}
        numbers = (self.next_order, self.next_fill)
        ledger = Ledger(followed_venues()[self.followed], copy.copy(self.totals), standing, *numbers)
        yield ledger
        self.totals = ledger.totals
        self.orders |= ledger.changed
        self.fills += ledger.fills
        self.next_order, self.next_fill = ledger.next_order, ledger.next_fill

    def order_of_mark(self, mark):
        return next((one for one in self.orders.values() if one.mark == mark), None)

    def order_of_number(self, number):
        return self.orders.get(number)

    def orders_since(self, since, symbol):
        return [one for one in self.orders.values() if one.symbol == symbol and one.changed_at >= since]

    def fills_since(self, since, symbol):
        return [one for one in self.fills if one.symbol == symbol and one.at >= since]


class ToldMarket:
    """Tells what the test told it, with the age that it has by now."""

    def __init__(self, clock):
        self.clock = clock
        self.listed = {one.symbol: one for one in (BITCOIN, INFOSYS, FUTURE)}
        self.told = {}

    def tell(self, symbol="BTCUSDT", *, bid="99.90", ask="100.10", last="100", book=None, ago=0):
        prices = [None if one is None else D(one) for one in (last, bid, ask)]
        moment = self.clock() - dt.timedelta(seconds=ago)
        self.told[symbol] = Quote(*prices, moment, dt.timedelta(0), "binance", book)

    def traded(self, symbol):
        return self.listed.get(symbol)

    def freshen(self, symbol): ...

    def quote(self, symbol):
        told = self.told.get(symbol)
        return told and replace(told, age=self.clock() - told.moment)


class Desk:
    """A paper account in a test, its market and its clock."""

    def __init__(self, *, follows="binance", now=NOW, **totals):
        self.now = now
        self.market = ToldMarket(lambda: self.now)
        self.store = MemoryStore(
            follows, {Asset(name): D(value) for name, value in (totals or {"USDT": 10_000}).items()}
        )
        self.venue = Paper(store=self.store, market=self.market, clock=lambda: self.now)
        self.count = 0
        self.market.tell()

    def later(self, seconds=1, **told):
        """Time passes, and the market tells its prices anew."""
        self.now += dt.timedelta(seconds=seconds)
        if told:
            self.market.tell(**told)

    def place(self, side="buy", quantity="1", **more):
        return self.venue.place(self.order(side, quantity, **more))

    def order(self, side="buy", quantity="1", **more):
        self.count += 1
        return order(side, quantity, **{"mark": f"mark{self.count}", **more})

    def held(self):
        return {one.asset: (one.free, one.held) for one in self.venue.balances()}


def order(
    side="buy", quantity="1", *, limit=None, trigger=None, mark="mark1", symbol="BTCUSDT", unit=Unit.BASE, **more
):
    kinds = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    return OrderRequest(
        mark=mark,
        symbol=symbol,
        side=Side(side),
        type=more.pop("type", kinds[limit is not None, trigger is not None]),
        quantity=Quantity(D(quantity), unit),
        lasting=more.pop("lasting", Lasting.UNTIL_CANCELLED),
        limit_price=None if limit is None else D(limit),
        trigger_price=None if trigger is None else D(trigger),
        **more,
    )


def shares(side="buy", quantity="10", **more):
    """An order of Infosys for delivery."""
    given = {"symbol": INFOSYS.symbol, "unit": Unit.SHARES, "lasting": Lasting.DAY, "product": Product.DELIVERY}
    return order(side, quantity, **{**given, **more})


def ref(mark="mark1", symbol="BTCUSDT", *ids):
    return OrderRef(mark, symbol, NOW, ids)
