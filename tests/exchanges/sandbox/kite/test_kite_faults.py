"""Every fault that the sandbox's Kite knows fires, is told that it did, and does what it says."""

import json

import pytest

from exchanges.sandbox.faults import UnknownFault
from exchanges.sandbox.kite.tokens import Tokens
from tests.exchanges.sandbox.kite.asking import BUY, SELL, Refused, Venue, tick


@pytest.fixture
def venue():
    venue = Venue()
    yield venue
    assert venue.sums() == {}


@pytest.fixture
def user(venue):
    return venue.open().log_in()


def fired(venue):
    return [(one.name, one.act, one.mark, one.account) for one in venue.faults.fired]


def order(venue, name, **more):
    return venue.faults.order(name, venue="kite", **more)


# ---- orders ----


def test_hidden_order_is_shown_by_no_read_until_its_time(venue, user):
    order(venue, "hidden", mark="mine", seconds=60)
    number = user.place(**BUY, price=tick(user.last(), 30), tag="mine")
    assert fired(venue) == [("hidden", "place", "mine", user.account.id)]
    for path in ("/orders", "/trades"):
        assert user.ask("GET", path) == []
    for path in (f"/orders/{number}", f"/orders/{number}/trades"):
        with pytest.raises(Refused, match="Couldn't find that `order_id`"):
            user.ask("GET", path)
    # The truth knows it, and so does the money.
    assert user.position()["quantity"] == 10
    venue.clock.move(60)
    assert user.order(number)["status"] == "COMPLETE"


@pytest.mark.parametrize(("share", "filled"), [(0.5, 5), (0.01, 1), (1, 10)])
@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("away", [30, -30])
def test_partly_filled_order_is_ended_by_the_venue(venue, user, side, away, share, filled):
    order(venue, "partly_then_cancelled", share=share)
    number = user.place(**side, price=tick(user.last(), away))
    told = user.order(number)
    assert [one[0] for one in fired(venue)] == ["partly_then_cancelled"]
    assert told["filled_quantity"] == sum(one["quantity"] for one in user.ask("GET", "/trades")) == filled
    assert told["status"] == ("COMPLETE" if filled == 10 else "CANCELLED")
    assert user.account.purses["INR"].held == user.account.purses["INFY"].held == 0


@pytest.mark.parametrize("side", [BUY, SELL, BUY | {"product": "MIS"}, SELL | {"product": "MIS"}])
@pytest.mark.parametrize(("share", "filled"), [(0.5, 5), (1.0, 10)])
def test_fill_comes_after_the_cancel(venue, user, side, share, filled):
    number = user.place(**side, price=tick(user.last(), -100 if side["transaction_type"] == "BUY" else 100), tag="mine")
    order(venue, "filled_after_cancel", mark="mine", share=share)
    assert user.ask("DELETE", f"/orders/regular/{number}") == {"order_id": number}
    assert fired(venue) == [("filled_after_cancel", "cancel", "mine", user.account.id)]
    told = user.order(number)
    assert told["filled_quantity"] == filled
    assert told["status"] == ("COMPLETE" if filled == 10 else "CANCELLED")
    assert abs(user.position(side["product"])["quantity"]) == filled


def test_every_second_slice_is_refused(venue, user):
    order(venue, "half_autoslice")
    price = f"{user.last('NSE:IDEA') - 0.5:.2f}"
    fields = BUY | {"tradingsymbol": "IDEA", "quantity": "20000", "price": price, "autoslice": "true"}
    told = user.ask("POST", "/orders/regular", fields)
    assert [name for name, *_ in fired(venue)] == ["half_autoslice"]
    assert [set(one) for one in told["children"]] == [{"order_id"}, {"error"}] * 2
    assert told["children"][1]["error"]["error_type"] == "MarginException"
    assert len(user.ask("GET", "/orders")) == 2


def test_order_is_refused_for_want_of_funds(venue, user):
    order(venue, "funds_refused", account=user.account.id, times=2)
    for _ in range(2):
        with pytest.raises(Refused, match="Insufficient funds") as refused:
            user.place(**BUY, price=tick(user.last()))
        assert (refused.value.status, refused.value.kind) == (400, "MarginException")
    assert user.ask("GET", "/orders") == []
    assert user.place(**BUY, price=tick(user.last()))
    assert len(fired(venue)) == 2


# ---- reads ----


def test_reads_deny_an_order_by_its_mark_and_tell_the_others(venue, user):
    numbers = [user.place(**BUY, price=tick(user.last(), 30), tag=tag) for tag in ("mine", "other")]
    order(venue, "denied", mark="mine", times=None)
    assert [one["tag"] for one in user.ask("GET", "/orders")] == ["other"]
    assert {one["order_id"] for one in user.ask("GET", "/trades")} == {numbers[1]}
    with pytest.raises(Refused, match="Couldn't find that `order_id`"):
        user.ask("GET", f"/orders/{numbers[0]}")
    assert user.steps(numbers[1])
    venue.faults.take_back()
    assert len(user.ask("GET", "/orders")) == 2
    assert {one[2] for one in fired(venue)} == {"mine"}


def test_read_denies_everything_once(venue, user):
    user.place(**BUY, price=tick(user.last(), 30))
    order(venue, "denied", act="orders")
    assert user.ask("GET", "/trades")
    assert user.ask("GET", "/orders") == []
    assert len(user.ask("GET", "/orders")) == 1
    assert fired(venue) == [("denied", "orders", "", user.account.id)]


def test_balance_is_told_as_it_was_before_the_last_order(venue, user):
    before = user.cash()
    user.place(**BUY, price=tick(user.last(), 30))
    order(venue, "stale_balance")
    assert user.cash() == before
    assert user.cash() < before - 10_000
    assert fired(venue) == [("stale_balance", "margins", "", user.account.id)]


