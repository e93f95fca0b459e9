"""The sandbox's engine room: what is taken, met, paid and told; what is made from a seed is the same again."""

import datetime as dt
import json
import urllib.error
import urllib.request
from decimal import Decimal

import pytest

from exchanges.domain.matching import SelfTrade
from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.ledger import Short
from exchanges.sandbox.listings import atoms, figure
from exchanges.sandbox.orders import Ask, Happening, State
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.serving import serving

D = Decimal
NOW = int(dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC).timestamp() * 1000)


@pytest.fixture
def world():
    return World(seed="test", clock=SetClock(NOW))


@pytest.fixture
def account(world):
    return world.binance.open_account("1", name="one", balances={"USDT": atoms(D(100_000)), "BTC": atoms(D(2))})


def market(world, symbol="BTCUSDT"):
    return world.binance.look(world.binance.markets[symbol])


def of(account, asset):
    purse = account.purses[asset]
    return figure(purse.free), figure(purse.held)


def sums(world):
    return set(world.sums().values())


def test_order_that_crosses_is_filled_and_the_fee_is_taken_from_what_was_bought(world, account):
    order = world.binance.place(account, market(world), Ask(is_buy=True, lots=1000, price=market(world).last + 500))
    assert (order.state, order.filled) == (State.FILLED, 1000)
    paid, fee = figure(order.paid), sum(figure(fill.fee) for fill in order.fills)
    assert of(account, "USDT") == (D(100_000) - paid, 0)
    assert of(account, "BTC") == (D("2.01") - fee, 0)
    assert fee == sum((figure(f.lots * 10**13) * D("0.001")).quantize(D("1e-8"), "ROUND_DOWN") for f in order.fills)
    assert sums(world) == {0}


def test_order_that_rests_holds_its_money_and_gives_it_back(world, account):
    order = world.binance.place(account, market(world), Ask(is_buy=True, lots=1000, price=500_000))
    assert (order.state, of(account, "USDT")) == (State.NEW, (D(99_950), D(50)))
    assert world.binance.cancel(order)
    assert not world.binance.cancel(order)
    assert (order.state, of(account, "USDT")) == (State.CANCELLED, (D(100_000), D(0)))


def test_nobody_spends_what_he_does_not_have(world, account):
    with pytest.raises(Short):
        world.binance.place(account, market(world), Ask(is_buy=False, lots=200_001, price=900_000))
    assert (account.orders, of(account, "BTC")) == ({}, (D(2), D(0)))


def test_price_that_comes_by_while_nobody_looks_fills_what_stands(world, account):
    price = market(world).last
    order = world.binance.place(account, market(world), Ask(is_buy=True, lots=10, price=round(price * 0.99)))
    lows = [bar.low for bar in market(world).series.bars(60, NOW, NOW + 86_400_000, now=NOW + 86_400_000)]
    assert min(lows) < float(order.ask.price) / 100
    world.clock.move(86_400)
    world.binance.tick()
    assert (order.state, order.fills[0].price) == (State.FILLED, order.ask.price)


def test_the_same_seed_makes_the_same_market(world, account):
    other = World(seed="test", clock=SetClock(NOW))
    strange = World(seed="another", clock=SetClock(NOW))
    for one in (world, other, strange):
        for _ in range(20):
            one.clock.move(0.25)
            market(one, "ETHUSDT")
    tapes = [list(market(one, "ETHUSDT").tape) for one in (world, other, strange)]
    assert tapes[0] == tapes[1] != tapes[2]


def test_pair_sells_once(world, account):
    last = market(world).last
    high = Ask(is_buy=False, lots=200_000, price=round(last * 1.2))
    low = Ask(is_buy=False, lots=200_000, trigger=round(last * 0.8), price=round(last * 0.79), wakes_rising=False)
    one, other = world.binance.place_pair(account, market(world), high, low)
    assert of(account, "BTC") == (D(0), D(2))
    world.binance.cancel(other)
    assert (one.state, of(account, "BTC")) == (State.CANCELLED, (D(2), D(0)))


