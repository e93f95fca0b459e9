"""What an account hears, what it reads and what is true are the same, after some hundred orders drawn by lot."""

import random
from decimal import Decimal

import pytest

D = Decimal
SYMBOLS = ("BTCUSDT", "ETHUSDT", "ETHBTC")
QUANTITY = {"BTCUSDT": "0.002", "ETHUSDT": "0.02", "ETHBTC": "0.02"}


def drawn_order(draw, client, symbol, n):
    told = {"symbol": symbol, "side": draw.choice(("BUY", "SELL")), "quantity": QUANTITY[symbol]}
    told["newClientOrderId"] = f"drawn-{n}"
    places = 5 if symbol == "ETHBTC" else 2
    price = f"{client.last(symbol) * draw.uniform(0.995, 1.005):.{places}f}"
    kind = draw.choice(("LIMIT", "LIMIT", "MARKET", "LIMIT_MAKER", "amount", "STOP_LOSS_LIMIT"))
    if kind == "amount":
        del told["quantity"]
        return told | {"type": "MARKET", "quoteOrderQty": "0.0005" if symbol == "ETHBTC" else "25"}
    if kind == "LIMIT":
        told |= {"timeInForce": draw.choice(("GTC", "GTC", "IOC", "FOK")), "price": price}
        told["selfTradePreventionMode"] = draw.choice(("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"))
    elif kind == "STOP_LOSS_LIMIT":
        told |= {"timeInForce": "GTC", "price": price, "stopPrice": price}
    elif kind == "LIMIT_MAKER":
        told["price"] = price
    return told | {"type": kind}


@pytest.mark.parametrize("seed", range(3))
def test_socket_reads_and_truth_agree(running, client, seed):
    draw = random.Random(seed)
    with client.socket("/ws-api/v3") as talking:
        talking.listen()
        placed = {}
        for n in range(80):
            symbol = draw.choice(SYMBOLS)
            answer = client.order(**drawn_order(draw, client, symbol, n))
            if answer.status == 200:
                placed[answer.told["orderId"]] = symbol
            elif answer.told["code"] not in (-2010, -1013):
                raise AssertionError(answer)
            if draw.random() < 0.3 and placed:
                number = draw.choice(list(placed))
                client.signed("DELETE", "order", symbol=placed[number], orderId=number)
        for symbol in SYMBOLS:
            client.signed("DELETE", "openOrders", symbol=symbol)
        # A last order, refused by its price, then one that is taken: all before it has been told by then.
        client.order(symbol="BTCUSDT", side="BUY", type="LIMIT_MAKER", quantity="0.002", price=client.away(0.5),
                     newClientOrderId="the-end")  # fmt: skip
        talking.event("executionReport", c="the-end")
        position = {one["a"]: one for one in talking.event("outboundAccountPosition")["B"]}
        events = [one["event"] for one in talking.heard if "event" in one]
    reports = [one for one in events if one["e"] == "executionReport"]
    heard = sorted(
        (one["t"], one["i"], one["l"], one["L"], one["n"], one["N"]) for one in reports if one["x"] == "TRADE"
    )
    read, moved = [], dict.fromkeys(("BTC", "ETH", "USDT"), D(0))
    for symbol in SYMBOLS:
        base, quote = symbol[:3], symbol[3:]
        for one in client.signed("GET", "myTrades", symbol=symbol).told:
            read.append(
                (one["id"], one["orderId"], one["qty"], one["price"], one["commission"], one["commissionAsset"])
            )
            sign = 1 if one["isBuyer"] else -1
            moved[base] += sign * D(one["qty"])
            moved[quote] -= sign * D(one["qty"]) * D(one["price"])
            moved[one["commissionAsset"]] -= D(one["commission"])
    assert heard == sorted(read)
    assert len(heard) > 20
    last = {one["i"]: one for one in reports}
    for number, symbol in placed.items():
        found = client.signed("GET", "order", symbol=symbol, orderId=number).told
        assert (last[number]["X"], last[number]["z"]) == (found["status"], found["executedQty"])
        assert sum(D(one[2]) for one in heard if one[1] == number) == D(found["executedQty"])
    balances = {one["asset"]: one for one in client.signed("GET", "account").told["balances"]}
    begun = {"BTC": D("0.5"), "ETH": D(5), "USDT": D(10_000)}
    for asset, had in begun.items():
        has = D(balances[asset]["free"]) + D(balances[asset]["locked"])
        # What is told is cut to eight places.
        assert abs(had + moved[asset] - has) <= D("1e-8"), asset
    for asset, told in position.items():
        assert (told["f"], told["l"]) == (balances[asset]["free"], balances[asset]["locked"])
    assert set(running.do(running.world.sums).values()) == {0}
