"""Orders of the sandbox's Kite: what they say of themselves on their way, and what they do."""

import pytest

from exchanges.sandbox.sessions import Span
from tests.exchanges.sandbox.kite.asking import BUY, NOW, SELL, Refused, Venue, tick

_RECEIVED = ["PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING"]


@pytest.fixture
def venue():
    venue = Venue()
    yield venue
    assert venue.sums() == {}


@pytest.fixture
def user(venue):
    return venue.open().log_in()


def test_limit_order_that_crosses_goes_through_every_status_and_pays(user):
    number = user.place(**BUY, price=tick(user.last(), 20), tag="mine")
    told = user.order(number)
    assert (told["status"], told["filled_quantity"], told["pending_quantity"]) == ("COMPLETE", 10, 0)
    assert (told["tag"], told["tags"], told["placed_by"]) == ("mine", ["mine"], user.words["user_id"])
    assert user.steps(number) == [*_RECEIVED, "OPEN", "COMPLETE"]
    trades = user.ask("GET", f"/orders/{number}/trades")
    assert sum(one["quantity"] for one in trades) == 10
    assert user.ask("GET", "/trades") == trades
    assert user.cash() == 500_000 - sum(one["quantity"] * one["average_price"] for one in trades)


def test_partly_filled_order_passes_update_and_stays_open(venue, user):
    market = venue.house.look(venue.house.markets["NSE:INFY"])
    at = market.matching.ask
    there = sum(lots for price, lots in market.matching.depth(50)[1] if price == at)
    venue.pace = 0
    number = user.place(**BUY | {"quantity": str(there + 50)}, price=f"{at * 0.05:.2f}")
    told = user.order(number)
    assert (told["status"], told["filled_quantity"], told["pending_quantity"]) == ("OPEN", there, 50)
    assert user.steps(number) == [*_RECEIVED, "OPEN", "UPDATE"]
    user.ask("DELETE", f"/orders/regular/{number}")
    told = user.order(number)
    assert (told["status"], told["filled_quantity"], told["cancelled_quantity"]) == ("CANCELLED", there, 50)


def test_market_order_is_told_as_a_limit_order_under_its_protection(user):
    number = user.place(**BUY | {"order_type": "MARKET"}, market_protection="2")
    told = user.order(number)
    assert (told["order_type"], told["tags"], told["status"]) == ("LIMIT", ["mktp", "mktp:2.00"], "COMPLETE")
    assert told["average_price"] * 1.015 < told["price"] < told["average_price"] * 1.025


@pytest.mark.parametrize("protection", [None, "0", "", "101", "-2", "x"])
def test_market_order_without_protection_is_refused(user, protection):
    given = {} if protection is None else {"market_protection": protection}
    with pytest.raises(Refused) as refused:
        user.place(**BUY | {"order_type": "MARKET"}, **given)
    assert (refused.value.status, refused.value.kind) == (400, "InputException")
    assert user.ask("GET", "/orders") == []


def test_modification_keeps_the_id_and_tells_its_steps(user):
    number = user.place(**BUY, price=tick(user.last(), -100))
    user.ask("PUT", f"/orders/regular/{number}", {"price": tick(user.last(), -90), "quantity": "12"})
    told = user.order(number)
    assert (told["quantity"], told["modified"], told["status"]) == (12, True, "OPEN")
    assert user.steps(number) == [*_RECEIVED, "OPEN", "MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED", "OPEN"]
    user.ask("PUT", f"/orders/regular/{number}", {"order_type": "MARKET", "market_protection": "-1"})
    assert user.order(number)["status"] == "COMPLETE"


def test_modification_that_cannot_be_paid_leaves_the_order_as_it_was(user):
    number = user.place(**BUY, price=tick(user.last(), -100))
    before, cash = user.order(number), user.cash()
    with pytest.raises(Refused) as refused:
        user.ask("PUT", f"/orders/regular/{number}", {"quantity": "19000"})
    assert (refused.value.kind, user.order(number), user.cash()) == ("MarginException", before, cash)


def test_twenty_five_modifications_are_all(user):
    number = user.place(**BUY, price=tick(user.last(), -100))
    for n in range(25):
        user.ask("PUT", f"/orders/regular/{number}", {"quantity": str(11 + n)})
    with pytest.raises(Refused, match="Maximum allowed order modifications exceeded"):
        user.ask("PUT", f"/orders/regular/{number}", {"quantity": "90"})
    assert user.order(number)["quantity"] == 35


def test_cancelled_order_gives_back_what_it_held(user):
    number = user.place(**BUY, price=tick(user.last(), -100))
    assert user.cash() < 500_000
    user.ask("DELETE", f"/orders/regular/{number}")
    assert (user.cash(), user.steps(number)[-2:]) == (500_000, ["CANCEL PENDING", "CANCELLED"])
    with pytest.raises(Refused) as refused:
        user.ask("DELETE", f"/orders/regular/{number}")
    assert refused.value.kind == "OrderException"


def test_stop_waits_for_its_trigger_and_sells(venue, user):
    last = user.last()
    number = user.place(**SELL | {"order_type": "SL"}, trigger_price=tick(last, -2), price=tick(last, -30))
    assert (user.order(number)["status"], user.order(number)["order_type"]) == ("TRIGGER PENDING", "SL")
    venue.faults.order("spike", venue="kite", symbol="INFY", factor=0.99, seconds=60)
    venue.clock.move(1)
    venue.pulse()
    assert user.steps(number)[3:] == ["TRIGGER PENDING", "OPEN", "COMPLETE"]


