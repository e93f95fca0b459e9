"""Kite's log-in and what is asked after it: a real HTTP server on loopback with the semantics of the documents
(kite.trade/docs/connect/v3/user, read 2026-11-21): a request token serves once, the exchange proves the secret by its
checksum, and a new log-in ends the token before.

A test says who sits there (`user`), and ends a token (`end`).

    python -m tests.exchanges.fake_kite 8021 http://localhost:8020    for looking at the pages by hand
"""

import hashlib
import html
import json
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

API_KEY, API_SECRET = "k1teappkey001234", "k1tesecret0123456789abcdefghijkl"
BACK = "/account/venue-log-in/back/"
PAYLOADS = Path(__file__).parents[1] / "venue_contract/payloads/zerodha"
_READS = {
    "/user/margins": "balances.answered",
    "/portfolio/holdings": "holdings.answered",
    "/portfolio/positions": "positions.answered",
    "/orders": "open_orders.answered",
}


def payload(name: str) -> dict[str, Any]:
    return dict(json.loads((PAYLOADS / f"{name}.json").read_text())["body"])


class FakeKite:
    """`back`: the redirect address of the app, as a person registered it."""

    def __init__(self, *, back: str = f"http://testserver{BACK}", port: int = 0) -> None:
        self.back, self.user = back, "AB1234"
        #: How long the exchange takes, so that two of them can meet.
        self.seconds = 0.0
        self.asked: list[str] = []
        self.exchanges: list[str] = []
        self.tokens: dict[str, str] = {}
        self._requests: dict[str, str] = {}
        self._lock = threading.Lock()
        kite = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kite._get(self)

            def do_POST(self) -> None:
                kite._post(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> "FakeKite":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    # ---- what a person does there ----

    def person_logs_in(self, there: str, *, breaks_off: bool = False) -> str:
        """Where the browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(there).query))
        assert asked["api_key"] == API_KEY
        return self._back(asked, breaks_off=breaks_off)

    @property
    def living(self) -> str | None:
        """The one token of this user that still opens anything."""
        return next((token for token, user in self.tokens.items() if user == self.user), None)

    def end(self) -> None:
        self.tokens.clear()

    def _back(self, asked: dict[str, str], *, breaks_off: bool) -> str:
        own = dict(parse_qsl(asked.get("redirect_params", "")))
        if breaks_off:
            return f"{self.back}?{urlencode({'status': 'cancelled', 'action': 'login', **own})}"
        token = secrets.token_hex(16)
        self._requests[token] = self.user
        told = {"request_token": token, "action": "login", "type": "login", "status": "success"}
        return f"{self.back}?{urlencode({**told, **own})}"

    # ---- what is asked ----

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.asked.append(parts.path)
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/connect/login":
            self._page(handler, asked)
        elif parts.path in {"/connect/yes", "/connect/no"}:
            handler.send_response(302)
            handler.send_header("Location", self._back(asked, breaks_off=parts.path.endswith("no")))
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        elif parts.path in _READS:
            self._read(handler, _READS[parts.path])
        else:
            _say(handler, 404, {"status": "error", "message": "Route not found", "error_type": "GeneralException"})

    def _page(self, handler: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        query = html.escape(urlencode(asked))
        body = (
            "<!doctype html><html lang=en><title>Kite</title><h1>Kite</h1>"
            f'<a href="/connect/yes?{query}">Log in as {self.user}</a> <a href="/connect/no?{query}">Cancel</a>'
        ).encode()
        handler.send_response(200 if asked.get("api_key") == API_KEY else 400)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _post(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.asked.append(handler.path)
        told = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
        if handler.path != "/session/token":
            _say(handler, 404, {"status": "error", "message": "Route not found", "error_type": "GeneralException"})
            return
        given = told.get("request_token", "")
        proof = hashlib.sha256(f"{API_KEY}{given}{API_SECRET}".encode()).hexdigest()
        with self._lock:
            user = self._requests.pop(given, None)
            self.exchanges.append(given)
        time.sleep(self.seconds)
        if user is None or told.get("api_key") != API_KEY or told.get("checksum") != proof:
            _say(handler, 403, payload("log_in.token"))
            return
        answer, token = payload("log_in.answered"), secrets.token_hex(16)
        with self._lock:
            self.tokens = {old: whose for old, whose in self.tokens.items() if whose != user} | {token: user}
        answer["data"] |= {"access_token": token, "user_id": user}
        _say(handler, 200, answer)

    def _read(self, handler: BaseHTTPRequestHandler, name: str) -> None:
        kind, _, pair = handler.headers.get("Authorization", "").partition(" ")
        key, _, token = pair.partition(":")
        if kind != "token" or key != API_KEY or token not in self.tokens:
            _say(handler, 403, payload("log_in.token"))
            return
        _say(handler, 200, payload(name))


def _say(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


if __name__ == "__main__":
    kite = FakeKite(port=int(sys.argv[1]), back=f"{sys.argv[2]}{BACK}")
    sys.stdout.write(f"{kite.address}\n")
    sys.stdout.flush()
    kite.serve()
