"""The ticker's sockets, over a network: frames, commands, order updates, postbacks, and what may go wrong with them."""

import hashlib
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.kite.asking import BUY, HOME
from tests.exchanges.sandbox.serving import serving
from tests.waiting import wait_for

INFY, SBIN, INDEX = 408065, 779521, 256265


@pytest.fixture(scope="module")
def running():
    with serving(World(seed="sockets", clock=Clock(scale=0.01))) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(running):
    running.do(running.world.faults.take_back)
    yield
    running.do(running.world.faults.take_back)


class Person:
    """Somebody who is logged in."""

    def __init__(self, running, **words):
        self.running, self.http = running, requests.Session()
        told = {"venue": "kite", "words": {"redirect": HOME} | words}
        self.account = self.http.post(f"{running.address}/control/accounts", json=told, timeout=10).json()
        self.log_in()

    def log_in(self):
        key, secret = self.account["api_key"], self.account["api_secret"]
        fields = {"api_key": key, "user_id": self.account["user_id"], "action": "login"}
        sent = self.http.post(f"{self.running.address}/connect/login", data=fields, allow_redirects=False, timeout=10)
        token = sent.headers["location"].partition("request_token=")[2]
        checksum = hashlib.sha256(f"{key}{token}{secret}".encode()).hexdigest()
        fields = {"api_key": key, "request_token": token, "checksum": checksum}
        told = self.http.post(f"{self.running.address}/session/token", data=fields, timeout=10).json()
        self.token = told["data"]["access_token"]
        self.http.headers["Authorization"] = f"token {key}:{self.token}"

    def place(self, **more):
        fields = BUY | {"quantity": "1", "order_type": "MARKET", "market_protection": "2"} | more
        reply = self.http.post(f"{self.running.address}/orders/regular", data=fields, timeout=10).json()
        assert reply["status"] == "success", reply
        return reply["data"]["order_id"]

    def resting(self, **more):
        """An order that nothing meets."""
        house = self.running.world.kite
        last = self.running.do(lambda: house.look(house.markets["NSE:INFY"]).last)
        return self.place(order_type="LIMIT", price=f"{round(last * 0.9) * 0.05:.2f}", **more)

    def cancel(self, number):
        reply = self.http.delete(f"{self.running.address}/orders/regular/{number}", timeout=10).json()
        assert reply["status"] == "success", reply

    def socket(self):
        address = f"{self.running.socket_address}/?api_key={self.account['api_key']}&access_token={self.token}"
        return connect(address, open_timeout=10, close_timeout=1)

    def fault(self, name, **more):
        told = {"name": name, "venue": "kite", "account": self.account["id"], **more}
        reply = self.http.post(f"{self.running.address}/control/faults", json=told, timeout=10)
        assert reply.status_code == 200, reply.text

    def fired(self):
        told = self.http.get(f"{self.running.address}/control/faults", timeout=10).json()["fired"]
        return [one["name"] for one in told if one["account"] == self.account["id"]]


@pytest.fixture
def person(running):
    person = Person(running)
    yield person
    person.http.close()


def packets(message):
    (count,) = struct.unpack(">H", message[:2])
    found, at = {}, 2
    for _ in range(count):
        (length,) = struct.unpack(">H", message[at : at + 2])
        one = message[at + 2 : at + 2 + length]
        found[struct.unpack(">I", one[:4])[0]] = one
        at += 2 + length
    assert at == len(message)
    return found


