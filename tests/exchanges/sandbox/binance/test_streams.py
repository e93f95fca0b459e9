"""The market's streams and the sockets they run on."""

import asyncio
import socket
import struct

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.server import Socket
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.binance.conftest import opened, raise_limits
from tests.exchanges.sandbox.serving import serving
from tests.waiting import wait_for


def test_depth_stream_joins_a_snapshot_and_keeps_to_the_book(running, client):
    """As the document says under "How to manage a local order book correctly"."""
    with client.socket("/ws/btcusdt@depth@100ms") as talking:
        buffered = [talking.hear()]
        snapshot = client.get("depth", symbol="BTCUSDT", limit=5000).told
        assert snapshot["lastUpdateId"] >= buffered[0]["U"]
        book = {side: dict(snapshot[name]) for side, name in (("b", "bids"), ("a", "asks"))}
        number, events = snapshot["lastUpdateId"], 0
        for n in range(12):
            if n == 4:
                # An order of our own moves the book too.
                client.limit(client.away(0.9))
            told = talking.hear()
            if told["u"] <= number:
                continue
            assert told["U"] <= number + 1, "nothing was missed"
            assert events == 0 or told["U"] == number + 1
            number, events = told["u"], events + 1
            for side in ("b", "a"):
                for price, quantity in told[side]:
                    book[side].pop(price, None)
                    if float(quantity):
                        book[side][price] = quantity
            now = client.get("depth", symbol="BTCUSDT", limit=5000).told
            if now["lastUpdateId"] == number:
                assert book == {"b": dict(now["bids"]), "a": dict(now["asks"])}
        assert events > 5


def test_trades_come_once_each_and_agree_with_the_tape(client):
    with client.socket("/stream?streams=ethusdt@trade/ethusdt@aggTrade") as talking:
        bought = client.order(symbol="ETHUSDT", side="BUY", type="MARKET", quantity="1").told["fills"]
        last = talking.until(lambda one: one["stream"] == "ethusdt@trade" and one["data"]["t"] == bought[-1]["tradeId"])
        talking.until(lambda one: one["stream"] == "ethusdt@aggTrade" and one["data"]["l"] >= bought[-1]["tradeId"])
    assert (last["data"]["p"], last["data"]["m"]) == (bought[-1]["price"], False)
    numbers = [one["data"]["t"] for one in talking.heard if one["stream"] == "ethusdt@trade"]
    assert numbers == sorted(set(numbers))
    for told in (one["data"] for one in talking.heard if one["stream"] == "ethusdt@aggTrade"):
        assert told["f"] <= told["l"]


def test_kline_is_closed_once_and_the_next_begins(client):
    with client.socket("/ws/solusdt@kline_1s") as talking:
        told = [talking.hear()["k"] for _ in range(4)]
    closed = [one for one in told if one["x"]]
    assert closed
    assert all(one["T"] - one["t"] == 999 for one in told)
    starts = [one["t"] for one in told if not one["x"]]
    assert starts == sorted(set(starts))


def test_all_tickers_come_in_one_list(client):
    with client.socket("/ws/!miniTicker@arr") as talking:
        told = talking.hear()
    assert {"BTCUSDT", "ETHBTC"} <= {one["s"] for one in told}
    assert {one["e"] for one in told} == {"24hrMiniTicker"}


def test_streams_are_taken_up_and_left_on_request(running, client):
    def watched():
        return running.do(lambda: running.world.binance.watched.get("ADAUSDT", 0))

    with client.socket("/ws/adausdt@trade") as talking:
        assert talking.ask({"method": "LIST_SUBSCRIPTIONS", "id": 3}) == {"result": ["adausdt@trade"], "id": 3}
        said = {"method": "SUBSCRIBE", "params": ["adausdt@depth5", "nope@trade", "adausdt@wish"], "id": "a1"}
        assert talking.ask(said) == {"result": None, "id": "a1"}
        assert watched() == 2
        assert talking.ask({"method": "UNSUBSCRIBE", "params": ["adausdt@trade"], "id": None}) == {
            "result": None, "id": None,
        }  # fmt: skip
        assert talking.ask({"method": "SET_PROPERTY", "params": ["combined", True], "id": 5})["result"] is None
        assert talking.until(lambda one: "stream" in one)["stream"] == "adausdt@depth5"
    wait_for(lambda: watched() == 0, said=lambda: "Whoever goes leaves something behind.")


