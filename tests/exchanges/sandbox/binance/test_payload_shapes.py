"""Keys and kinds of what is answered, against what the venue's document shows and what others recorded of it.

The document's samples are told here as shapes, so that no text of it is kept; class B payloads are read where they lie.
"""

import json

import pytest

from exchanges.sandbox.listings import ATOMS
from tests.exchanges.sandbox.binance.conftest import opened
from tests.shared_data import shared

#: Fields that the document says appear on their conditions alone.
CONDITIONAL = {"stopPrice", "expiryReason", "preventedMatchId", "preventedQuantity", "strategyId", "strategyType"}
#: Events: shown where there is something to show.
CONDITIONAL_LETTERS = {"W", "eR", "j", "J", "v", "A", "B", "u", "U", "Cs", "pl", "pL", "pY"}


def shape(node):
    """Keys and kinds. A string that is a figure is one of its own, for the wire never writes those as numbers."""
    if isinstance(node, dict):
        return {name: shape(one) for name, one in node.items()}
    if isinstance(node, list):
        return [shape(node[0])] if node else []
    if isinstance(node, str):
        try:
            float(node)
        except ValueError:
            return "text"
        return "figure"
    return type(node).__name__


def differences(ours, theirs, at=""):
    """What differs, each with where; a list is compared by its first one."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        odd = set(ours) ^ set(theirs)
        found = [f"{at}.{name}" for name in sorted(odd - CONDITIONAL)]
        for name in sorted(set(ours) & set(theirs)):
            found += differences(ours[name], theirs[name], f"{at}.{name}")
        return found
    if isinstance(ours, list) and isinstance(theirs, list):
        return differences(ours[0], theirs[0], f"{at}[]") if ours and theirs else []
    return [] if ours == theirs else [f"{at}: {ours} and not {theirs}"]


@pytest.fixture(scope="module")
def seen(running):
    """One of each reply, after a life of a few orders."""
    client = opened(running)
    replies = {
        "ping": client.get("ping"),
        "server_time": client.get("time"),
        "exchange_info": client.get("exchangeInfo", symbol="ETHBTC"),
        "depth": client.get("depth", symbol="BTCUSDT", limit=5),
        "trades": client.get("trades", symbol="BTCUSDT", limit=1),
        "klines": client.get("klines", symbol="BTCUSDT", interval="1m", limit=1),
        "avg_price": client.get("avgPrice", symbol="BTCUSDT"),
        "book_ticker": client.get("ticker/bookTicker", symbol="BTCUSDT"),
        "ticker_24hr": client.get("ticker/24hr", symbol="BTCUSDT"),
        "ticker_price": client.get("ticker/price", symbol="BTCUSDT"),
        "new_order_full": client.order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"),
    }
    standing = client.limit(client.away(0.9)).told
    named = {"symbol": "BTCUSDT", "orderId": standing["orderId"]}
    replies["order"] = client.signed("GET", "order", **named)
    replies["open_orders"] = client.signed("GET", "openOrders", symbol="BTCUSDT")
    replies["cancel_order"] = client.signed("DELETE", "order", **named)
    client.limit(client.away(0.9))
    replies["cancel_open_orders"] = client.signed("DELETE", "openOrders", symbol="BTCUSDT")
    replies["all_orders"] = client.signed("GET", "allOrders", symbol="BTCUSDT")
    replies["account_trades"] = client.signed("GET", "myTrades", symbol="BTCUSDT")
    replies["account"] = client.signed("GET", "account")
    assert {reply.status for reply in replies.values()} == {200}
    return {name: shape(reply.told) for name, reply in replies.items()}


HTTP = [
    "ping",
    "server_time",
    "exchange_info",
    "depth",
    "trades",
    "klines",
    "avg_price",
    "book_ticker",
    "ticker_24hr",
    "ticker_price",
    "new_order_full",
    "order",
    "open_orders",
    "cancel_order",
    "cancel_open_orders",
    "all_orders",
    "account_trades",
    "account",
]


@pytest.mark.parametrize("name", HTTP)
def test_reply_has_the_shape_of_the_recorded_one(seen, name):
    recorded = shape(json.loads((shared("wire/nautilus/binance/spot/http_json") / f"{name}_response.json").read_text()))
    ours = seen[name]
    if name == "exchange_info":
        # The recorded one has emptied lists where the document has remarks, and lists of orders that only one side has.
        for one in (ours, recorded):
            one.pop("rateLimits"), one.pop("exchangeFilters"), one.pop("sors", None)
            one["symbols"][0].pop("filters"), one["symbols"][0].pop("permissions")
    assert differences(ours, recorded) == []


def test_no_recorded_reply_is_left_out():
    found = {one.name for one in shared("wire/nautilus/binance/spot/http_json").iterdir()}
    assert found == {f"{name}_response.json" for name in HTTP}


@pytest.fixture(scope="module")
def events(running):
    client = opened(running)
    account = running.do(lambda: running.world.wires["binance"].keys.account_of(client.words["api_key"]))
    with client.socket("/ws-api/v3") as talking:
        talking.listen()
        client.limit(client.away(0.9), newClientOrderId="one")
        new = talking.event("executionReport", x="NEW")
        client.signed("DELETE", "order", symbol="BTCUSDT", origClientOrderId="one")
        cancelled = talking.event("executionReport", x="CANCELED")
        client.limit(client.away(1.02))
        trade = talking.event("executionReport", x="TRADE")
        client.order(
            symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="IOC", quantity="1", price=client.away(0.5)
        )
        expired = talking.event("executionReport", x="EXPIRED")
        client.order(
            symbol="BTCUSDT", side="SELL", type="STOP_LOSS_LIMIT", timeInForce="GTC", quantity="0.01",
            price=client.away(0.8), stopPrice=client.away(0.81),
        )  # fmt: skip
        stop = talking.event("executionReport", o="STOP_LOSS_LIMIT")
        client.signed(
            "POST", "orderList/oco", symbol="BTCUSDT", side="SELL", quantity="0.001", aboveType="LIMIT_MAKER",
            abovePrice=client.away(1.2), belowType="STOP_LOSS", belowStopPrice=client.away(0.8),
        )  # fmt: skip
        listed = talking.event("listStatus")
        running.do(lambda: running.world.binance.bring(account, "BTC", ATOMS))
        brought = talking.event("balanceUpdate")
        position = talking.event("outboundAccountPosition")
        wrapped = {one["subscriptionId"] for one in talking.heard if "event" in one}
    assert wrapped == {0}
    return {
        "execution_report_new": new, "execution_report_canceled": cancelled, "execution_report_trade": trade,
        "execution_report_expired": expired, "execution_report_stop_loss": stop, "list_status_wrapped": listed,
        "balance_update": brought, "account_position": position, "execution_report_wrapped": new,
        "account_position_wrapped": position, "balance_update_wrapped": brought,
    }  # fmt: skip


NEWS = [
    "execution_report_new",
    "execution_report_canceled",
    "execution_report_trade",
    "execution_report_expired",
    "list_status_wrapped",
    "execution_report_stop_loss",
    "balance_update",
    "account_position",
    "execution_report_wrapped",
    "account_position_wrapped",
    "balance_update_wrapped",
]
#: The short recordings leave these out, which the document and the wrapped recording have.
LEFT_OUT = {"F", "g", "I", "M", "Y", "Q", "V", "W"}


@pytest.mark.parametrize("name", NEWS)
def test_event_has_the_shape_of_the_recorded_one(events, name):
    recorded = json.loads((shared("wire/nautilus/binance/spot/user_data_json") / f"{name}.json").read_text())
    recorded, ours = recorded.get("event", recorded), events[name]
    is_short = name.startswith("execution") and "wrapped" not in name
    odd = (set(ours) ^ set(recorded)) - CONDITIONAL_LETTERS - (LEFT_OUT if is_short else set())
    assert odd == set()
    kept = set(ours) & set(recorded)
    # A client's own marks may look like figures, and are none.
    kinds = {letter: (shape(ours[letter]), shape(recorded[letter])) for letter in kept - {"c", "C"}}
    assert {letter: kind for letter, kind in kinds.items() if differences(*kind)} == {}


def test_no_recorded_event_is_left_out():
    found = {one.name for one in shared("wire/nautilus/binance/spot/user_data_json").iterdir()}
    assert found == {f"{name}.json" for name in NEWS}


#: Of the document (rest-api.md and web-socket-streams.md at a5e0bc3), by name: text, figure, int, bool.
FULL_TICKER = (
    "symbol:text priceChange:figure priceChangePercent:figure weightedAvgPrice:figure openPrice:figure "
    "highPrice:figure lowPrice:figure lastPrice:figure volume:figure quoteVolume:figure openTime:int closeTime:int "
    "firstId:int lastId:int count:int"
)
DOCUMENTED = {
    "aggTrades?symbol=BTCUSDT&limit=1": "a:int p:figure q:figure f:int l:int T:int m:bool M:bool",
    "historicalTrades?symbol=BTCUSDT&limit=1": (
        "id:int price:figure qty:figure quoteQty:figure time:int isBuyerMaker:bool isBestMatch:bool"
    ),
    "ticker?symbol=BTCUSDT": FULL_TICKER,
    "ticker/tradingDay?symbol=BTCUSDT": FULL_TICKER,
    "ticker/24hr?symbol=BTCUSDT&type=MINI": (
        "symbol:text openPrice:figure highPrice:figure lowPrice:figure lastPrice:figure volume:figure "
        "quoteVolume:figure openTime:int closeTime:int firstId:int lastId:int count:int"
    ),
}


@pytest.mark.parametrize("asked", DOCUMENTED)
def test_reply_has_the_shape_of_the_document(client, asked):
    told = client.ask("GET", f"/api/v3/{asked}").told
    told = told[0] if isinstance(told, list) else told
    assert shape(told) == dict(one.split(":") for one in DOCUMENTED[asked].split())


STREAMS = {
    "aggTrade": "e:text E:int s:text a:int p:figure q:figure f:int l:int T:int m:bool M:bool",
    "trade": "e:text E:int s:text t:int p:figure q:figure T:int m:bool M:bool",
    "miniTicker": "e:text E:int s:text c:figure o:figure h:figure l:figure v:figure q:figure",
    "ticker": (
        "e:text E:int s:text p:figure P:figure w:figure x:figure c:figure Q:figure b:figure B:figure a:figure "
        "A:figure o:figure h:figure l:figure v:figure q:figure O:int C:int F:int L:int n:int"
    ),
    "ticker_1h": (
        "e:text E:int s:text p:figure P:figure o:figure h:figure l:figure c:figure w:figure v:figure q:figure O:int "
        "C:int F:int L:int n:int"
    ),
    "bookTicker": "u:int s:text b:figure B:figure a:figure A:figure",
    "avgPrice": "e:text E:int s:text i:text w:figure T:int",
    "kline_1m": "e:text E:int s:text k:k",
}
KLINE = (
    "t:int T:int s:text i:text f:int L:int o:figure c:figure h:figure l:figure v:figure n:int x:bool q:figure "
    "V:figure Q:figure B:figure"
)


@pytest.mark.parametrize("stream", STREAMS)
def test_stream_has_the_shape_of_the_document(client, stream):
    with client.socket(f"/ws/btcusdt@{stream}") as talking:
        told = shape(talking.hear())
    wanted = dict(one.split(":") for one in STREAMS[stream].split())
    if "k" in wanted:
        wanted["k"] = dict(one.split(":") for one in KLINE.split())
    assert told == wanted


def test_depth_streams_have_the_shape_of_the_document(client):
    rows = [["figure"]]
    with client.socket("/stream?streams=btcusdt@depth@100ms/btcusdt@depth5") as talking:
        changes = talking.until(lambda one: one["stream"] == "btcusdt@depth@100ms" and one["data"]["b"])["data"]
        top = talking.until(lambda one: one["stream"] == "btcusdt@depth5")["data"]
    assert shape(top) == {"lastUpdateId": "int", "bids": rows, "asks": rows}
    assert len(top["bids"]) == 5
    assert shape({**changes, "a": changes["b"]}) == {
        "e": "text", "E": "int", "s": "text", "U": "int", "u": "int", "b": rows, "a": rows,
    }  # fmt: skip
