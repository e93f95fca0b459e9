"""A site of somebody else's that a test plays: a real HTTP server on loopback, asked by browsers and by our code."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class LoopbackSite:
    """Which site it is, `answer` of its class says."""

    def __init__(self, *, port: int = 0) -> None:
        #: Paths, in the order in which they were asked for.
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        raise NotImplementedError


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes, *, kind: str = "application/json") -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def say_json(handler: BaseHTTPRequestHandler, status: int, body: Any) -> None:
    say(handler, status, json.dumps(body).encode())


def send_back(handler: BaseHTTPRequestHandler, address: str) -> None:
    """The browser goes on there."""
    handler.send_response(302)
    handler.send_header("Location", address)
    handler.send_header("Content-Length", "0")
    handler.end_headers()