MISTAKES = [
    ("{", {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 2"}),
    ("[]", {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}),
    ('{"id":1}', {"code": 2, "msg": "Invalid request: missing field `method` at line 1 column 8"}),
    ('{"method":"SUBSCRIBE","params":["a"]}', {
        "code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}),
    ('{"method":"SUBSCRIBE","params":["a"],"id":1.5}', {
        "code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}),
    ('{"method":"SUBSCRIBE","params":[],"id":1,"more":2}', {"code": 2, "msg": "Invalid request: too many parameters"}),
    ('{"method":"SET_PROPERTY","params":["combined","x"],"id":1}', {
        "code": 1, "msg": "Invalid value type: expected Boolean"}),
    ('{"method":"SET_PROPERTY","params":["other",true],"id":1}', {"code": 0, "msg": "Unknown property", "id": 1}),
    ('{"method":"SET_PROPERTY","params":[1],"id":1}', {
        "code": 2, "msg": "Invalid request: property name must be a string"}),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), MISTAKES)
def test_mistakes_are_told_in_the_documents_words(client, said, told):
    with client.socket("/ws") as talking:
        assert talking.ask(said) == told


def test_unknown_method_is_told_with_the_known_ones(client):
    with client.socket("/ws") as talking:
        told = talking.ask({"method": "JUMP", "id": 1})
    assert told["code"] == 2
    assert "expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`" in told["msg"]


def test_who_says_too_much_is_cut_off(client):
    with client.socket("/ws/btcusdt@trade") as talking, pytest.raises(ConnectionClosed):
        for n in range(12):
            talking.say({"method": "LIST_SUBSCRIPTIONS", "id": n})
        talking.until(lambda one: False)


def test_who_wants_too_many_streams_is_cut_off(client):
    with client.socket("/ws") as talking, pytest.raises(ConnectionClosed):
        for part in range(2):
            talking.say({"method": "SUBSCRIBE", "id": part, "params": [f"s{part}x{n}@trade" for n in range(600)]})
        talking.until(lambda one: False)


def test_socket_ends_after_a_scaled_day_with_a_word_before():
    clock = SetClock(1_795_000_000_000, scale=0.001)
    with serving(World(seed="day", clock=clock)) as running:
        client = opened(running)
        with client.socket("/ws/btcusdt@depth") as talking, client.socket("/ws-api/v3") as api:
            assert api.call("ping")["status"] == 200
            running.do(lambda: clock.move(86.38))
            assert talking.until(lambda one: one["e"] == "serverShutdown")
            assert api.until(lambda one: "event" in one)["event"]["e"] == "serverShutdown"
            running.do(lambda: clock.move(0.03))
            for one in (talking, api):
                with pytest.raises(ConnectionClosed):
                    one.until(lambda told: False)


def test_half_open_socket_is_dropped_without_harm(running, client):
    """One that vanished without a word: its end is torn, and nobody else notices."""
    port = int(running.address.rsplit(":", 1)[1])
    raw = socket.create_connection(("127.0.0.1", port))
    raw.sendall(
        b"GET /ws/btcusdt@depth@100ms HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert b"101" in raw.recv(100)
    before = running.do(lambda: len(running.world.wires["binance"].streams.listeners))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()
    wait_for(lambda: running.do(lambda: len(running.world.wires["binance"].streams.listeners)) == before - 1)
    assert client.get("ping").status == 200


def test_client_that_does_not_read_is_not_kept_for_ever(running):
    """What waits for it has a bound."""
    idle = Socket({"path": "/ws", "query_string": b"", "headers": []}, None, None)
    for _ in range(6000):
        idle.push("x")
    assert idle.is_over


def test_hundreds_of_sockets_hear_the_same(running):
    running.do(lambda: raise_limits(running.world))

    async def listen(address):
        async with websockets.connect(address) as wire:
            return await asyncio.wait_for(wire.recv(), 20)

    async def all_of_them():
        address = f"{running.socket_address}/ws/btcusdt@depth5@100ms"
        return await asyncio.gather(*(listen(address) for _ in range(300)))

    told = asyncio.run(all_of_them())
    assert len(told) == 300
    assert all("lastUpdateId" in one for one in told)
