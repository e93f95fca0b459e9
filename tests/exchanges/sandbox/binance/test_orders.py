"""Orders of every kind on Binance's wire: what is taken, what is refused and in which words."""

import pytest

from tests.exchanges.sandbox.binance.conftest import opened

SYMBOL = "BTCUSDT"


def order(client, kind, side="SELL", quantity="0.01", **told):
    return client.order(symbol=SYMBOL, side=side, type=kind, quantity=quantity, **told)


def refused(answer):
    assert answer.status in (400, 401), answer
    return answer.told["code"], answer.told["msg"]


def queried(client, number):
    return client.signed("GET", "order", symbol=SYMBOL, orderId=number).told


BASE = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "8000"}
MANDATORY = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
FIGURE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"symbol": None}, -1102, MANDATORY.format("symbol")),
        ({"symbol": ""}, -1105, "Parameter 'symbol' was empty."),
        ({"symbol": "NOPE"}, -1121, "Invalid symbol."),
        ({"symbol": "btcusdt"}, -1100, "Illegal characters found in parameter 'symbol'; legal range is"),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "WISH"}, -1116, "Invalid orderType."),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({"timeInForce": None}, -1102, MANDATORY.format("timeInForce")),
        ({"price": None}, -1102, MANDATORY.format("price")),
        ({"quantity": None}, -1102, MANDATORY.format("quantity")),
        ({"price": "8e3"}, -1100, f"Illegal characters found in parameter 'price'; legal range is '{FIGURE}'."),
        ({"price": "-1"}, -1100, f"Illegal characters found in parameter 'price'; legal range is '{FIGURE}'."),
        ({"price": "NaN"}, -1100, f"Illegal characters found in parameter 'price'; legal range is '{FIGURE}'."),
        ({"price": "8000.000000001"}, -1111, "Parameter 'price' has too much precision."),
        ({"quantity": "0.000000001"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"quantity": "0"}, -1013, "Invalid quantity."),
        ({"price": "0.00"}, -1013, "Invalid price."),
        ({"price": "8000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "1000000.01"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "9000.00001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
        ({"price": "1"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"price": "900000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "500"}, -2010, "Account has insufficient balance for requested action."),
        ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"quoteOrderQty": "1"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
        ({"newClientOrderId": "a" * 37}, -1100, "Illegal characters found in parameter 'newClientOrderId'"),
        ({"newClientOrderId": "<b>"}, -1100, "Illegal characters found in parameter 'newClientOrderId'"),
        ({"newOrderRespType": "LOUD"}, -1130, "Data sent for parameter 'newOrderRespType' is not valid."),
        ({"selfTradePreventionMode": "DECREMENT"}, -1013,
         "This symbol does not allow the specified self-trade prevention mode."),
        ({"icebergQty": "0.001"}, -2010, "Iceberg orders are not supported for this symbol."),
        ({"strategyType": "999999"}, -1134, "`strategyType` was less than 1000000."),
        ({"wish": "1"}, -1104, "Not all sent parameters were read; read '8' parameter(s) but was sent '9'."),
        ({"type": "LIMIT_MAKER"}, -1106, "Parameter 'timeInForce' sent when not required."),
    ],
)  # fmt: skip
def test_bad_order_is_refused_in_the_documents_words(client, change, code, words):
    told = {name: word for name, word in (BASE | change).items() if word is not None}
    told = {**told, "recvWindow": 5000} if "wish" not in change else told
    answer = client.order(**told)
    assert refused(answer)[0] == code, answer
    assert answer.told["msg"].startswith(words)
    assert client.signed("GET", "openOrders").told == []
    if code not in (-2010,) or "iceberg" in str(change):
        assert client.signed("POST", "order/test", **told).told == answer.told


def test_market_order_needs_one_quantity(client):
    told = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET"}
    assert refused(client.order(**told))[0] == -1102
    assert refused(client.order(**told, quantity="0.01", quoteOrderQty="100"))[0] == -1128
    assert refused(client.order(**told, quantity="0.0001")) == (-1013, "Filter failure: NOTIONAL")
    assert refused(client.order(**told, quoteOrderQty="4.99")) == (-1013, "Filter failure: NOTIONAL")
    assert refused(client.order(**told, quantity="181")) == (-1013, "Filter failure: MARKET_LOT_SIZE")
    assert refused(client.order(**told, quantity="0.01", price="8000"))[0] == -1106


def test_answer_is_as_long_as_was_asked(client):
    keys = {kind: set(client.limit(client.away(0.9), newOrderRespType=kind).told) for kind in ("ACK", "RESULT", "FULL")}
    assert keys["ACK"] == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    assert keys["FULL"] - keys["RESULT"] == {"fills"}
    assert set(client.order(
        symbol=SYMBOL, side="BUY", type="LIMIT_MAKER", quantity="0.01", price=client.away(0.9)
    ).told) == keys["ACK"]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "side", "share", "error"),
    [
        ("STOP_LOSS", "SELL", 0.95, None), ("STOP_LOSS", "SELL", 1.05, -2010), ("STOP_LOSS", "BUY", 1.05, None),
        ("STOP_LOSS", "BUY", 0.95, -2010), ("TAKE_PROFIT", "SELL", 1.05, None), ("TAKE_PROFIT", "SELL", 0.95, -2010),
        ("TAKE_PROFIT", "BUY", 0.95, None), ("TAKE_PROFIT", "BUY", 1.05, -2010),
    ],
)  # fmt: skip
def test_stop_sleeps_on_its_own_side_of_the_price(client, kind, side, share, error):
    answer = order(client, kind, side, stopPrice=client.away(share), newOrderRespType="RESULT")
    if error is not None:
        assert refused(answer) == (error, "Order would trigger immediately.")
        return
    assert (answer.told["status"], answer.told["workingTime"]) == ("NEW", -1)
    limited = order(
        client, f"{kind}_LIMIT", side, price=client.away(share), stopPrice=client.away(share), timeInForce="GTC"
    )
    assert queried(client, limited.told["orderId"])["isWorking"] is False


