"""Faults on the way to Binance's wire and of the whole venue: that each fires, and what it does."""

import http.client
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import UnknownFault
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.binance.conftest import opened, placed, raise_limits
from tests.exchanges.sandbox.serving import serving

SYMBOL = "BTCUSDT"


# ---- on the way ----


@pytest.mark.parametrize(
    ("name", "given", "status", "code", "is_placed"),
    [
        ("error_before", {}, 503, None, False), ("error_before", {"status": 504}, 504, -1007, False),
        ("error_before", {"status": 500}, 500, -1000, False), ("error_after", {}, 503, None, True),
        ("error_after", {"status": 504}, 504, -1007, True), ("html", {}, 403, None, False),
        ("too_many", {}, 429, -1003, False),
    ],
)  # fmt: skip
def test_broken_answer_is_in_the_venues_own_form(
    client, order_fault, truth, fired, name, given, status, code, is_placed
):
    order_fault(name, act="place", mark="faulty", **given)
    answer = placed(client)
    assert answer.status == status
    assert bool(truth()) == is_placed
    assert fired()[-1] == name
    if code is None:
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.told.lstrip().lower().startswith(("<html", "<!doctype html"))
    else:
        assert answer.told["code"] == code
    if status == 429:
        assert answer.headers["retry-after"] == "5"
        assert "Too much request weight used; current limit is" in answer.told["msg"]


@pytest.mark.parametrize(("name", "is_placed"), [("reset_before", False), ("reset_after", True), ("truncated", True)])
def test_torn_connection_leaves_the_truth_behind(client, order_fault, truth, name, is_placed):
    order_fault(name, act="place")
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        placed(client)
    assert bool(truth()) == is_placed


def test_slow_accept_is_done_late_though_its_window_is_over(client, order_fault, truth):
    """It was in time when it came; what was slow stands behind the gate."""
    order_fault("slow_accept", act="place", seconds=0.3)
    answer = placed(client, recvWindow=100)
    assert (answer.status, truth()) == (200, [("new", 0)])
    assert answer.told["transactTime"] - client.now() > -200


def test_gate_gives_up_after_ten_seconds_and_the_order_is_taken_after_that():
    with serving(World(seed="slow", clock=Clock(scale=0.2))) as running:
        client = opened(running)
        running.do(lambda: running.world.faults.order("slow_accept", venue="binance", act="place", seconds=16))
        begun = client.now()
        answer = client.limit(client.away(0.9), newClientOrderId="late", recvWindow=200)
        assert (answer.status, answer.told["code"]) == (504, -1007)
        assert 1900 < client.now() - begun < 3000
        find = {"symbol": SYMBOL, "origClientOrderId": "late"}
        assert client.signed("GET", "order", **find).told["code"] == -2013
        time.sleep(1.6)
        assert client.signed("GET", "order", **find).told["time"] - begun >= 3200


def test_ban_holds_for_its_whole_time_for_all_of_an_address():
    with serving(World(seed="ban")) as running:
        clients = [opened(running), opened(running)]
        running.do(lambda: running.world.faults.order("banned", venue="binance", act="place", seconds=1.9))
        answer = clients[0].order(symbol=SYMBOL)
        assert (answer.status, answer.told["code"], answer.headers["retry-after"]) == (418, -1003, "2")
        assert "IP banned until" in answer.told["msg"]
        assert [one.get("time").status for one in clients] == [418, 418]
        with pytest.raises(InvalidStatus) as refused, clients[1].socket("/ws/btcusdt@trade"):
            pass
        assert refused.value.response.status_code == 418
        time.sleep(2.0)
        assert [one.get("time").status for one in clients] == [200, 200]


def test_outage_ends_sockets_and_holds_though_it_is_met_once():
    with serving(World(seed="outage")) as running:
        client = opened(running)
        with client.socket("/ws-api/v3") as talking:
            running.do(lambda: running.world.faults.order("outage", venue="binance", seconds=3.0))
            with pytest.raises(ConnectionClosed):
                talking.hear()
        assert [client.get("time").status for _ in range(3)] == [503] * 3
        with pytest.raises(InvalidStatus), client.socket("/ws-api/v3"):
            pass
        time.sleep(3.1)
        assert client.get("time").status == 200
        running.do(lambda: running.world.faults.order("outage", venue="binance", seconds=60))
        assert client.get("time").status == 503
        running.do(running.world.faults.take_back)
        assert client.get("time").status == 200, "it is over when it is taken back"


