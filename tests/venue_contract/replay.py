"""A server on loopback that answers as it was told to, and keeps what it was asked. It knows no venue."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer. `manner` says how it goes wrong on the way."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    #: whole, cut (fewer bytes than were announced), reset (torn down without an answer) or silent (none in time)
    manner: str = "whole"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    raw_query: str

    @property
    def form(self) -> dict[str, str]:
        """The fields of the body. Those of JSON have the names of their places in it, with dots between."""
        if self.headers.get("content-type", "").startswith("application/json"):
            return dict(_fields("", json.loads(self.body))) if self.body else {}
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def sent(self) -> dict[str, str]:
        """The parameters, wherever they stood."""
        return {**self.query, **self.form}


def _fields(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _fields(f"{name}.{key}" if name else str(key), inner)
    else:
        # A number would not do: figures go out as text.
        yield name, value if isinstance(value, str) else json.dumps(value)


class Replay:
    """The replies still to give, in order; the last is given again and again. And the requests that came."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[Request] = []
        self.address = ""
        self._lock = threading.Lock()
        self.is_over = threading.Event()

    def answer(self, *replies: Reply) -> None:
        with self._lock:
            self.replies, self.requests = list(replies), []

    def take(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    replay: Replay


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            raw_query=parts.query,
        )
        reply = self.server.replay.take(request)
        self.close_connection = True
        if reply.manner == "silent":
            self.server.replay.is_over.wait(30)
            return
        if reply.manner == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body if reply.manner == "whole" else reply.body[: len(reply.body) // 2])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()


@contextmanager
def serving() -> Iterator[Replay]:
    """A replay that listens on a port of its own."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.replay = Replay()
    server.replay.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.replay
    finally:
        server.replay.is_over.set()
        server.shutdown()
        server.server_close()


def closed_port() -> str:
    """The address of a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


__all__ = ["Replay", "Reply", "Request", "closed_port", "serving"]
