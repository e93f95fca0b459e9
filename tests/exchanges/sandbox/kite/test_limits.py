"""How often the sandbox's Kite lets itself be asked."""

import pytest

from tests.exchanges.sandbox.kite.asking import BUY, Refused, Venue, tick


def fits(user, method, path, fields=None):
    """How many of the same are answered before one is refused, all in one moment."""
    user.venue.pace = 0
    for n in range(1_000):
        refused = user.refusal(method, path, fields)
        if refused is not None:
            assert (refused.status, refused.kind, refused.words) == (429, "NetworkException", "Too many requests")
            return n
    raise AssertionError("no limit was met")


@pytest.mark.parametrize(
    ("path", "fields", "count"),
    [
        ("/quote", {"i": "NSE:INFY"}, 1),
        ("/quote/ltp", {"i": "NSE:INFY"}, 1),
        ("/instruments/historical/408065/minute", {"from": "2026-11-19 09:15:00", "to": "2026-11-19 09:16:00"}, 3),
        ("/orders", None, 10),
        ("/user/profile", None, 10),
    ],
)
def test_so_many_are_answered_in_a_second(path, fields, count):
    venue = Venue()
    user = venue.open().log_in()
    venue.clock.move(5)
    assert fits(user, "GET", path, fields) == count
    venue.clock.move(1)
    user.ask("GET", path, fields)


def test_ten_orders_in_a_second_and_four_hundred_in_a_minute():
    venue = Venue()
    user = venue.open(balances={"INR": 10**25}).log_in()
    order = BUY | {"quantity": "1", "price": tick(user.last(), -100)}
    venue.clock.move(60)
    for second in range(40):
        assert fits(user, "POST", "/orders/regular", order) == 10, second
        venue.clock.move(1)
    with pytest.raises(Refused, match="Too many requests"):
        user.place(**order)
    venue.clock.move(60)
    assert user.place(**order)


def test_limits_are_of_one_account_alone_and_of_each_kind_alone():
    venue = Venue()
    user, other = venue.open().log_in(), venue.open().log_in()
    venue.clock.move(5)
    fits(user, "GET", "/quote", {"i": "NSE:INFY"})
    assert user.ask("GET", "/orders") == []
    assert other.ask("GET", "/quote/ltp", {"i": "NSE:INFY"})


def test_limits_are_scaled_like_all_durations():
    venue = Venue(scale=0.01)
    user = venue.open().log_in()
    venue.clock.move(1)
    assert fits(user, "GET", "/orders") == 10
    venue.clock.move(0.01)
    assert user.ask("GET", "/orders") == []


def test_five_thousand_orders_are_a_day():
    venue = Venue(scale=0.001, pace=200)
    user = venue.open().log_in()
    order = BUY | {"quantity": "1", "price": tick(user.last(), -100)}
    market = venue.house.markets["NSE:INFY"]
    told = venue.wire.desk.orders.place
    for _ in range(5_000):
        number = told(user.account, "regular", order)["order_id"]
        venue.house.cancel(venue.wire.desk.book.find(user.account, number).placed)
    with pytest.raises(Exception, match="Maximum allowed order requests exceeded"):
        told(user.account, "regular", order)
    assert market.matching.bid