def test_order_that_must_not_take_is_refused_when_it_would(client):
    told = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.01"}
    assert refused(client.order(**told, price=client.away(1.01))) == (
        -2010, "Order would immediately match and take.",
    )  # fmt: skip
    assert client.order(**told, price=client.away(0.99)).status == 200


def test_what_cannot_be_filled_at_once_expires(client):
    for tif, reason in (("IOC", "UNFILLED_IOC_QUANTITY_EXPIRED"), ("FOK", "UNFILLED_FOK_ORDER_EXPIRED")):
        told = order(client, "LIMIT", "BUY", price=client.away(0.9), timeInForce=tif).told
        assert (told["status"], told["expiryReason"], told["executedQty"]) == ("EXPIRED", reason, "0.00000000")


def test_mark_is_free_again_when_its_order_is_over(client):
    first = client.limit(client.away(0.9), newClientOrderId="mine").told
    assert refused(client.limit(client.away(0.9), newClientOrderId="mine")) == (-2010, "Duplicate order sent.")
    assert client.signed("DELETE", "order", symbol=SYMBOL, origClientOrderId="mine").told["status"] == "CANCELED"
    filled = client.limit(client.away(1.02), newClientOrderId="mine").told
    assert filled["status"] == "FILLED"
    again = client.limit(client.away(1.02), newClientOrderId="mine").told
    assert again["status"] == "FILLED", "a filled order's mark is free: who sends twice buys twice"
    found = client.signed("GET", "order", symbol=SYMBOL, origClientOrderId="mine").told
    assert found["orderId"] == again["orderId"] > filled["orderId"] > first["orderId"]


def test_unknown_order_is_neither_found_nor_cancelled(client):
    assert refused(client.signed("GET", "order", symbol=SYMBOL, orderId=10**9)) == (-2013, "Order does not exist.")
    assert refused(client.signed("DELETE", "order", symbol=SYMBOL, orderId=10**9)) == (-2011, "Unknown order sent.")
    assert refused(client.signed("DELETE", "openOrders", symbol=SYMBOL)) == (-2011, "Unknown order sent.")
    assert refused(client.signed("GET", "order", symbol=SYMBOL)) == (
        -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
    )  # fmt: skip
    mine = client.limit(client.away(0.9)).told["orderId"]
    assert refused(client.signed("GET", "order", symbol="ETHUSDT", orderId=mine))[0] == -2013
    assert refused(client.signed("GET", "order", symbol=SYMBOL, orderId=mine, origClientOrderId="else"))[0] == -2039
    assert (
        refused(client.signed("DELETE", "order", symbol=SYMBOL, orderId=mine, cancelRestrictions="NEVER"))[0] == -1145
    )
    partly = {"symbol": SYMBOL, "orderId": mine, "cancelRestrictions": "ONLY_PARTIALLY_FILLED"}
    assert refused(client.signed("DELETE", "order", **partly)) == (
        -2011, "Order was not canceled due to cancel restrictions.",
    )  # fmt: skip
    assert client.signed("DELETE", "order", symbol=SYMBOL, orderId=mine, cancelRestrictions="ONLY_NEW").status == 200