def test_stop_whose_trigger_is_passed_is_refused(user):
    last = user.last()
    with pytest.raises(Refused, match="Trigger price for stoploss sell orders should be lower than the last traded"):
        user.place(**SELL | {"order_type": "SL"}, trigger_price=tick(last, 10), price=tick(last, 5))
    number = user.place(**SELL | {"order_type": "SL-M"}, trigger_price=tick(last, -20), market_protection="5")
    assert (user.order(number)["order_type"], user.order(number)["status"]) == ("SL", "TRIGGER PENDING")


def test_ioc_ends_with_what_it_could_not_fill(user):
    number = user.place(**BUY | {"validity": "IOC"}, price=tick(user.last(), -50))
    assert (user.order(number)["status"], user.cash()) == ("CANCELLED", 500_000)


def test_order_of_some_minutes_ends_by_itself(venue, user):
    number = user.place(**BUY | {"validity": "TTL"}, validity_ttl="2", price=tick(user.last(), -100))
    venue.clock.move(60)
    venue.pulse()
    assert user.order(number)["status"] == "OPEN"
    venue.clock.move(60)
    venue.pulse()
    assert (user.order(number)["status"], user.order(number)["validity_ttl"]) == ("CANCELLED", 2)


def test_order_above_the_freeze_quantity_goes_in_slices(user):
    idea = BUY | {"tradingsymbol": "IDEA", "quantity": "12000", "price": f"{user.last('NSE:IDEA') - 0.5:.2f}"}
    with pytest.raises(Refused, match="freeze quantity of 5000"):
        user.place(**idea)
    told = user.ask("POST", "/orders/regular", idea | {"autoslice": "true", "tag": "mine"})
    book = {one["order_id"]: one for one in user.ask("GET", "/orders")}
    assert told["order_id"] not in book
    assert [book[one["order_id"]]["quantity"] for one in told["children"]] == [5000, 5000, 2000]
    assert {tuple(one["tags"]) for one in book.values()} == {("mine", "autoslice", f"autoslice:{told['order_id']}")}


def test_slice_that_cannot_be_paid_is_told_beside_those_that_can(venue):
    user = venue.open(balances={"INR": 120_000 * 10**18}).log_in()
    price = user.last("NSE:IDEA") - 0.5
    idea = BUY | {"tradingsymbol": "IDEA", "quantity": "49000", "price": f"{price:.2f}"}
    told = user.ask("POST", "/orders/regular", idea | {"autoslice": "true"})
    paid = int(120_000 / (round(price, 2) * 5000))
    assert [set(one) for one in told["children"]][: paid + 1] == [{"order_id"}] * paid + [{"error"}]
    error = told["children"][paid]["error"]
    assert (error["code"], error["error_type"], error["data"]) == (400, "MarginException", None)


def test_own_orders_do_not_meet(venue, user):
    market = venue.house.look(venue.house.markets["NSE:INFY"])
    venue.pace = 0
    inside = f"{(market.matching.ask - 1) * 0.05:.2f}"
    sale = user.place(**SELL | {"product": "MIS"}, price=inside)
    number = user.place(**BUY | {"product": "MIS"}, price=inside)
    told = user.order(number)
    assert (told["status"], told["filled_quantity"]) == ("CANCELLED", 0)
    assert "self trade" in told["status_message"]
    assert user.order(sale)["status"] == "OPEN"


class Office:
    """Open from 09:15 to 15:30 in India, every day."""

    offset = 19_800_000

    def span(self, day):
        midnight = day * 86_400_000 - self.offset
        return Span(midnight + 33_300_000, midnight + 55_800_000)


def test_shut_market_takes_after_market_orders_alone_and_they_go_in_at_the_open():
    venue = Venue(at=NOW + 3 * 3_600_000, sessions=Office())
    user = venue.open().log_in()
    last = user.ask("GET", "/quote/ltp", {"i": "NSE:INFY"})["NSE:INFY"]["last_price"]
    with pytest.raises(Refused, match="After Market Order"):
        user.place(**BUY, price=tick(last))
    near = user.place("amo", **BUY, price=tick(last, 40))
    far = user.place("amo", **BUY, price=tick(last, -200))
    gone = user.place("amo", **BUY, price=tick(last))
    dear = user.place("amo", **BUY | {"quantity": "9000"}, price=tick(last))
    user.ask("DELETE", f"/orders/amo/{gone}")
    assert (user.order(near)["status"], user.order(gone)["status"]) == ("AMO REQ RECEIVED", "CANCELLED")
    venue.clock.move(16 * 3600)
    venue.pulse()
    user.log_in()
    assert [user.order(one)["status"] for one in (near, far, dear)] == ["COMPLETE", "OPEN", "REJECTED"]
    assert user.steps(near) == ["AMO REQ RECEIVED", *_RECEIVED, "OPEN", "COMPLETE"]
    assert "Insufficient funds" in user.order(dear)["status_message"]
    with pytest.raises(Refused, match="cannot be placed during market hours"):
        user.place("amo", **BUY, price=tick(last))
    assert venue.sums() == {}


def test_order_that_is_changed_twenty_times_counts_its_cash_once(venue, user):
    number = user.place(**BUY, price=tick(user.last(), -100))
    for n in range(20):
        user.ask("PUT", f"/orders/regular/{number}", {"price": tick(user.last(), -100 - n)})
    told = user.order(number)
    assert user.cash() == pytest.approx(500_000 - told["price"] * 10)
    assert venue.house.accounts[user.account.id].purses["INR"].held == round(told["price"] * 1000) * 10**16
