"""The payloads that venues published are read without a contradiction, and a few of their figures to the last digit."""

import base64
import datetime as dt
import json
import struct
from decimal import Decimal

import pytest

from exchanges.adapters.wire import NoManners, WireSession
from exchanges.domain.kite_frames import Mode, ticks_of
from exchanges.domain.kite_postback import Forged, hinted_order
from exchanges.domain.market import Level
from exchanges.domain.orders import OrderRef, OrderType, Product, Quantity, Unit
from exchanges.domain.outcomes import Accepted, Done, Found, Rejected, Several
from exchanges.domain.reports import Status
from tests.shared_data import shared
from tests.venue_contract.replay import Reply, serving
from tests.venue_contract.zerodha import INDIA, REF, make, order

D = Decimal


@pytest.fixture(scope="module")
def replay():
    with serving() as server:
        yield server


class Kite:
    """Zerodha's published answers, one by one."""

    def __init__(self, replay):
        self.folder, self.replay = shared("wire/zerodha"), replay

    def raw(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def told(self, name: str, *, day: str = "2021-05-31"):
        """The adapter on an evening of that day, with this answer to come."""
        kind = "text/csv" if name.endswith(".csv") else "application/json"
        self.replay.answer(Reply(200, self.raw(name), {"Content-Type": kind}))
        now = dt.datetime.fromisoformat(day).replace(hour=20, tzinfo=INDIA)
        return make(self.replay.address, WireSession(manners=NoManners(), seconds=2), now=now)


@pytest.fixture
def kite(replay):
    return Kite(replay)


def since(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(day).replace(tzinfo=INDIA)


def test_zerodha_orders(kite):
    assert kite.told("orders.json").open_orders() == []
    [order_] = kite.told("orders.json").orders_since(since("2021-05-31"), "CDS:USDINR21JUNFUT")
    assert (order_.status, order_.quantity, order_.limit_price) == (Status.CANCELLED, Quantity(D(1), Unit.LOTS), D(72))
    assert order_.placed_at == dt.datetime(2021, 5, 31, 9, 18, 57, tzinfo=INDIA)
    bought, sold = kite.told("orders.json").orders_since(since("2021-05-31"), "NSE:IOC")
    assert (bought.average_price, sold.average_price) == (D("109.4"), D("109.35"))
    marked = [one for one in json.loads(kite.raw("orders.json"))["data"] if one["tag"] == "connect test order2"]
    lost = OrderRef("connect test order2", "MCX:GOLDPETAL21JUNFUT", since("2021-05-31"))
    found = kite.told("orders.json").find(lost)
    assert isinstance(found, Found)
    assert found.report.venue_id == marked[0]["order_id"]


def test_zerodha_history_of_an_order(kite):
    ref = OrderRef("", "NSE:SBIN", since("2017-12-29"), ("171229000724687",))
    found = kite.told("order_info.json", day="2017-12-29").find(ref)
    assert isinstance(found, Found)
    assert (found.report.status_word, found.report.limit_price) == ("OPEN", D("300.1"))
    assert found.report.placed_at == dt.datetime(2017, 12, 29, 11, 6, 52, tzinfo=INDIA)
    assert found.report.changed_at == dt.datetime(2017, 12, 29, 11, 8, 16, tzinfo=INDIA)


@pytest.mark.parametrize(
    ("name", "symbol", "price"),
    [("trades.json", "CDS:USDINR21JUNFUT", "72.755"), ("order_trades.json", "MCX:GOLDPETAL21JUNFUT", "4852")],
)
def test_zerodha_trades(kite, name, symbol, price):
    [fill] = kite.told(name).trades_since(since("2021-05-31"), symbol)
    assert (str(fill.price), fill.quantity, fill.fee) == (price, Quantity(D(1), Unit.LOTS), None)


def test_zerodha_answers_to_orders(kite):
    outcome = kite.told("order_response.json").place(order(OrderType.LIMIT))
    assert isinstance(outcome, Accepted)
    assert outcome.report.venue_id == "151220000000000"
    ref = OrderRef(REF.mark, REF.symbol, REF.sent_at, ("151220000000000",))
    assert isinstance(kite.told("order_cancel.json").cancel(ref), Done)


def test_zerodha_slices(kite):
    outcome = kite.told("autoslice_response.json").place(order(OrderType.LIMIT, may_be_split=True))
    assert isinstance(outcome, Several)
    taken = [one for one in outcome.outcomes if isinstance(one, Accepted)]
    refused = [one for one in outcome.outcomes if isinstance(one, Rejected)]
    assert len({one.report.venue_id for one in taken}) == len(taken) == len(outcome.outcomes) - len(refused)
    assert {one.code for one in refused} == {"MarginException"}


def test_zerodha_money_and_shares(kite):
    [cash] = kite.told("margins.json").balances()
    assert (cash.total, cash.held, cash.free) == (D("346093.3"), D("145706.55"), D("200386.75"))
    margins = kite.told("margins.json").margins()
    assert [(one.segment, str(one.available)) for one in margins] == [
        ("equity", "99725.05000000002"),
        ("commodity", "100661.7"),
    ]
    holdings = kite.told("holdings.json").holdings()
    assert [(one.symbol, one.quantity) for one in holdings] == [("NSE:AARON", 1), ("BSE:SBIN", 16)]
    assert str(holdings[1].average_price) == "801.78125"
    [position] = kite.told("positions.json").positions()
    assert (position.symbol, position.product, position.quantity) == ("MCX:LEADMINI17DECFUT", Product.CARRIED, 1)


def test_zerodha_market(kite):
    ticker = kite.told("quote.json").ticker("NSE:INFY")
    assert (ticker.last, ticker.bid, ticker.ask, ticker.volume) == (D("1412.95"), None, D("1412.95"), 7360198)
    assert kite.told("quote.json").book("NSE:INFY", 5).asks == (Level(D("1412.95"), D(5191)),)
    for name, first in (("historical_minute.json", 1704.5), ("historical_oi.json", 12009.9)):
        candles = kite.told(name).candles("NSE:INFY", "1m", since("2017-12-15"), 6)
        assert (len(candles), candles[0].open) == (6, first)
    assert kite.told("historical_minute.json").candles("NSE:INFY", "1m", since("2017-12-15"), 6)[0].start == (
        dt.datetime(2017, 12, 15, 3, 45, tzinfo=dt.UTC)
    )


@pytest.mark.parametrize("name", ["instruments_all.csv", "instruments_nse.csv"])
def test_zerodha_catalogue(kite, name):
    listings = list(kite.told(name).listings())
    lines = kite.raw(name).decode().strip().splitlines()[1:]
    assert [one.facts["token"] for one in listings] == [line.split(",")[0] for line in lines]
    assert all(one.is_tradable for one in listings if one.facts["segment"] != "INDICES")


def test_zerodha_login(kite):
    login = kite.told("generate_session.json").finish_login({"request_token": "x"})
    assert (login.account, login.holder) == ("XX0000", "Kite Connect")


def test_zerodha_postback_of_another_secret_is_forged(kite):
    with pytest.raises(Forged, match="not of this secret"):
        hinted_order(kite.raw("postback.json"), api_secret="s" * 32)


@pytest.mark.parametrize("mode", [Mode.QUOTE, Mode.FULL])
def test_zerodha_ticker(kite, mode):
    packet = base64.b64decode(kite.raw(f"ticker_{mode}.packet"))
    told = json.loads(kite.raw(f"ticker_{mode}.json"), parse_float=D)
    [tick] = ticks_of(struct.pack(">HH", 1, len(packet)) + packet)
    assert (tick.mode, tick.token, tick.is_tradable) == (mode, told["instrument_token"], told["tradable"])
    assert (tick.last, tick.average, tick.volume) == (told["last_price"], told["average_price"], told["volume"])
    assert (tick.last_quantity, tick.bid_quantity, tick.ask_quantity) == (
        told["last_quantity"],
        told["buy_quantity"],
        told["sell_quantity"],
    )
    assert {name: getattr(tick, name) for name in told["ohlc"]} == told["ohlc"]
    if mode is Mode.FULL:
        assert tick.at == dt.datetime.fromisoformat(told["timestamp"])
        assert tick.last_trade_at == dt.datetime.fromisoformat(told["last_trade_time"])
        for side, name in ((tick.bids, "buy"), (tick.asks, "sell")):
            assert [(one.price, one.quantity) for one in side] == [
                (one["price"], one["quantity"]) for one in told["depth"][name]
            ]