# ---- at once ----


def test_every_token_dies(venue, user):
    other = venue.open().log_in()
    order(venue, "token_death")
    for one in (user, other):
        with pytest.raises(Refused, match="403 TokenException"):
            one.ask("GET", "/orders")
    assert user.log_in().ask("GET", "/orders") == []


def test_account_that_is_logged_in_to_elsewhere_loses_its_token_alone(venue, user):
    other = venue.open().log_in()
    order(venue, "elsewhere", account=user.account.id)
    with pytest.raises(Refused, match="403 TokenException"):
        user.ask("GET", "/orders")
    assert other.ask("GET", "/orders") == []


def test_clock_is_off_on_the_wire_alone(venue, user):
    order(venue, "clock_offset", by=3600)
    told = user.ask("GET", "/quote", {"i": "NSE:INFY"})["NSE:INFY"]
    assert told["timestamp"].startswith("2026-11-20 16:")
    number = user.place(**BUY, price=tick(user.last(), 30))
    assert user.order(number)["order_timestamp"].startswith("2026-11-20 16:")
    assert user.account.orders[1].arrived_at == venue.clock.now() - round(venue.pace * 1000)


def test_delisted_share_takes_no_order_and_ends_what_stands(venue, user):
    number = user.place(**BUY, price=tick(user.last(), -100))
    order(venue, "delisted", symbol="INFY")
    assert user.order(number)["status"] == "CANCELLED"
    with pytest.raises(Refused, match="expired or does not exist"):
        user.place(**BUY, price="1400")
    assert b"INFY" not in venue.send("GET", "/instruments").body
    with pytest.raises(UnknownFault):
        order(venue, "delisted", symbol="NOSUCH")


def test_spike_moves_a_price_at_both_exchanges_and_ends(venue, user):
    before = user.last()
    order(venue, "spike", symbol="INFY", factor=0.8, seconds=30)
    venue.clock.move(1)
    told = user.ask("GET", "/quote/ltp", {"i": ["NSE:INFY", "BSE:INFY"]})
    assert [told[name]["last_price"] / before for name in told] == pytest.approx([0.8, 0.8], rel=0.005)
    assert user.order(user.place(**BUY, price=tick(before * 0.8, 20)))["status"] == "COMPLETE"
    venue.clock.move(60)
    assert user.last() == pytest.approx(before, rel=0.005)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("spike", {"factor": 0}),
        ("spike", {"factor": float("nan")}),
        ("spike", {"factor": 1e9}),
        ("spike", {"seconds": -1}),
        ("clock_offset", {"by": 1e18}),
        ("clock_offset", {"by": float("inf")}),
    ],
)
def test_fault_beyond_all_bounds_is_refused(venue, user, name, given):
    with pytest.raises(UnknownFault):
        order(venue, name, **({"symbol": "INFY"} if name == "spike" else {}), **given)
    assert (venue.clock.skew, user.ask("GET", "/orders")) == (0, [])


def test_fault_of_another_venue_is_none_of_ours(venue, user):
    venue.faults.order("token_death", venue="binance")
    assert user.ask("GET", "/orders") == []


# ---- before it, and instead of it ----


@pytest.mark.parametrize(
    ("name", "given", "status", "kind"),
    [
        ("error_before", {}, 503, None),
        ("error_before", {"status": 502}, 502, "DataException"),
        ("error_before", {"status": 500}, 500, "GeneralException"),
        ("error_before", {"status": 504}, 504, "NetworkException"),
        ("html", {}, 403, None),
        ("html", {"status": 502}, 502, None),
        ("too_many", {}, 429, "NetworkException"),
        ("banned", {}, 403, None),
        ("outage", {}, 503, None),
    ],
)
def test_broken_venue_speaks_in_its_own_forms_and_does_nothing(venue, user, name, given, status, kind):
    order(venue, name, act="place", **given)
    fields = BUY | {"price": tick(user.last(), 30)}
    reply = venue.send("POST", "/orders/regular", fields, headers=user.headers)
    assert reply.status == status
    if kind is None:
        assert reply.type.startswith("text/html")
        assert b"<html>" in reply.body
    else:
        assert json.loads(reply.body) | {"message": ""} == {
            "status": "error",
            "message": "",
            "data": None,
            "error_type": kind,
        }
    venue.faults.take_back()
    assert user.ask("GET", "/orders") == []
    assert [one[:2] for one in fired(venue)] == [(name, "place")]


def test_fault_is_aimed_by_act_mark_and_account(venue, user):
    other = venue.open().log_in()
    order(venue, "html", act="cancel", mark="mine", account=user.account.id)
    mine = user.place(**BUY, price=tick(user.last(), -100), tag="mine")
    plain = user.place(**BUY, price=tick(user.last(), -100))
    theirs = other.place(**BUY, price=tick(user.last(), -100), tag="mine")
    other.ask("DELETE", f"/orders/regular/{theirs}")
    user.ask("DELETE", f"/orders/regular/{plain}")
    assert fired(venue) == []
    reply = venue.send("DELETE", f"/orders/regular/{mine}", headers=user.headers)
    assert (reply.status, user.order(mine)["status"]) == (403, "OPEN")
    assert fired(venue) == [("html", "cancel", "mine", user.account.id)]


def test_tokens_do_not_pile_up():
    venue = Venue()
    user = venue.open()
    tokens: Tokens = venue.wire.desk.tokens
    for _ in range(50):
        user.log_in()
    assert (len(tokens._sessions), len(tokens._of), len(tokens._requests)) == (1, 1, 0)