def test_nobody_sees_or_ends_anothers_order(running, client):
    stranger = opened(running)
    mine = client.limit(client.away(0.9)).told["orderId"]
    assert refused(stranger.signed("GET", "order", symbol=SYMBOL, orderId=mine))[0] == -2013
    assert refused(stranger.signed("DELETE", "order", symbol=SYMBOL, orderId=mine))[0] == -2011


def test_pair_sells_once_and_ends_together(client):
    told = {
        "symbol": SYMBOL, "side": "SELL", "quantity": "0.5", "aboveType": "LIMIT_MAKER",
        "abovePrice": client.away(1.2), "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": client.away(0.8),
        "belowPrice": client.away(0.79), "belowTimeInForce": "GTC", "listClientOrderId": "both",
    }  # fmt: skip
    made = client.signed("POST", "orderList/oco", **told).told
    assert [one["type"] for one in made["orderReports"]] == ["STOP_LOSS_LIMIT", "LIMIT_MAKER"]
    assert client.free("BTC") == "0.00000000"
    assert refused(client.signed("POST", "orderList/oco", **told))[1] == "Duplicate order sent."
    assert client.signed("GET", "orderList", origClientOrderId="both").told["listOrderStatus"] == "EXECUTING"
    assert len(client.signed("GET", "openOrderList").told) == 1
    ended = client.signed("DELETE", "order", symbol=SYMBOL, orderId=made["orders"][0]["orderId"]).told
    assert (ended["listOrderStatus"], [one["status"] for one in ended["orderReports"]]) == (
        "ALL_DONE",
        ["CANCELED"] * 2,
    )
    assert client.signed("GET", "openOrderList").told == []
    assert [one["orderListId"] for one in client.signed("GET", "allOrderList").told] == [made["orderListId"]]
    assert client.free("BTC") == "0.50000000"
    assert refused(client.signed("DELETE", "orderList", symbol=SYMBOL, listClientOrderId="both"))[0] == -2011


def test_pair_in_the_old_words_is_the_same_pair(client):
    told = {
        "symbol": SYMBOL, "side": "BUY", "quantity": "0.01", "price": client.away(0.8), "stopPrice": client.away(1.2),
        "limitClientOrderId": "below", "stopClientOrderId": "above",
    }  # fmt: skip
    made = client.signed("POST", "order/oco", **told).told
    assert [(one["type"], one["clientOrderId"]) for one in made["orderReports"]] == [
        ("STOP_LOSS", "above"), ("LIMIT_MAKER", "below"),
    ]  # fmt: skip
    wrong = told | {"price": client.away(1.1), "limitClientOrderId": "b2", "stopClientOrderId": "a2"}
    assert refused(client.signed("POST", "order/oco", **wrong)) == (
        -2010, "The relationship of the prices for the orders is not correct.",
    )  # fmt: skip


def test_one_of_a_pair_that_is_filled_expires_the_other(running, client):
    made = client.signed(
        "POST", "orderList/oco", symbol=SYMBOL, side="SELL", quantity="0.2", aboveType="LIMIT_MAKER",
        abovePrice=client.away(1.2), belowType="STOP_LOSS", belowStopPrice=client.away(0.8),
    ).told  # fmt: skip
    stop, limit = (one["orderId"] for one in made["orders"])

    def fill():
        house = running.world.binance
        account = running.world.wires["binance"].keys.account_of(client.words["api_key"])
        placed = account.orders[limit]
        house.fill_outside(placed, placed.lots)

    running.do(fill)
    assert queried(client, limit)["status"] == "FILLED"
    assert (queried(client, stop)["status"], queried(client, stop)["expiryReason"]) == ("EXPIRED", "OCO_TRIGGER")
    assert client.signed("GET", "orderList", orderListId=made["orderListId"]).told["listStatusType"] == "ALL_DONE"
    assert client.free("BTC") == "0.30000000"


def test_quantity_is_lowered_and_the_money_comes_back(client):
    made = client.limit(client.away(0.9), quantity="0.5", newClientOrderId="first").told
    free = client.free("USDT")
    told = {"symbol": SYMBOL, "orderId": made["orderId"]}
    lowered = client.signed("PUT", "order/amend/keepPriority", **told, newQty="0.2", newClientOrderId="second").told
    assert (lowered["amendedOrder"]["qty"], lowered["amendedOrder"]["origClientOrderId"]) == ("0.20000000", "first")
    assert float(client.free("USDT")) - float(free) == pytest.approx(0.3 * float(made["price"]))
    assert client.signed("GET", "order", symbol=SYMBOL, origClientOrderId="second").told["origQty"] == "0.20000000"
    for quantity, words in (("0.2", "change no state"), ("0.3", "quantity increase")):
        answer = client.signed("PUT", "order/amend/keepPriority", **told, newQty=quantity)
        assert refused(answer)[0] == -2038
        assert words in answer.told["msg"]
    assert [one["newQty"] for one in client.signed("GET", "order/amendments", **told).told] == ["0.20000000"]


