"""What nobody should send is answered as the venue would, and nothing answers 500."""

import concurrent.futures
import socket
from contextlib import suppress

import pytest

from tests.exchanges.sandbox.binance.asking import quoted

LONG = "9" * 10_000
ODD = [
    "",
    "<script>alert(1)</script>",
    "'; DROP TABLE orders; --",
    "\u202e\U0001f680",
    "\x00",
    "null",
    "[]",
    '["',
    LONG,
    "0x10",
    "1e9",
]
PATHS = [
    "depth", "trades", "historicalTrades", "aggTrades", "klines", "avgPrice", "ticker", "ticker/24hr", "ticker/price",
    "ticker/bookTicker", "ticker/tradingDay", "exchangeInfo",
]  # fmt: skip
NAMES = [
    "symbol", "symbols", "limit", "interval", "startTime", "endTime", "fromId", "timeZone", "windowSize", "type",
    "symbolStatus", "permissions",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_odd_words_are_refused_and_not_stumbled_over(client, path):
    for name in NAMES:
        for word in ODD:
            told = {"symbol": "BTCUSDT"} if name not in ("symbol", "symbols") else {}
            told |= {"interval": "1m"} if path == "klines" and name != "interval" else {}
            query = "&".join(f"{one}={quoted(said)}" for one, said in {**told, name: word}.items())
            answer = client.ask("GET", f"/api/v3/{path}", query)
            assert answer.status in (200, 400), (path, name, word[:20], answer.status)
            if answer.status == 400:
                assert set(answer.told) == {"code", "msg"}
                assert len(answer.told["msg"]) < 400, "what was sent is not sent back"


@pytest.mark.parametrize("name", ["symbol", "side", "type", "quantity", "price", "newClientOrderId", "recvWindow"])
@pytest.mark.parametrize("word", ODD)
def test_odd_orders_are_refused(client, name, word):
    told = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01",
            "price": "8000", name: word}  # fmt: skip
    answer = client.order(**told)
    if name == "newClientOrderId" and word in {"null", "0x10", "1e9"}:
        assert answer.told["clientOrderId"] == word, "a mark is whatever its sender likes"
        return
    assert answer.status in (400, 401)
    assert client.signed("GET", "openOrders").told == []


def test_two_of_one_name_are_refused(client):
    answer = client.ask("GET", "/api/v3/depth", "symbol=BTCUSDT&symbol=ETHUSDT")
    assert answer.error == (400, -1101, "Duplicate values for a parameter detected.")


def test_what_address_and_body_both_say_the_address_decides(client):
    body = f"symbol=ETHUSDT&timestamp={client.now()}"
    query = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"
    signed = f"{body}&signature={client.sign(query + body)}"
    assert client.ask("POST", "/api/v3/order", query, body=signed).told["symbol"] == "BTCUSDT"


def test_what_needs_nothing_takes_nothing(client):
    assert client.ask("GET", "/api/v3/ping", "a=1").error == (
        400, -1101, "Too many parameters; expected '0' and received '1'.",
    )  # fmt: skip
    many = "&".join(f"a{n}=1" for n in range(200))
    assert client.ask("GET", "/api/v3/depth", many).error[1] == -1101


def test_paths_that_are_not_there_are_pages(client):
    for method, path, status in (
        ("GET", "/api/v3/nothing", 404), ("GET", "/api/v1/ping", 404), ("PATCH", "/api/v3/order", 405),
        ("GET", "/fapi/v1/klines", 404), ("POST", "/api/v3/ping", 405), ("GET", "/api/v3/../../etc/passwd", 404),
    ):  # fmt: skip
        answer = client.ask(method, path)
        assert (answer.status, answer.told[:6]) == (status, "<html>"), path


def test_body_beyond_measure_is_refused_or_hung_up_on(client):
    with suppress(BrokenPipeError, ConnectionResetError):
        assert client.ask("POST", "/api/v3/order", body="a=" + "b" * 2_000_000).status == 413
    assert client.get("ping").told == {}


def test_odd_headers_and_bytes_do_no_harm(client):
    assert client.ask("GET", "/api/v3/account", headers={"X-MBX-APIKEY": "é" * 64}).error[1] == -2014
    assert client.ask("POST", "/api/v3/order", body="%ff%fe=%00&=&&==").status in (400, 401)
    assert client.ask("POST", "/api/v3/order", body='{"symbol":"BTCUSDT"}',
                      headers={"Content-Type": "application/json"}).status in (400, 401)  # fmt: skip


def test_socket_survives_odd_messages(client):
    with client.socket("/ws-api/v3") as talking:
        for said in ("", "\x00", "{" * 5000, "[" * 5000, '{"id":' + "9" * 5000 + "}", '"' + "a" * 10_000 + '"',
                     '{"id":1,"method":"' + "x" * 10_000 + '"}'):  # fmt: skip
            assert talking.ask(said)["status"] == 400
        talking.say(b"\xff\xfe")
        assert talking.hear()["status"] == 400
        assert talking.call("ping")["status"] == 200


def test_handshake_of_odd_bytes_is_answered(running, client):
    port = int(running.address.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
        raw.sendall(
            b"GET /stream?streams=%ff\xc3/btcusdt@trade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\n"
            b"X-Odd: \xff\xfe\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert raw.recv(20).startswith((b"HTTP/1.1 101", b"HTTP/1.1 400"))
    assert client.get("ping").status == 200


def test_order_over_the_balance_leaves_the_balance(client):
    before = client.signed("GET", "account").told["balances"]
    price = client.away(0.99)

    def buy(_):
        return client.limit(price, quantity="0.5").status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(buy, range(16)))
    placed = statuses.count(200)
    assert placed == int(10_000 // (float(price) * 0.5))
    client.signed("DELETE", "openOrders", symbol="BTCUSDT")
    assert client.signed("GET", "account").told["balances"] == before
