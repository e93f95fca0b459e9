"""A venue on loopback that answers requests and talks over sockets, on one port. It knows no venue.

Each connection that upgrades gets the next of `lives`, the last again and again: a function that says and hears what it
likes on its `Talk`. What clients said is kept, life by life.
"""

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from tests.venue_contract.replay import Replay, Reply, Request, _Handler, _Server

PAYLOADS = Path(__file__).parent / "payloads/sockets"


class Over(Exception):
    """The client is gone, or the test is over."""


class Talk:
    """One connection, from the venue's side."""

    def __init__(self, replay: "SocketReplay", connection: socket.socket, raw: bytes, path: str) -> None:
        self.replay, self._connection, self.path = replay, connection, path
        self.said: list[Any] = []
        self._taken = 0
        self.pongs = 0
        self.closed_by_client = False
        self._protocol = ServerProtocol()
        self._protocol.receive_data(raw)
        [request] = self._protocol.events_received()
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()

    def hear(self) -> Any:
        """The client's next message."""
        while len(self.said) == self._taken:
            self.read()
        self._taken += 1
        return self.said[self._taken - 1]

    def say(self, *messages: Any) -> None:
        for one in messages:
            if isinstance(one, bytes):
                self._protocol.send_binary(one)
                continue
            text = one if isinstance(one, str) else exact_text(one)
            self._protocol.send_text(text.encode())
        self._flush()

    def ping(self) -> None:
        self._protocol.send_ping(b"venue")
        self._flush()

    def close(self, code: int = 1000) -> None:
        self._protocol.send_close(code)
        self._flush()
        with suppress(Over):
            self.hold(2)

    def tear(self) -> None:
        """No goodbye."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def hold(self, seconds: float = 30) -> None:
        """Says nothing more, and hears whatever comes, until the client goes or the test is over."""
        end = threading.Event()
        timer = threading.Timer(seconds, end.set)
        timer.daemon = True
        timer.start()
        try:
            while not end.is_set():
                self.read()
        finally:
            timer.cancel()

    def read(self) -> None:
        if self.replay.is_over.is_set():
            raise Over
        self._connection.settimeout(0.05)
        try:
            data = self._connection.recv(65536)
        except TimeoutError:
            return
        except OSError as error:
            raise Over from error
        if not data:
            raise Over
        self._protocol.receive_data(data)
        events = self._protocol.events_received()
        self._flush()
        for event in events:
            if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
                self.closed_by_client = True
            if isinstance(event, Frame) and event.opcode is Opcode.PONG:
                self.pongs += 1
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.said.append(json.loads(event.data))

    def _flush(self) -> None:
        # A client that reads slowly is waited for.
        self._connection.settimeout(20)
        try:
            for data in self._protocol.data_to_send():
                if data:
                    self._connection.sendall(data)
        except OSError as error:
            raise Over from error


Life = Callable[[Talk], None]


class SocketReplay(Replay):
    """The lives still to give, and what was said in each."""

    def __init__(self) -> None:
        super().__init__()
        self.lives: list[Life] = []
        self.talks: list[Talk] = []
        self.refusals: list[tuple[int, Mapping[str, str]]] = []
        self.route: Callable[[Request], Reply] | None = None
        self.errors: list[BaseException] = []

    def take(self, request: Request) -> Reply:
        if self.route is None:
            return super().take(request)
        with self._lock:
            self.requests.append(request)
        return self.route(request)

    def next_life(self) -> Life:
        with self._lock:
            return self.lives.pop(0) if len(self.lives) > 1 else self.lives[0]

    def next_refusal(self) -> tuple[int, Mapping[str, str]] | None:
        with self._lock:
            return self.refusals.pop(0) if self.refusals else None


class _SocketHandler(_Handler):
    server: Any

    def _serve(self) -> None:
        if self.headers.get("Upgrade", "").lower() != "websocket":
            super()._serve()
            return
        self.close_connection = True
        replay: SocketReplay = self.server.replay
        refusal = replay.next_refusal()
        if refusal is not None:
            status, headers = refusal
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        lines = [f"{self.command} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        raw = ("\r\n".join(lines) + "\r\n\r\n").encode()
        with suppress(Over, WebSocketException):
            talk = Talk(replay, self.connection, raw, self.path)
            replay.talks.append(talk)
            try:
                replay.next_life()(talk)
            except AssertionError as error:
                replay.errors.append(error)


@contextmanager
def talking() -> Iterator[SocketReplay]:
    """A venue that listens on a port of its own."""
    server = _Server(("127.0.0.1", 0), _SocketHandler)
    replay = SocketReplay()
    server.replay = replay
    replay.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield replay
    finally:
        replay.is_over.set()
        server.shutdown()
        server.server_close()
    if replay.errors:
        raise replay.errors[0]


def messages(venue: str) -> dict[str, Any]:
    """Every message of the venue's socket payloads, by name. Figures keep the digits that they are written with."""
    found: dict[str, Any] = {}
    for path in sorted((PAYLOADS / venue).glob("*.json")):
        data = json.loads(path.read_text(), parse_float=_marked)
        assert set(data["source"]) == {"document", "version", "date"}, path.name
        assert all(data["source"].values()), path.name
        assert not found.keys() & data["messages"].keys(), path.name
        found |= data["messages"]
    return found


def exact_text(message: Any) -> str:
    """JSON with the numbers as they stood in the file."""
    return re.sub(r'"@@([^@"]*)@@"', r"\1", json.dumps(message))


def _marked(text: str) -> str:
    return f"@@{text}@@"