@pytest.mark.parametrize(
    ("mode", "taker", "maker"),
    [
        ("EXPIRE_TAKER", "EXPIRED_IN_MATCH", "NEW"), ("EXPIRE_MAKER", "other", "EXPIRED_IN_MATCH"),
        ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"), ("NONE", "other", "FILLED"),
    ],
)  # fmt: skip
def test_own_orders_meet_as_is_asked(running, client, mode, taker, maker):
    """Inside the spread, where nobody else stands between the two."""
    house = running.world.binance
    market = house.markets[SYMBOL]

    def placed_between():
        house.look(market)
        bid, ask = market.matching.bid, market.matching.ask
        assert ask - bid > 2
        tick = (bid + ask) // 2
        return f"{tick / 100:.2f}"

    for _ in range(5):
        price = running.do(placed_between)
        with client.socket("/ws-api/v3") as talking:
            talking.listen()
            stands = client.limit(price, quantity="0.02", side="SELL").told
            comes = client.limit(price, quantity="0.02", selfTradePreventionMode=mode).told
            if stands["status"] != "NEW" or (comes["status"] == "NEW" and mode != "EXPIRE_MAKER"):
                client.signed("DELETE", "openOrders", symbol=SYMBOL)
                continue
            statuses = queried(client, stands["orderId"])["status"], comes["status"]
            if "EXPIRED_IN_MATCH" in statuses:
                told = talking.event("executionReport", x="TRADE_PREVENTION")
                assert {told["i"], told["U"]} == {stands["orderId"], comes["orderId"]}
                assert (told["X"], told["A"], told["pL"], told["r"]) == (
                    "EXPIRED_IN_MATCH", "0.02000000", stands["price"], "NONE",
                )  # fmt: skip
            break
    assert statuses[0] == maker
    assert (statuses[1] == "EXPIRED_IN_MATCH") == (taker == "EXPIRED_IN_MATCH")


def test_orders_and_trades_are_listed_by_number_and_time(client):
    numbers = [client.limit(client.away(1.02)).told["orderId"] for _ in range(3)]
    listed = client.signed("GET", "allOrders", symbol=SYMBOL).told
    assert [one["orderId"] for one in listed] == numbers
    assert [one["orderId"] for one in client.signed("GET", "allOrders", symbol=SYMBOL, orderId=numbers[1]).told] == (
        numbers[1:]
    )
    late = client.signed("GET", "allOrders", symbol=SYMBOL, startTime=listed[-1]["time"] + 60_000).told
    assert late == []
    day = {"startTime": client.now() - 86_400_001, "endTime": client.now()}
    assert refused(client.signed("GET", "allOrders", symbol=SYMBOL, **day)) == (
        -1127, "More than 24 hours between startTime and endTime.",
    )  # fmt: skip
    trades = client.signed("GET", "myTrades", symbol=SYMBOL).told
    assert {one["orderId"] for one in trades} == set(numbers)
    later = client.signed("GET", "myTrades", symbol=SYMBOL, fromId=trades[-1]["id"]).told
    assert later == trades[-1:]
    assert {one["orderId"] for one in client.signed("GET", "myTrades", symbol=SYMBOL, orderId=numbers[0]).told} == {
        numbers[0]
    }
    assert refused(client.signed("GET", "myTrades", symbol=SYMBOL, fromId=1, startTime=1))[0] == -1128


def test_too_many_stops_are_refused(client):
    for _ in range(5):
        assert order(client, "STOP_LOSS", stopPrice=client.away(0.9)).status == 200
    assert refused(order(client, "STOP_LOSS", stopPrice=client.away(0.9))) == (
        -1013, "Filter failure: MAX_NUM_ALGO_ORDERS",
    )  # fmt: skip


def test_account_tells_only_what_it_has_when_asked(client):
    whole = client.signed("GET", "account").told["balances"]
    some = client.signed("GET", "account", omitZeroBalances="true").told["balances"]
    assert {one["asset"] for one in some} == {"BTC", "ETH", "USDT"} < {one["asset"] for one in whole}
    assert client.signed("GET", "account/commission", symbol=SYMBOL).told["standardCommission"]["maker"] == "0.00100000"


def test_everything_sums_to_nought(running, client):
    client.limit(client.away(1.02))
    assert set(running.do(running.world.sums).values()) == {0}
