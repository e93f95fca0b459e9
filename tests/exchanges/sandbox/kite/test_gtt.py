"""Triggers of the sandbox's Kite really trigger."""

import json

import pytest

from tests.exchanges.sandbox.kite.asking import Refused, Venue


@pytest.fixture
def venue():
    return Venue()


@pytest.fixture
def user(venue):
    return venue.open().log_in()


def trigger(user, *values, sides=("SELL",), prices=(), quantity=10, **more):
    last = user.last()
    legs = [
        {
            "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": side, "quantity": quantity,
            "order_type": "LIMIT", "product": "CNC", "price": price,
        }
        for side, price in zip(sides, prices or values, strict=True)
    ]  # fmt: skip
    condition = {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": list(values), "last_price": last}
    fields = {
        "type": "single" if len(values) == 1 else "two-leg",
        "condition": json.dumps(condition),
        "orders": json.dumps(legs),
    }
    return user.ask("POST", "/gtt/triggers", fields | more)["trigger_id"]


def move(venue, factor, seconds=60):
    venue.faults.order("spike", venue="kite", symbol="INFY", factor=factor, seconds=seconds)
    venue.clock.move(1)
    venue.pulse()


def told(user, number):
    return user.ask("GET", f"/gtt/triggers/{number}")


def test_single_trigger_waits_and_then_places_its_order(venue, user):
    low = round(user.last()) - 10
    number = trigger(user, low, prices=(low - 30,))
    venue.clock.move(1)
    venue.pulse()
    assert (told(user, number)["status"], user.ask("GET", "/orders")) == ("active", [])
    move(venue, 0.985)
    row = told(user, number)
    order = user.ask("GET", "/orders")[0]
    assert (row["status"], row["orders"][0]["result"]["order_result"]["order_id"]) == ("triggered", order["order_id"])
    assert (order["status"], order["quantity"], order["meta"]) == ("COMPLETE", 10, {"gtt": number})


def test_trigger_above_the_price_waits_for_a_rise(venue, user):
    high = round(user.last()) + 10
    number = trigger(user, high, sides=("BUY",), prices=(high + 30,))
    move(venue, 0.98)
    assert told(user, number)["status"] == "active"
    venue.clock.move(60)
    move(venue, 1.015)
    assert told(user, number)["status"] == "triggered"
    assert user.ask("GET", "/orders")[0]["transaction_type"] == "BUY"


@pytest.mark.parametrize(("factor", "leg"), [(0.97, 0), (1.03, 1)])
def test_two_legs_place_one_order(venue, user, factor, leg):
    last = round(user.last())
    number = trigger(user, last - 25, last + 25, sides=("SELL", "SELL"), prices=(last - 60, last + 20))
    move(venue, factor)
    results = [one["result"] for one in told(user, number)["orders"]]
    assert [one is not None for one in results] == [leg == 0, leg == 1]
    assert len(user.ask("GET", "/orders")) == 1
    move(venue, 2 - factor)
    assert len(user.ask("GET", "/orders")) == 1


def test_order_of_a_trigger_that_is_refused_is_told_with_its_reason(venue, user):
    low = round(user.last()) - 10
    number = trigger(user, low, quantity=101)
    move(venue, 0.985)
    result = told(user, number)["orders"][0]["result"]["order_result"]
    assert (result["status"], result["order_id"]) == ("failed", "")
    assert "Insufficient stock holding" in result["rejection_reason"]
    assert user.ask("GET", "/orders") == []


def test_deleted_trigger_never_fires(venue, user):
    low = round(user.last()) - 10
    number = trigger(user, low)
    user.ask("DELETE", f"/gtt/triggers/{number}")
    move(venue, 0.97)
    assert (told(user, number)["status"], user.ask("GET", "/orders")) == ("deleted", [])
    with pytest.raises(Refused, match="not active"):
        user.ask("DELETE", f"/gtt/triggers/{number}")
    assert venue.house.watched == {}


def test_triggers_last_a_scaled_year_and_belong_to_one_account(venue, user):
    number = trigger(user, round(user.last()) - 400)
    stranger = venue.open().log_in()
    with pytest.raises(Refused, match="Trigger not found"):
        told(stranger, number)
    assert told(user, number)["expires_at"][:4] == "2027"
    venue.clock.move(366 * 86_400)
    venue.wire.desk.triggers.pulse()
    user.log_in()
    assert told(user, number)["status"] == "expired"


def test_two_hundred_and_fifty_triggers_are_all(venue, user):
    low = round(user.last()) - 200
    for _ in range(250):
        trigger(user, low)
    with pytest.raises(Refused, match="Maximum of 250 active GTTs"):
        trigger(user, low)
