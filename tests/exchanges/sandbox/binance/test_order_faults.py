"""Faults of orders, of reads and of what an account hears: that each fires, and what it does."""

import time

import pytest

from tests.exchanges.sandbox.binance.conftest import found, placed

SYMBOL = "BTCUSDT"


# ---- orders ----


def test_duplicate_refused_is_taken_all_the_same(client, order_fault, truth):
    order_fault("duplicate_refused", mark="faulty")
    assert placed(client).error == (400, -2010, "Duplicate order sent.")
    assert truth() == [("new", 0)]
    assert found(client).told["status"] == "NEW"


def test_funds_refused_is_not_taken(client, order_fault, truth):
    order_fault("funds_refused")
    assert placed(client).error == (400, -2010, "Account has insufficient balance for requested action.")
    assert truth() == []


def test_hidden_order_is_shown_by_no_read_for_so_long(client, order_fault, truth):
    order_fault("hidden", mark="faulty", seconds=1.5)
    assert placed(client).status == 200
    assert found(client).error[1] == -2013
    for path in ("openOrders", "allOrders"):
        assert client.signed("GET", path, symbol=SYMBOL).told == []
    assert truth() == [("new", 0)]
    time.sleep(1.6)
    assert found(client).told["status"] == "NEW"
    assert len(client.signed("GET", "openOrders", symbol=SYMBOL).told) == 1


def test_hidden_order_hides_its_fills(client, order_fault):
    order_fault("hidden", mark="faulty", seconds=1.5)
    assert client.limit(client.away(1.02), newClientOrderId="faulty").told["status"] == "FILLED"
    assert client.signed("GET", "myTrades", symbol=SYMBOL).told == []
    time.sleep(1.6)
    assert len(client.signed("GET", "myTrades", symbol=SYMBOL).told) > 0


@pytest.mark.parametrize("share", [0.9, 1.02], ids=["stands", "crosses"])
@pytest.mark.parametrize("kind", ["LIMIT", "MARKET", "amount"])
def test_partly_then_cancelled_ends_in_the_middle(running, client, order_fault, truth, share, kind):
    order_fault("partly_then_cancelled", mark="faulty", share=0.25)
    told = {"symbol": SYMBOL, "side": "BUY", "type": kind, "newClientOrderId": "faulty", "quantity": "0.04"}
    if kind == "LIMIT":
        told |= {"timeInForce": "GTC", "price": client.away(share)}
    if kind == "amount":
        told |= {"type": "MARKET", "quoteOrderQty": 400}
        del told["quantity"]
    answer = client.order(**told).told
    assert (answer["status"], answer["expiryReason"]) == ("EXPIRED", "EXCHANGE_CANCELED")
    assert float(answer["executedQty"]) == pytest.approx(float(answer["origQty"]) / 4, abs=0.00001)
    assert float(answer["executedQty"]) > 0
    assert found(client).told["executedQty"] == answer["executedQty"]
    locked = [one["locked"] for one in client.signed("GET", "account").told["balances"]]
    assert set(locked) == {"0.00000000"}
    assert set(running.do(running.world.sums).values()) == {0}


def test_fill_comes_after_the_cancel(running, client, order_fault, truth):
    order_fault("filled_after_cancel", mark="faulty", share=0.5)
    placed(client, quantity="0.02")
    with client.socket("/ws-api/v3") as talking:
        talking.listen()
        gone = client.signed("DELETE", "order", symbol=SYMBOL, origClientOrderId="faulty").told
        assert (gone["status"], gone["executedQty"]) == ("CANCELED", "0.00000000")
        talking.event("executionReport", x="CANCELED")
        late = talking.event("executionReport", x="TRADE")
    assert (late["l"], late["X"]) == ("0.01000000", "CANCELED")
    assert found(client).told["executedQty"] == "0.01000000"
    assert [one["qty"] for one in client.signed("GET", "myTrades", symbol=SYMBOL).told] == ["0.01000000"]
    assert set(running.do(running.world.sums).values()) == {0}


# ---- reads ----


def test_read_denies_an_order_that_is_there(client, order_fault, truth):
    placed(client)
    order_fault("denied", times=None, mark="faulty")
    assert found(client).error == (400, -2013, "Order does not exist.")
    assert client.signed("GET", "openOrders").told == []
    assert truth() == [("new", 0)]


def test_read_lists_nothing_when_it_is_of_no_mark(client, order_fault):
    placed(client)
    order_fault("denied", act="open_orders")
    assert client.signed("GET", "openOrders").told == []
    assert len(client.signed("GET", "openOrders").told) == 1


def test_balance_is_told_as_it_was_before_the_last_order(client, order_fault):
    before = client.free("USDT")
    placed(client)
    order_fault("stale_balance")
    assert client.free("USDT") == before
    assert client.free("USDT") != before


# ---- news ----


def fills_of(talking, count):
    return [talking.event("executionReport", x="TRADE") for _ in range(count)]


def buy(client):
    told = client.order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="IOC", quantity="0.001",
                        price=client.away(1.02)).told  # fmt: skip
    return [one["tradeId"] for one in told["fills"]]


def test_gap_loses_so_many_messages(client, talking, order_fault, fired):
    # New, money, trade, money: two orders have eight.
    order_fault("gap", messages=5)
    buy(client)
    number = buy(client)[-1]
    assert talking.event("executionReport", x="TRADE")["t"] == number
    assert [one["event"]["x"] for one in talking.heard if one.get("event", {}).get("x")] == ["TRADE"]
    assert fired()[-1] == "gap"


def test_fills_come_in_the_other_order(client, talking, order_fault):
    order_fault("reordered", messages=2)
    numbers = [buy(client)[-1], buy(client)[-1]]
    assert [one["t"] for one in fills_of(talking, 2)] == numbers[::-1]


def test_fill_held_back_alone_comes_in_the_end(client, talking, order_fault):
    order_fault("reordered", messages=2)
    number = buy(client)[-1]
    assert talking.event("executionReport", x="TRADE")["t"] == number


def test_message_comes_twice(client, talking, order_fault):
    order_fault("doubled", act="fill")
    buy(client)
    one, other = fills_of(talking, 2)
    assert one == other


def test_fill_comes_again_with_another_quantity(client, talking, order_fault):
    order_fault("altered")
    buy(client)
    one, other = fills_of(talking, 2)
    assert one["t"] == other["t"]
    assert one["l"] != other["l"]
    assert one | {"l": ""} == other | {"l": ""}