def test_pair_that_buys_holds_what_the_dearer_one_costs_and_lets_the_rest_go(world, account):
    last = market(world).last
    low = Ask(is_buy=True, lots=1000, price=round(last * 0.9))
    high = Ask(is_buy=True, lots=1000, trigger=last + 10, price=round(last * 1.1))
    one, other = world.binance.place_pair(account, market(world), low, high)
    worth = market(world).worth
    assert of(account, "USDT")[1] == figure(round(last * 1.1) * 1000 * worth)
    world.binance.fill_outside(one, 400)
    assert (other.state, of(account, "USDT")[1]) == (State.EXPIRED, figure(one.ask.price * 600 * worth))
    world.binance.cancel(one)
    assert (of(account, "USDT")[1], sums(world)) == (D(0), {0})


def test_what_ends_one_of_a_pair_in_the_book_ends_the_other(world, account):
    last = market(world).last
    high = Ask(is_buy=False, lots=1000, price=last + 1, self_trade=SelfTrade.ENDS_MAKER)
    low = Ask(is_buy=False, lots=1000, trigger=round(last * 0.8), price=round(last * 0.79), wakes_rising=False)
    one, other = world.binance.place_pair(account, market(world), high, low)
    buyer = Ask(is_buy=True, lots=10, price=last + 1, self_trade=SelfTrade.ENDS_MAKER)
    world.binance.place(account, market(world), buyer)
    assert (one.state, other.state, of(account, "BTC")[1]) == (State.EXPIRED, State.EXPIRED, D(0))


def test_amount_that_sells_holds_the_coins_that_it_will_sell_and_is_filled_with_its_last_trade(world, account):
    heard = []
    world.binance.listeners.append(lambda told: heard.append((told.kind, told.order.state)))
    order = world.binance.place(account, market(world), Ask(is_buy=False, amount=atoms(D(5000))))
    assert heard[-1] == (Happening.TRADE, State.FILLED)
    assert order.lots == order.filled == order.foreseen
    assert atoms(D(4990)) < order.paid <= atoms(D(5000))
    with pytest.raises(Short):
        world.binance.place(account, market(world), Ask(is_buy=False, amount=atoms(D(100_000_000))))
    assert (of(account, "BTC")[1], sums(world)) == (D(0), {0})


def test_fill_from_outside_is_on_the_tape_and_never_more_than_was_asked(world, account):
    order = world.binance.place(account, market(world), Ask(is_buy=True, lots=10, price=500_000))
    fill = world.binance.fill_outside(order, 25)
    assert (fill.lots, order.state, market(world).tape[-1].number) == (10, State.FILLED, fill.number)
    with pytest.raises(ValueError, match="nothing of order"):
        world.binance.fill_outside(order, 1)


def ask(address, method, path, told=None):
    data = None if told is None else json.dumps(told).encode()
    request = urllib.request.Request(address + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def test_control_makes_accounts_orders_faults_and_says_which_fired():
    with serving(World(seed="test")) as running:
        made = ask(running.address, "POST", "/control/accounts", {"venue": "binance", "balances": {"USDT": "0.5"}})
        assert made["balances"]["USDT"] == {"free": "0.500000000000000000", "held": "0E-18"}
        ordered = ask(running.address, "POST", "/control/faults", {"name": "reset_before", "venue": "binance"})
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            ask(running.address, "GET", "/api/v3/time")
        assert "serverTime" in ask(running.address, "GET", "/api/v3/time")
        told = ask(running.address, "GET", "/control/faults")
        assert (told["ordered"], [(one["fault"], one["name"]) for one in told["fired"]]) == (
            [],
            [(ordered["id"], "reset_before")],
        )
        assert set(ask(running.address, "GET", "/control/truth")["sums"].values()) == {"0E-18"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 403), ({"Origin": "http://evil.example"}, 403), ({"content-type": "text/plain"}, 415)],
)
def test_control_answers_no_page_of_another_site(headers, status):
    with serving(World(seed="test")) as running:
        request = urllib.request.Request(
            f"{running.address}/control/faults", b"{}", {"content-type": "application/json", **headers}, method="POST"
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == status
        refused.value.close()