def prices(socket, seconds=10):
    """The next frame of prices."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        message = socket.recv(timeout=seconds)
        if isinstance(message, bytes) and len(message) > 1:
            return packets(message)
    raise AssertionError("no prices came")


def texts(socket, count, seconds=5.0):
    """The next texts, or as many as came."""
    found, ends = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < ends:
        try:
            message = socket.recv(timeout=max(0.01, ends - time.monotonic()))
        except TimeoutError:
            break
        if isinstance(message, str):
            found.append(json.loads(message))
    return found


def say(socket, action, value):
    socket.send(json.dumps({"a": action, "v": value}))


@pytest.mark.parametrize(("mode", "share", "index"), [("ltp", 8, 8), ("quote", 44, 28), ("full", 184, 32)])
def test_packets_are_as_long_as_their_mode_says(person, mode, share, index):
    with person.socket() as socket:
        say(socket, "subscribe", [INFY, INDEX, 1])
        first = prices(socket)
        assert {token: len(one) for token, one in first.items()} == {INFY: 44, INDEX: 28}
        say(socket, "mode", [mode, [INFY, INDEX]])
        for _ in range(20):
            told = prices(socket)
            if INFY in told and INDEX in told and (len(told[INFY]), len(told[INDEX])) == (share, index):
                return
    raise AssertionError("the mode never came")


def test_index_packet_has_high_before_open(running, person):
    with person.socket() as socket:
        say(socket, "mode", ["full", [INDEX]])
        one = prices(socket)[INDEX]
    token, last, high, low, opened, close, change, at = struct.unpack(">6IiI", one)
    assert token == INDEX
    assert high >= max(opened, last) >= min(opened, last) >= low
    assert change == last - close
    assert abs(at - time.time()) < 60  # noqa: TID251


def test_unsubscribed_listing_comes_no_more_and_is_watched_no_more(running, person):
    with person.socket() as socket:
        say(socket, "subscribe", [SBIN, INFY])
        prices(socket)
        say(socket, "unsubscribe", [SBIN])
        time.sleep(0.3)
        while SBIN in prices(socket):
            pass
        for _ in range(3):
            assert SBIN not in prices(socket)
        assert running.do(lambda: dict(running.world.kite.watched)) == {"NSE:INFY": 1}
    wait_for(
        lambda: not running.do(lambda: dict(running.world.kite.watched)), said=lambda: "A closed socket still watches."
    )


def test_heartbeat_is_one_byte_and_comes_without_a_subscription(person):
    with person.socket() as socket:
        assert [socket.recv(timeout=5) for _ in range(3)] == [b"\x00"] * 3


@pytest.mark.parametrize(
    "message",
    ["", "x", "[]", "{}",
     '{"a":1,"v":2}', '{"a":"subscribe"}', '{"a":"subscribe","v":5}', '{"a":"mode","v":["deep",[1]]}',
     '{"a":"dance","v":[]}', "[" * 50_000, "x" * 200_000, '{"a":"mode","v":[1]}'],
)  # fmt: skip
def test_command_that_nobody_understands_is_complained_of_and_the_socket_lives(person, message):
    with person.socket() as socket:
        socket.send(message)
        assert texts(socket, 1)[0]["type"] == "error"
        say(socket, "subscribe", [INFY, True, "x", None, 1.5])
        assert list(prices(socket)) == [INFY]


def test_dead_token_is_refused_at_the_door_and_fourth_socket_too(person):
    with person.socket(), person.socket(), person.socket():
        with pytest.raises(InvalidStatus) as refused, person.socket():
            pass
        assert refused.value.response.status_code == 429
    person.token = "x" * 32
    with pytest.raises(InvalidStatus) as refused, person.socket():
        pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error_type"] == "TokenException"


def test_socket_elsewhere_than_at_the_root_is_no_route(running):
    with pytest.raises(InvalidStatus) as refused, connect(f"{running.socket_address}/elsewhere", open_timeout=5):
        pass
    assert refused.value.response.status_code == 404


def test_orders_are_told_on_every_socket_of_their_account_alone(running, person):
    other = Person(running)
    with person.socket() as one, person.socket() as two, other.socket() as strange:
        number = person.resting(tag="told")
        person.cancel(number)
        for socket in (one, two):
            told = texts(socket, 2)
            assert [(row["type"], row["data"]["status"]) for row in told] == [("order", "OPEN"), ("order", "CANCELLED")]
            data = told[1]["data"]
            assert (data["order_id"], data["tag"], data["user_id"]) == (number, "told", person.account["user_id"])
            signed = f"{number}{data['order_timestamp']}{person.account['api_secret']}"
            assert data["checksum"] == hashlib.sha256(signed.encode()).hexdigest()
        assert texts(strange, 1, seconds=0.5) == []
    other.http.close()


def test_socket_ends_when_its_token_does(person):
    with person.socket() as socket:
        person.log_in()
        with pytest.raises(ConnectionClosed):
            for _ in range(100):
                socket.recv(timeout=5)


# ---- faults ----


def test_gap_swallows_so_many_messages(person):
    with person.socket() as socket:
        person.fault("gap", messages=3)
        numbers = [person.resting() for _ in range(4)]
        assert [one["data"]["order_id"] for one in texts(socket, 2, seconds=1)] == numbers[3:]
    assert person.fired() == ["gap"]


def test_reordered_messages_come_in_the_other_order(person):
    with person.socket() as socket:
        person.fault("reordered", messages=2)
        person.cancel(person.resting())
        assert [one["data"]["status"] for one in texts(socket, 2)] == ["CANCELLED", "OPEN"]
    assert person.fired() == ["reordered"]


def test_doubled_message_comes_twice(person):
    with person.socket() as socket:
        person.fault("doubled")
        person.cancel(person.resting())
        assert [one["data"]["status"] for one in texts(socket, 3)] == ["OPEN", "OPEN", "CANCELLED"]
    assert person.fired() == ["doubled"]


def test_altered_message_comes_after_the_true_one_with_another_quantity(person):
    with person.socket() as socket:
        person.fault("altered")
        number = person.place()
        told = [one["data"] for one in texts(socket, 3)]
    assert [one["status"] for one in told] == ["OPEN", "COMPLETE", "COMPLETE"]
    assert [one["filled_quantity"] for one in told] == [0, 1, 2]
    assert {one["order_id"] for one in told} == {number}
    assert person.fired() == ["altered"]


def test_sockets_are_closed_as_after_a_day(person):
    with person.socket() as socket:
        person.fault("closed")
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(20):
                socket.recv(timeout=5)
        assert closed.value.rcvd.code == 1001
    with person.socket() as socket:
        assert socket.recv(timeout=5) == b"\x00"


def test_outage_ends_sockets_and_refuses_new_ones(running, person):
    with person.socket() as socket:
        running.do(lambda: running.world.faults.order("outage", venue="kite", times=None, seconds=600))
        with pytest.raises(ConnectionClosed):
            for _ in range(20):
                socket.recv(timeout=5)
    with pytest.raises(InvalidStatus) as refused, person.socket():
        pass
    assert refused.value.response.status_code == 503
    running.do(running.world.faults.take_back)
    with person.socket() as socket:
        assert socket.recv(timeout=5) == b"\x00"


# ---- postbacks ----


class Post(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append((self.path, self.headers["content-type"], json.loads(body)))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *told):
        pass


@pytest.fixture
def posted(running):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Post)
    server.told = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    person = Person(running, postback=f"http://127.0.0.1:{server.server_port}/hook?a=1")
    yield person, server.told
    server.shutdown()
    thread.join()
    server.server_close()
    person.http.close()


def waited(told, count):
    wait_for(lambda: len(told) >= count)
    return told


def signed(person, data):
    told = f"{data['order_id']}{data['order_timestamp']}{person.account['api_secret']}"
    return data["checksum"] == hashlib.sha256(told.encode()).hexdigest()


def test_postback_tells_the_end_of_an_order_and_not_its_beginning(posted):
    person, told = posted
    number = person.resting()
    person.cancel(number)
    ((path, kind, data),) = waited(told, 1)
    assert (path, kind) == ("/hook?a=1", "application/json")
    assert (data["order_id"], data["status"], signed(person, data)) == (number, "CANCELLED", True)
    assert data["app_id"] == person.account["app_id"]


def test_forged_postback_has_the_checksum_of_another_secret(posted):
    person, told = posted
    person.fault("altered_postback")
    person.cancel(person.resting())
    person.cancel(person.resting())
    forged, true = (one[2] for one in waited(told, 2))
    assert (signed(person, forged), signed(person, true)) == (False, True)
    assert forged["filled_quantity"] > forged["quantity"]
    assert person.fired() == ["altered_postback"]


def test_doubled_postback_comes_twice(posted):
    person, told = posted
    person.fault("doubled_postback")
    person.cancel(person.resting())
    first, second = (one[2] for one in waited(told, 2))
    assert first == second
    assert person.fired() == ["doubled_postback"]


def test_nobody_at_the_postback_address_harms_nobody(running):
    person = Person(running, postback="http://127.0.0.1:9/")
    for _ in range(5):
        person.cancel(person.resting())
    wait_for(lambda: running.do(lambda: len(running.world.wires["kite"].desk.postbacks.waiting)) == 0)
    person.http.close()


def test_order_is_answered_and_told_though_the_answer_is_lost(running, person):
    with person.socket() as socket:
        person.fault("reset_after", act="place")
        with pytest.raises(requests.ConnectionError):
            person.resting(tag="lost")
        assert texts(socket, 1)[0]["data"]["tag"] == "lost"
    told = person.http.get(f"{running.address}/orders", timeout=10).json()["data"]
    assert [one["tag"] for one in told] == ["lost"]
    assert person.fired() == ["reset_after"]