# ---- at once ----


def test_sockets_are_closed_with_a_word_before(client, order_fault):
    with client.socket("/ws-api/v3") as api, client.socket("/stream?streams=btcusdt@depth") as stream:
        order_fault("closed")
        assert api.until(lambda one: "event" in one)["event"]["e"] == "serverShutdown"
        assert stream.until(lambda one: one["stream"] == "!serverShutdown")["data"]["e"] == "serverShutdown"
        for one in (api, stream):
            with pytest.raises(ConnectionClosed):
                one.until(lambda told: False)


def test_clock_is_off():
    with serving(World(seed="clock")) as running:
        client = opened(running)

        def off(by):
            running.do(lambda: running.world.faults.order("clock_offset", venue="binance", by=by))

        off(2.0)
        assert 1900 < client.get("time").told["serverTime"] - client.now() < 2100
        off(-6.0)
        assert client.signed("GET", "account").told["msg"] == (
            "Timestamp for this request was 1000ms ahead of the server's time."
        )
        off(6.0)
        assert client.signed("GET", "account").told["code"] == -1021
        off(0)
        assert client.signed("GET", "account").status == 200


def test_symbol_is_traded_no_more(client, order_fault):
    made = client.order(
        symbol="LTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="1",
        price=client.away(0.9, "LTCUSDT"), newClientOrderId="faulty",
    )  # fmt: skip
    assert made.status == 200
    order_fault("delisted", symbol="LTCUSDT")
    assert client.get("exchangeInfo", symbol="LTCUSDT").told["symbols"][0]["status"] == "BREAK"
    ended = client.signed("GET", "order", symbol="LTCUSDT", origClientOrderId="faulty").told
    assert (ended["status"], ended["expiryReason"]) == ("EXPIRED", "EXCHANGE_CANCELED")
    again = client.order(symbol="LTCUSDT", side="BUY", type="MARKET", quantity="1")
    assert again.error == (400, -1013, "Market is closed.")


def test_fault_of_a_symbol_that_is_not_there_is_refused(order_fault):
    with pytest.raises(UnknownFault, match="lists no NOPE"):
        order_fault("delisted", symbol="NOPE")


def test_price_jumps_and_comes_back(client, order_fault):
    before = client.last("XRPUSDT")
    order_fault("spike", symbol="XRPUSDT", factor=0.8, seconds=1.5)
    time.sleep(0.5)
    assert client.last("XRPUSDT") == pytest.approx(before * 0.8, rel=0.03)
    assert float(client.get("klines", symbol="XRPUSDT", interval="1m", limit=1).told[0][4]) < before * 0.9
    time.sleep(1.5)
    assert client.last("XRPUSDT") == pytest.approx(before, rel=0.03)


# ---- the same on the socket ----


def test_call_of_the_socket_meets_the_same_faults(client, talking, order_fault, truth):
    told = {
        "symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001",
        "price": client.away(0.9), "newClientOrderId": "faulty",
    }  # fmt: skip
    order_fault("error_after", act="place", status=504)
    answer = talking.call("order.place", key=True, **told)
    assert (answer["status"], answer["error"]["code"], truth()) == (504, -1007, [("new", 0)])
    order_fault("timeout_before", act="order")
    talking.say({"id": "never", "method": "order.status", "params": {}})
    order_fault("slow_accept", act="cancel", seconds=0.2)
    begun = time.monotonic()
    gone = talking.call("order.cancel", key=True, symbol=SYMBOL, origClientOrderId="faulty")
    assert (gone["id"], gone["status"]) == ("7", 200)
    assert time.monotonic() - begun > 0.2


def test_limits_are_raised_for_these_tests_alone():
    world = World(seed="plain")
    assert world.wires["binance"].limits.figures.weight == 6000
    raise_limits(world)
    assert world.wires["binance"].limits.figures.weight == 10**9
