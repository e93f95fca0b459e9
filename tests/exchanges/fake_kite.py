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
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.loopback_site import LoopbackSite, say, say_json, send_back

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


class FakeKite(LoopbackSite):
    """`back`: the redirect address of the app, as a person registered it."""

    def __init__(self, *, back: str = f"http://testserver{BACK}", port: int = 0) -> None:
        super().__init__(port=port)
        self.back, self.user = back, "AB1234"
        #: How long the exchange takes, so that two of them can meet.
        self.seconds = 0.0
        self.exchanges: list[str] = []
        self.tokens: dict[str, str] = {}
        self._requests: dict[str, str] = {}
        self._lock = threading.Lock()

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

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        self.asked.append(parts.path)
        if handler.command == "POST":
            self._post(handler, body)
            return
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/connect/login":
            self._page(handler, asked)
        elif parts.path in {"/connect/yes", "/connect/no"}:
            send_back(handler, self._back(asked, breaks_off=parts.path.endswith("no")))
        elif parts.path in _READS:
            self._read(handler, _READS[parts.path])
        else:
            say_json(handler, 404, {"status": "error", "message": "Route not found", "error_type": "GeneralException"})

    def _page(self, handler: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        query = html.escape(urlencode(asked))
        body = (
            "<!doctype html><html lang=en><title>Kite</title><h1>Kite</h1>"
            f'<a href="/connect/yes?{query}">Log in as {self.user}</a> <a href="/connect/no?{query}">Cancel</a>'
        ).encode()
        say(handler, 200 if asked.get("api_key") == API_KEY else 400, body, kind="text/html")

    def _post(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        told = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
        if handler.path != "/session/token":
            say_json(handler, 404, {"status": "error", "message": "Route not found", "error_type": "GeneralException"})
            return
        given = told.get("request_token", "")
        proof = hashlib.sha256(f"{API_KEY}{given}{API_SECRET}".encode()).hexdigest()
        with self._lock:
            user = self._requests.pop(given, None)
            self.exchanges.append(given)
        time.sleep(self.seconds)
        if user is None or told.get("api_key") != API_KEY or told.get("checksum") != proof:
            say_json(handler, 403, payload("log_in.token"))
            return
        answer, token = payload("log_in.answered"), secrets.token_hex(16)
        with self._lock:
            self.tokens = {old: whose for old, whose in self.tokens.items() if whose != user} | {token: user}
        answer["data"] |= {"access_token": token, "user_id": user}
        say_json(handler, 200, answer)

    def _read(self, handler: BaseHTTPRequestHandler, name: str) -> None:
        kind, _, pair = handler.headers.get("Authorization", "").partition(" ")
        key, _, token = pair.partition(":")
        if kind != "token" or key != API_KEY or token not in self.tokens:
            say_json(handler, 403, payload("log_in.token"))
            return
        say_json(handler, 200, payload(name))


if __name__ == "__main__":
    kite = FakeKite(port=int(sys.argv[1]), back=f"{sys.argv[2]}{BACK}")
    sys.stdout.write(f"{kite.address}\n")
    sys.stdout.flush()
    kite.serve()
