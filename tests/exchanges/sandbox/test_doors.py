"""What comes in at the sandbox's door, and how much of it."""

import asyncio
import resource
import socket
import time
import urllib.request
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from exchanges.management.commands.sandbox import listening
from exchanges.sandbox import patience
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.serving import serving
from tests.exchanges.sandbox.test_store import command

ASKED = b"GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\n"


def answer(raw: socket.socket) -> bytes:
    told = b""
    while not told.endswith(b"{}"):
        told += raw.recv(1000)
    return told


def test_small_answers_are_sent_at_once_and_not_gathered():
    async def accepted() -> int:
        told = asyncio.get_running_loop().create_future()

        async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            told.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            await writer.wait_closed()

        with listening("127.0.0.1", 0) as taken:
            address = taken.getsockname()
            async with await asyncio.start_server(take, sock=taken):
                reader, writer = await asyncio.open_connection(*address)
                option = await told
                await reader.read()
                writer.close()
                await writer.wait_closed()
        return option

    assert asyncio.run(accepted()) != 0


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setattr(patience, "SECONDS", 1.0)
    with serving(World(seed="doors")) as running:
        yield int(running.address.rsplit(":", 1)[1])


@pytest.mark.parametrize(
    "said", [b"", b"GET /api", ASKED, b"POST /api/v3/order HTTP/1.1\r\nContent-Length: 9\r\n\r\nsymbol"]
)
def test_connection_that_never_ends_its_request_is_closed(port, said):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
        raw.sendall(said)
        assert raw.recv(100) == b""


def test_second_request_that_stays_a_half_is_closed_too(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
        raw.sendall(ASKED + b"\r\n")
        assert answer(raw).startswith(b"HTTP/1.1 200")
        raw.sendall(ASKED)
        assert raw.recv(1000) == b""


def test_connection_that_says_all_it_began_is_kept(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
        for _ in range(4):
            raw.sendall(ASKED)
            time.sleep(0.25)
            raw.sendall(b"\r\n")
            assert answer(raw).startswith(b"HTTP/1.1 200")


def test_socket_outlives_the_patience_for_a_request(port):
    with connect(f"ws://127.0.0.1:{port}/sandbox/beat") as listener:
        begun = time.monotonic()
        while time.monotonic() - begun < 2:
            assert listener.recv(timeout=5)


def test_ten_thousand_connections_stop_nobody():
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 10_500:
        pytest.skip(f"this machine gives a process {most} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        with command() as (_, address, _), ExitStack() as crowd:
            port = int(address.rsplit(":", 1)[1])
            for number in range(10_000):
                idle = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                if number % 2:
                    idle.sendall(ASKED)
            with urllib.request.urlopen(f"{address}/api/v3/ping", timeout=10) as answer:
                assert answer.read() == b"{}"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
