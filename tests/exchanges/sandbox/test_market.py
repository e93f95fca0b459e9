"""The crowd's book: deep, never crossed, meeting whoever stands in its way, and told by tape and bars."""

import datetime as dt
import random
from decimal import Decimal

import pytest

from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.listings import Listing, atoms
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Ask, Happening, State
from exchanges.sandbox.series import MadeDays, Series
from exchanges.sandbox.sessions import DAY, MINUTE, GivenSessions, Span
from exchanges.sandbox.world import World

D = Decimal
NOW = int(dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC).timestamp() * 1000)


@pytest.fixture
def world():
    return World(seed="market", clock=SetClock(NOW))


@pytest.fixture
def account(world):
    riches = {"USDT": atoms(D(10**9)), "BTC": atoms(D(10_000)), "ETH": atoms(D(10**5))}
    return world.binance.open_account("1", name="one", balances=riches)


def market(world, symbol="BTCUSDT"):
    return world.binance.look(world.binance.markets[symbol])


@pytest.mark.parametrize("symbol", sorted(World().binance.markets))
def test_book_is_deep_has_a_spread_and_is_never_crossed(world, symbol):
    for _ in range(60):
        world.clock.move(random.Random(symbol).choice((0.25, 1, 30)))
        one = market(world, symbol)
        bids, asks = one.matching.depth(50)
        assert min(len(bids), len(asks)) >= 10
        assert asks[0][0] - bids[0][0] >= 1
        assert [price for price, _ in bids] == sorted({price for price, _ in bids}, reverse=True)
        assert [price for price, _ in asks] == sorted({price for price, _ in asks})
        assert all(lots > 0 for _, lots in bids + asks)
        # It quotes around the price.
        price = one.series.price(world.clock.now()) / float(one.listing.tick)
        assert bids[0][0] <= price + 1
        assert asks[0][0] >= price - 1


def test_resting_orders_are_filled_in_parts(world, account):
    heard, states = [], []
    world.binance.listeners.append(heard.append)
    world.binance.listeners.append(lambda told: states.append(told.order.state))
    for _ in range(40):
        best = market(world).matching.bid
        world.binance.place(account, market(world), Ask(is_buy=True, lots=60_000, price=best))
        world.clock.move(1)
        world.binance.tick()
    parts = [one for one in heard if one.kind is Happening.TRADE and 0 < one.fill.lots < one.order.lots]
    assert len(parts) > 10
    assert any(order.state is State.FILLED and len(order.fills) > 1 for order in account.orders.values())
    assert State.PARTIAL in states


def test_what_accounts_trade_is_on_the_tape_and_inside_its_bar(world, account):
    one, chance = market(world), random.Random(3)
    fills = {}
    world.binance.listeners.append(lambda told: fills.update({told.fill.number: told.fill} if told.fill else {}))
    for _ in range(200):
        # Up to fifteen levels deep: far outside what the series alone would have shown.
        is_buy = chance.random() < 0.5
        world.binance.place(account, one, Ask(is_buy=is_buy, lots=chance.randint(1, 400_000)))
        world.clock.move(chance.choice((0.25, 1, 20)))
        market(world)
    world.clock.move(120)
    tape = {print_.number: print_ for print_ in one.tape}
    assert len(fills) > 300
    now = world.clock.now()
    outside = 0
    bars = {bar.at: bar for bar in one.series.bars(1, NOW - MINUTE, now, now=now)}
    bare = {bar.at: bar for bar in one.series.made_bars(1, NOW - MINUTE, now, now=now)}
    day = list(one.series.bars(1440, NOW - DAY, now, now=now))[-1]
    for number, fill in fills.items():
        bar, price = bars[fill.at // MINUTE * MINUTE], float(one.listing.tick * fill.price)
        assert bar.low <= price <= bar.high
        assert day.low <= price <= day.high
        outside += not bare[bar.at].low <= price <= bare[bar.at].high
        if number in tape:
            assert (tape[number].price, tape[number].lots, tape[number].at) == (fill.price, fill.lots, fill.at)
    assert outside > 50
    assert any(number in tape for number in fills)


def test_tape_and_what_is_kept_of_a_market_stay_bounded_over_a_day_of_steps(world, account):
    one = market(world, "ETHUSDT")
    world.binance.watched["ETHUSDT"] = 1
    for n in range(6000):
        world.clock.move(0.25 if n % 10 else 900)
        world.binance.tick()
    assert len(one.tape) <= 1000
    bids, asks = one.matching.depth(10_000)
    assert len(bids) + len(asks) <= 120
    assert len(one.matching._standing) <= 120
    assert sum(map(len, one._quotes.values())) <= 200


def test_whoever_stands_in_the_way_is_met_when_the_price_spikes(world, account):
    low = round(market(world).last * 0.9)
    order = world.binance.place(account, market(world), Ask(is_buy=True, lots=10, price=low))
    market(world).series.spikes.append((NOW + 1000, NOW + 61_000, 0.8))
    world.clock.move(0.5)
    world.binance.tick()
    assert order.state is State.NEW
    world.clock.move(1)
    world.binance.tick()
    assert (order.state, order.fills[0].price) == (State.FILLED, low)


# ---- sessions ----


def shares():
    """Open from 09:15 to 15:30 UTC, shut on the day after NOW."""

    def tell(day):
        return None if day == NOW // DAY + 1 else Span(day * DAY + 555 * MINUTE, day * DAY + 930 * MINUTE)

    days = MadeDays(seed="s", price=1500.0, daily=0.02, volume=1e6)
    series = Series(days=days, sessions=GivenSessions(offset=0, tell=tell), seed="s")
    listing = Listing("X", "X", "INR", D("0.05"), D(1), 0.0005, 300)
    return Market(listing, series, seed="s")


def test_looking_does_nothing_while_the_market_is_shut():
    one = shares()
    assert one.look(NOW // DAY * DAY + 100) == []
    assert one.matching.depth(5) == ([], [])
    one.look(NOW)
    book, changes = one.matching.depth(50), one.changes
    assert min(map(len, book)) >= 10
    closes = NOW // DAY * DAY + 930 * MINUTE
    for shut in (closes, closes + 3_600_000, closes + DAY // 2, closes + DAY):
        assert one.look(shut, is_waited_for=True) == []
        assert (one.matching.depth(50), one.changes) == (book, changes)
    one.look(NOW + 2 * DAY)
    assert one.changes > changes
