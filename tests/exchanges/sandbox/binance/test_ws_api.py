"""The WebSocket API: the same answers as REST in its own envelope, and what an account is told."""

import pytest

from exchanges.sandbox.listings import atoms, figure
from tests.exchanges.sandbox.binance.conftest import opened

SYMBOL = "BTCUSDT"


@pytest.fixture
def talking(client):
    with client.socket("/ws-api/v3") as talking:
        yield talking


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("ping", "ping", {}), ("exchangeInfo", "exchangeInfo", {"symbol": SYMBOL}),
        ("depth", "depth", {"symbol": "LINKUSDT", "limit": 3}),
        ("klines", "klines", {"symbol": SYMBOL, "interval": "1d", "limit": 3}),
        ("ticker.price", "ticker/price", {"symbol": "LINKUSDT"}), ("ticker.book", "ticker/bookTicker", {}),
        ("ticker.24hr", "ticker/24hr", {"symbol": SYMBOL}), ("ticker", "ticker", {"symbol": SYMBOL}),
        ("ticker.tradingDay", "ticker/tradingDay", {"symbol": SYMBOL}),
        ("avgPrice", "avgPrice", {"symbol": SYMBOL}), ("trades.recent", "trades", {"symbol": SYMBOL, "limit": 2}),
        ("trades.aggregate", "aggTrades", {"symbol": SYMBOL, "limit": 2}),
    ],
)  # fmt: skip
def test_what_anybody_may_ask_is_as_on_rest(client, talking, method, path, told):
    answer = talking.call(method, **told)
    assert (answer["id"], answer["status"]) == ("7", 200)
    assert answer["rateLimits"][0]["rateLimitType"] == "REQUEST_WEIGHT"
    one, other = answer["result"], client.get(path, **told).told
    assert type(one) is type(other)
    assert (set(one) == set(other)) if isinstance(one, dict) else (len(one) == len(other))


def test_several_symbols_are_asked_as_a_list(talking):
    told = talking.call("ticker.price", symbols=["BTCUSDT", "ETHUSDT"])["result"]
    assert [one["symbol"] for one in told] == ["BTCUSDT", "ETHUSDT"]


def test_order_lives_and_dies_on_the_socket(client, talking):
    made = talking.call(
        "order.place", key=True, symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01",
        price=client.away(0.9), newClientOrderId="mine",
    )  # fmt: skip
    assert made["result"]["status"] == "NEW"
    assert [one["rateLimitType"] for one in made["rateLimits"]] == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
    one = {"symbol": SYMBOL, "origClientOrderId": "mine"}
    assert talking.call("order.status", key=True, **one)["result"]["orderId"] == made["result"]["orderId"]
    assert len(talking.call("openOrders.status", key=True)["result"]) == 1
    assert talking.call("order.cancel", key=True, **one)["result"]["status"] == "CANCELED"
    again = talking.call("order.cancel", key=True, **one)
    assert (again["status"], again["error"]) == (400, {"code": -2011, "msg": "Unknown order sent."})
    assert len(talking.call("allOrders", key=True, symbol=SYMBOL)["result"]) == 1
    assert talking.call("myTrades", key=True, symbol=SYMBOL)["result"] == []
    assert talking.call("account.status", key=True)["result"]["accountType"] == "SPOT"
    test = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    assert talking.call("order.test", key=True, **test)["result"] == {}


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ("{", 400, -1135), ("[]", 400, -1102), ('{"id":1}', 400, -1102), ('{"method":"time"}', 400, -1102),
        ('{"id":1,"method":"jump"}', 400, -1130), ('{"id":1,"method":"time","params":[]}', 400, -1130),
        ('{"id":1,"method":"time","params":{"a":1}}', 400, -1104),
        ('{"id":1,"method":"depth","params":{"symbol":{"a":1}}}', 400, -1130),
        ('{"id":1,"method":"account.status"}', 400, -1102),
        ('{"id":1,"method":"account.status","params":{"apiKey":"x"}}', 401, -2014),
        ('{"id":null,"method":"depth","params":{"symbol":"<b>"}}', 400, -1100),
        ('{"id":1,"method":"userDataStream.subscribe"}', 401, -2015),
        ('{"id":1,"method":"userDataStream.unsubscribe"}', 400, -2036),
    ],
)  # fmt: skip
def test_mistakes_are_answered(talking, said, status, code):
    told = talking.ask(said)
    assert (told["status"], told["error"]["code"]) == (status, code)


def test_signature_is_over_sorted_words(talking, client):
    told = {"apiKey": client.words["api_key"], "timestamp": client.now(), "signature": "0" * 64}
    answer = talking.ask({"id": 1, "method": "account.status", "params": told})
    assert (answer["status"], answer["error"]["code"]) == (400, -1022)
    payload = f"apiKey={told['apiKey']}&limit=5.5&timestamp={told['timestamp']}"
    raw = (
        f'{{"id":1,"method":"account.status","params":{{"timestamp":{told["timestamp"]},"limit":5.5,'
        f'"apiKey":"{told["apiKey"]}","signature":"{client.sign(payload)}"}}}}'
    )
    assert talking.ask(raw)["error"]["code"] == -1104, "its characters were signed; the name is not read"


def test_limits_are_told_or_not(client):
    with client.socket("/ws-api/v3?returnRateLimits=false") as talking:
        assert "rateLimits" not in talking.call("time")
        assert "rateLimits" in talking.call("time", returnRateLimits=True)


