"""Serves the page's files, and a socket that says each quarter of a second what time it is."""

import json
from importlib.resources import files

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault
from exchanges.sandbox.server import Named, Reply, Request, Socket

#: By path: the file and what it is.
_FILES = {
    "/sandbox/": ("page.html", "text/html; charset=utf-8"),
    "/sandbox/page.css": ("page.css", "text/css; charset=utf-8"),
    "/sandbox/asking.js": ("asking.js", "text/javascript; charset=utf-8"),
    "/sandbox/market.js": ("market.js", "text/javascript; charset=utf-8"),
    "/sandbox/accounts.js": ("accounts.js", "text/javascript; charset=utf-8"),
    "/sandbox/faults.js": ("faults.js", "text/javascript; charset=utf-8"),
    "/sandbox/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/sandbox/icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEADERS = (
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-cache"),
)
_MOST_SOCKETS = 10_000


class PageWire:
    name = "page"
    patience: float | None = None

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        folder = files("exchanges.sandbox.page")
        self._replies = {
            path: Reply(200, folder.joinpath(name).read_bytes(), _HEADERS, kind)
            for path, (name, kind) in _FILES.items()
        }
        self._sockets: set[Socket] = set()

    def timed_out(self) -> Reply:
        raise AssertionError("the page waits for nothing")

    def speaks(self, path: str, *, is_socket: bool) -> bool:
        return path == "/sandbox" or path.startswith("/sandbox/")

    def named(self, request: Request) -> Named:
        return Named("page")

    def answer(self, request: Request) -> Reply:
        if request.path == "/sandbox":
            return Reply(308, b"", (("location", "/sandbox/"),))
        if request.method not in {"GET", "HEAD"}:
            return Reply(405, b"", (("allow", "GET"),))
        return self._replies.get(request.path) or Reply(
            404, b"Nothing is here. The page is at /sandbox/.", (), "text/plain"
        )

    def broken(self, fault: Fault) -> Reply:
        """No fault is meant for the page: it is where they are taken back."""
        raise AssertionError("the page has no faults")

    async def serve(self, socket: Socket) -> None:
        if socket.path != "/sandbox/beat" or len(self._sockets) >= _MOST_SOCKETS:
            await socket.refuse(404, b"{}")
            return
        await socket.accept()
        self._sockets.add(socket)
        try:
            await socket.run(lambda told: None)
        finally:
            self._sockets.discard(socket)

    def pulse(self) -> None:
        told = json.dumps({"now": self._clock.now(), "told": self._clock.told()})
        for socket in self._sockets:
            socket.push(told)

    def close_sockets(self) -> None:
        for socket in self._sockets:
            socket.end(1001)
