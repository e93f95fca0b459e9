"""A client of the sandbox's Binance that shares no line with it: it signs as the document's own shell script does."""

import hashlib
import hmac
import http.client
import json
import time
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from websockets.sync.client import ClientConnection, connect


class Answer(NamedTuple):
    status: int
    told: Any
    headers: dict[str, str]

    @property
    def error(self) -> tuple[int, int, str]:
        return self.status, self.told["code"], self.told["msg"]


class Asking:
    def __init__(self, running, words: dict[str, Any]) -> None:
        self.running, self.words = running, words
        self._port = int(running.address.rsplit(":", 1)[1])

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def sign(self, payload: str) -> str:
        return hmac.new(self.words["secret"].encode(), payload.encode(), hashlib.sha256).hexdigest()

    def ask(self, method: str, path: str, query: str = "", *, body: str = "", headers=None) -> Answer:
        wire = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            sent = {"X-MBX-APIKEY": self.words["api_key"], **(headers or {})}
            if body:
                sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            wire.request(method, f"{path}?{query}" if query else path, body or None, sent)
            reply = wire.getresponse()
            text = reply.read().decode()
            told = json.loads(text) if "json" in (reply.headers["content-type"] or "") else text
            return Answer(reply.status, told, {name.lower(): word for name, word in reply.headers.items()})
        finally:
            wire.close()

    def get(self, path: str, **told: Any) -> Answer:
        return self.ask("GET", f"/api/v3/{path}", urlencode(told))

    def signed(self, method: str, path: str, *, at: int | None = None, **told: Any) -> Answer:
        payload = urlencode({**told, "timestamp": self.now() if at is None else at})
        path = path if path.startswith("/") else f"/api/v3/{path}"
        return self.ask(method, path, f"{payload}&signature={self.sign(payload)}")

    def order(self, **told: Any) -> Answer:
        return self.signed("POST", "order", **told)

    def limit(self, price: Any, *, side: str = "BUY", quantity: str = "0.001", **told: Any) -> Answer:
        return self.order(
            symbol="BTCUSDT", side=side, type="LIMIT", timeInForce="GTC", quantity=quantity, price=price, **told
        )

    def last(self, symbol: str = "BTCUSDT") -> float:
        return float(self.get("ticker/price", symbol=symbol).told["price"])

    def away(self, share: float, symbol: str = "BTCUSDT") -> str:
        """A price that far from the last one."""
        return f"{self.last(symbol) * share:.2f}"

    def free(self, asset: str) -> str:
        balances = self.signed("GET", "account").told["balances"]
        return next(one["free"] for one in balances if one["asset"] == asset)

    # ---- sockets ----

    def socket(self, path: str) -> "Talking":
        return Talking(f"ws://127.0.0.1:{self._port}{path}", self)


class Talking:
    wire: ClientConnection

    def __init__(self, address: str, asking: Asking) -> None:
        self._opening, self._asking = connect(address, open_timeout=10), asking
        self.heard: list[Any] = []

    def __enter__(self) -> "Talking":
        self.wire = self._opening.__enter__()
        return self

    def __exit__(self, *why: Any) -> None:
        self._opening.__exit__(*why)

    def say(self, told: Any) -> None:
        self.wire.send(told if isinstance(told, str | bytes) else json.dumps(told))

    def hear(self, timeout: float = 10) -> Any:
        return json.loads(self.wire.recv(timeout=timeout))

    def until(self, wanted, timeout: float = 10) -> Any:
        """The first message that is wanted; those before it are kept."""
        end = time.monotonic() + timeout
        while True:
            told = self.hear(max(0.01, end - time.monotonic()))
            self.heard.append(told)
            if wanted(told):
                return told

    def ask(self, told: Any) -> Any:
        self.say(told)
        return self.until(lambda one: "subscriptionId" not in one and "stream" not in one and "e" not in one)

    def call(self, method: str, *, key: bool = False, **params: Any) -> Any:
        if key:
            params |= {"apiKey": self._asking.words["api_key"], "timestamp": self._asking.now()}
            payload = "&".join(f"{name}={word}" for name, word in sorted(params.items()))
            params["signature"] = self._asking.sign(payload)
        return self.ask({"id": "7", "method": method, "params": params})

    def listen(self) -> Any:
        return self.call("userDataStream.subscribe.signature", key=True)

    def event(self, kind: str, timeout: float = 10, **fields: Any) -> dict[str, Any]:
        """The account's next event of this kind with these fields."""

        def wanted(told: Any) -> bool:
            event = told.get("event", {})
            return event.get("e") == kind and all(event.get(name) == word for name, word in fields.items())

        return self.until(wanted, timeout)["event"]


def quoted(word: str) -> str:
    return quote(word, safe="")
