"""What the live tests need: a real server in a thread, and clients that speak to it over loopback."""

import base64
import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import Person
from tests.waiting import wait_for

LABEL = re.compile(r"<!--live (\S+) (\d+) (\S+)-->(.*)", re.DOTALL)


@contextmanager
def serving(application: Any, **options: Any) -> Iterator[int]:
    """A uvicorn in a thread of its own, with the options that production uses; yields its port."""
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        ws_per_message_deflate=False,
        ws_max_size=4096,
        **options,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def cookie_of(person: Person) -> str:
    """The cookie of a fresh log-in."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@dataclass
class Listener:
    """A socket of one person's, and what it heard."""

    connection: ClientConnection
    heard: list[str] = field(default_factory=list)

    def next(self, seconds: float = 5.0) -> str:
        frame = self.connection.recv(timeout=seconds)
        self.heard.append(frame)
        return frame

    def next_json(self, seconds: float = 5.0) -> dict[str, Any]:
        return json.loads(self.next(seconds))

    def next_row(self, seconds: float = 5.0) -> tuple[str, int, str, str]:
        """Feed, number, element and HTML of the next drawn row; says no other frame came before it."""
        match = LABEL.fullmatch(self.next(seconds))
        assert match, self.heard[-1]
        return match[1], int(match[2]), match[3], match[4]

    def hears_nothing(self, seconds: float = 0.6) -> bool:
        try:
            self.next(seconds)
        except TimeoutError:
            return True
        return False

    def closed_with(self, seconds: float = 5.0) -> int:
        """The code it is closed with, whatever comes before."""
        deadline = time.monotonic() + seconds
        with suppress(ConnectionClosed):
            while True:
                self.next(max(0.01, deadline - time.monotonic()))
        return self.connection.close_code

    @property
    def is_open(self) -> bool:
        return self.connection.state.name == "OPEN"


@dataclass
class Listening:
    """Opens sockets at one server and closes them all when the test ends."""

    port: int
    opened: ExitStack = field(default_factory=ExitStack)

    def url(self, workspace: Any, query: str = "") -> str:
        return f"ws://127.0.0.1:{self.port}/ws/w/{getattr(workspace, 'slug', workspace)}/live/{query}"

    def open(
        self,
        workspace: Any,
        person: Person | None = None,
        *,
        cookie: str = "",
        origin: str | None = "own",
        token: str = "",
        query: str = "",
        greeted: bool = True,
    ) -> Listener:
        """A socket past its hello (the first of a person makes a fresh session)."""
        headers = {}
        if person is not None:
            cookie = cookie_of(person)
        if cookie:
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={cookie}"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if origin is not None:
            headers["Origin"] = f"http://127.0.0.1:{self.port}" if origin == "own" else origin
        connection = connect(self.url(workspace, query), additional_headers=headers, compression=None)
        listener = Listener(self.opened.enter_context(connection))
        if greeted:
            assert listener.next_json()["type"] == "hello"
        return listener

    def close(self) -> None:
        self.opened.close()


def deaf_socket(port: int, path: str, cookie: str) -> socket.socket:
    """A socket that shook hands and then never reads; the kernel keeps as little for it as it may."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    deaf.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Cookie: {settings.SESSION_COOKIE_NAME}={cookie}\r\n\r\n".encode()
    )
    assert deaf.recv(12) == b"HTTP/1.1 101"
    return deaf