def test_session_says_what_it_is(talking):
    before = talking.call("session.status")["result"]
    assert (before["apiKey"], before["userDataStream"]) == (None, False)
    talking.listen()
    assert talking.call("session.status")["result"]["userDataStream"] is True
    assert talking.call("session.subscriptions")["result"] == [{"subscriptionId": 0}]


def test_account_is_subscribed_once_and_left(client, talking):
    assert talking.listen()["result"] == {"subscriptionId": 0}
    assert talking.listen()["error"]["code"] == -2035
    assert talking.call("userDataStream.unsubscribe", subscriptionId=0)["result"] == {}
    assert talking.heard[-2]["event"]["e"] == "eventStreamTerminated"
    assert talking.listen()["result"] == {"subscriptionId": 1}


def test_several_accounts_are_heard_on_one_socket_each_by_its_number(running, client, talking):
    other = opened(running)
    talking.listen()
    talking._asking = other
    assert talking.listen()["result"] == {"subscriptionId": 1}
    other.limit(other.away(0.9))
    told = talking.until(lambda one: "event" in one)
    assert told["subscriptionId"] == 1
    client.limit(client.away(0.9))
    assert talking.until(lambda one: one.get("event", {}).get("e") == "executionReport")["subscriptionId"] == 0


def test_events_follow_an_order_to_its_end(client, talking):
    talking.listen()
    client.order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.4",
                 price=client.away(1.02), newClientOrderId="big")  # fmt: skip
    first = talking.event("executionReport", c="big")
    assert (first["x"], first["X"], first["w"], first["t"], first["N"]) == ("NEW", "NEW", True, -1, None)
    position = talking.event("outboundAccountPosition")["B"]
    assert [one["a"] for one in position] == ["BTC", "USDT"]
    assert float(position[1]["l"]) > 0
    filled, number = 0.0, first["I"]
    while True:
        told = talking.event("executionReport", x="TRADE")
        filled += float(told["l"])
        assert told["I"] > number
        assert float(told["z"]) == pytest.approx(filled)
        assert float(told["Y"]) == pytest.approx(float(told["l"]) * float(told["L"]))
        number = told["I"]
        if told["X"] == "FILLED":
            break
        assert told["X"] == "PARTIALLY_FILLED"
    assert filled == pytest.approx(0.4)
    last = talking.event("outboundAccountPosition")["B"]
    assert [one["f"] for one in last] == [client.free("BTC"), client.free("USDT")]
    assert set(told) == {
        *"eEscSofqpPFgCxXrilzLnNTtIwmMOZYQWV",
    }  # fmt: skip


def test_order_by_amount_ends_filled(client, talking):
    talking.listen()
    made = client.order(symbol=SYMBOL, side="BUY", type="MARKET", quoteOrderQty="3000").told
    states = []
    while not states or states[-1]["X"] != "FILLED":
        states.append(talking.event("executionReport", x="TRADE"))
    assert len(states) == len(made["fills"])
    assert (states[-1]["q"], states[-1]["z"], states[-1]["Q"]) == (
        made["origQty"],
        made["executedQty"],
        "3000.00000000",
    )


def test_cancel_names_both_marks(client, talking):
    talking.listen()
    client.limit(client.away(0.9), newClientOrderId="mine")
    client.signed("DELETE", "order", symbol=SYMBOL, origClientOrderId="mine", newClientOrderId="ending")
    told = talking.event("executionReport", x="CANCELED")
    assert (told["c"], told["C"], told["X"], told["w"]) == ("ending", "mine", "CANCELED", False)


def test_amended_order_is_told_as_replaced(client, talking):
    talking.listen()
    made = client.limit(client.away(0.9), quantity="0.02", newClientOrderId="mine").told
    client.signed("PUT", "order/amend/keepPriority", symbol=SYMBOL, orderId=made["orderId"], newQty="0.01",
                  newClientOrderId="less")  # fmt: skip
    told = talking.event("executionReport", x="REPLACED")
    assert (told["c"], told["C"], told["q"], told["X"]) == ("less", "mine", "0.01000000", "NEW")


def test_pair_is_told_from_its_beginning_to_its_end(client, talking):
    talking.listen()
    made = client.signed(
        "POST", "orderList/oco", symbol=SYMBOL, side="SELL", quantity="0.1", aboveType="LIMIT_MAKER",
        abovePrice=client.away(1.2), belowType="STOP_LOSS", belowStopPrice=client.away(0.8),
    ).told  # fmt: skip
    begun = talking.event("listStatus")
    assert (begun["g"], begun["l"], begun["L"]) == (made["orderListId"], "EXEC_STARTED", "EXECUTING")
    client.signed("DELETE", "orderList", symbol=SYMBOL, orderListId=made["orderListId"])
    ended = talking.event("listStatus")
    assert (ended["l"], ended["L"]) == ("ALL_DONE", "ALL_DONE")
    reports = [one["event"] for one in talking.heard if one.get("event", {}).get("e") == "executionReport"]
    assert [one["x"] for one in reports] == ["NEW", "NEW", "CANCELED", "CANCELED"]


def test_deposit_is_told(running, client, talking):
    talking.listen()
    account = running.do(lambda: running.world.wires["binance"].keys.account_of(client.words["api_key"]))
    running.do(lambda: running.world.binance.bring(account, "ETH", atoms(figure(25 * 10**17))))
    told = talking.event("balanceUpdate")
    assert (told["a"], told["d"]) == ("ETH", "2.50000000")
    assert talking.event("outboundAccountPosition")["B"] == [{"a": "ETH", "f": "7.50000000", "l": "0.00000000"}]
