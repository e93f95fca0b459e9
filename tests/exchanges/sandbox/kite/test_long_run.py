"""The sandbox's Kite over many days: nothing grows without an end, and the same seed is the same venue."""

import json

import pytest

from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.ledger import Short
from exchanges.sandbox.orders import Ask
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.kite.asking import BUY, NOW, SELL, Venue, tick


def sizes(venue):
    desk, house = venue.wire.desk, venue.house
    money = house.money
    return {
        "book": sum(len(one) for one in desk.book._of.values()),
        "requests": len(desk.tokens._requests),
        "sessions": len(desk.tokens._sessions),
        "refresh": len(desk.tokens._refresh),
        "limits": len(desk.limits._asked),
        "triggers": sum(len(one) for one in desk.triggers._of.values()),
        "holds": len(money._holds),
        "closing": len(money._closing),
        "estates": len(money._estates),
        "waiting": len(desk.orders._waiting) + len(desk.orders._ending),
        "news": len(desk.news._lost) + len(desk.news._late),
        "standing": len(house._standing),
        "postbacks": len(desk.postbacks.waiting),
        "purses": sum(len(one.purses.of) for one in house.accounts.values()),
    }


def day(venue, users):
    for user in users:
        user.log_in()
        last = user.last()
        user.place(**BUY, price=tick(last, 20), tag="bought")
        user.place(**SELL, price=tick(last, -20))
        user.place(**BUY | {"product": "MIS"}, price=tick(last, 20))
        user.place(**BUY | {"validity": "TTL"}, validity_ttl="900", price=tick(last, -100))
        condition = {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [100], "last_price": last}
        leg = {key: value for key, value in SELL.items() if key != "validity"} | {"price": 100, "quantity": 1}
        fields = {"type": "single", "condition": json.dumps(condition), "orders": json.dumps([leg])}
        number = user.ask("POST", "/gtt/triggers", fields)["trigger_id"]
        user.ask("DELETE", f"/gtt/triggers/{number}")
    venue.clock.move(86_400 * venue.clock.scale)
    venue.pulse()


def test_twenty_days_leave_no_more_behind_than_two():
    venue = Venue(scale=0.01)
    users = [venue.open(refreshes=True) for _ in range(3)]
    for _ in range(2):
        day(venue, users)
    before = sizes(venue)
    for _ in range(18):
        day(venue, users)
    after = sizes(venue)
    # Triggers that are over are kept, five hundred an account.
    assert after.pop("triggers") == 60
    before.pop("triggers")
    assert after == before
    assert before["book"] == before["holds"] == before["closing"] == 0
    assert venue.sums() == {}
    for user in users:
        assert len(user.account.orders) <= 6_000


def test_closed_accounts_leave_nothing_behind():
    venue = Venue(scale=0.01)
    users = [venue.open(refreshes=True) for _ in range(3)]
    day(venue, users)
    for user in users:
        user.log_in()
        user.place(**SELL | {"product": "MIS"}, price=tick(user.last(), -20))
        venue.house.close_account(user.account)
    venue.pulse()
    left = {name: count for name, count in sizes(venue).items() if count}
    assert set(left) <= {"limits"}
    assert venue.sums() == {}


def told(seed):
    """What one day of one person comes to, to the last figure."""
    venue = Venue()
    venue.world = World(seed=seed, clock=SetClock(NOW))
    venue.clock, venue.faults = venue.world.clock, venue.world.faults
    venue.wire, venue.house = venue.world.wires["kite"], venue.world.kite
    user = venue.open().log_in()
    for _ in range(5):
        user.place(**BUY | {"order_type": "MARKET", "market_protection": "1"})
        venue.pulse()
    return user.ask("GET", "/orders"), user.ask("GET", "/trades"), user.ask("GET", "/quote", {"i": "NSE:INFY"})


def test_the_same_seed_is_the_same_venue():
    assert told("one") == told("one")
    assert told("one")[1] != told("two")[1]


def test_engine_takes_orders_of_shares_in_thousands_a_second():
    """Not a measure of speed, which `benchmarks/` has: that none of it grows with what stands."""
    venue = Venue()
    user = venue.open(balances={"INR": 10**30})
    house, market = venue.house, venue.house.markets["NSE:INFY"]
    last = house.look(market).last
    for n in range(5_000):
        ask = Ask(is_buy=True, lots=1, price=last - 2_000 - n % 50, words={"product": "MIS" if n % 2 else "CNC"})
        house.place(user.account, market, ask)
    assert len(house._standing) == 5_000
    for order in list(user.account.orders.values()):
        house.cancel(order)
    assert user.account.purses["INR"].held == 0
    with pytest.raises(Short):
        house.place(user.account, market, Ask(is_buy=True, lots=10**15, price=last, words={"product": "CNC"}))
    assert len(house._standing) == 0
