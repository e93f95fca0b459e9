"""Binance as somebody who connects meets it: a real HTTP server on loopback that checks keys and signatures
(binance-spot-api-docs a5e0bc3: rest-api.md, "SIGNED endpoint security"; errors.md) and answers from our payloads.

    python -m tests.exchanges.fake_binance 8099    for looking at the pages by hand
"""

import hashlib
import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from kernel import clock
from tests.loopback_site import LoopbackSite, say_json

PAYLOADS = Path(__file__).parents[1] / "venue_contract/payloads/binance"
#: A key that reads and trades, and one that may also move money away.
GOOD = ("bInAnCeKeY" * 6 + "good", "bInAnCeSeCrEt" * 4 + "bInAnCeGood1")
GREEDY = ("bInAnCeKeY" * 6 + "grab", "bInAnCeSeCrEt" * 4 + "bInAnCeGrab1")
_OPEN = {
    "/api/v3/exchangeInfo": "listings.answered",
    "/api/v3/depth": "book.answered",
    "/api/v3/ticker/24hr": "ticker.answered",
    "/api/v3/klines": "candles.answered",
}
_SIGNED = {
    "/sapi/v1/account/apiRestrictions": "rights.answered",
    "/api/v3/account": "balances.answered",
    "/api/v3/openOrders": "open_orders.answered",
}


class FakeBinance(LoopbackSite):
    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.secrets = dict((GOOD, GREEDY))

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        self.asked.append(parts.path)
        if parts.path == "/api/v3/time":
            say_json(handler, 200, {"serverTime": clock.unix_milliseconds()})
        elif parts.path in _OPEN:
            _tell(handler, _OPEN[parts.path])
        elif parts.path in _SIGNED:
            _tell(handler, self._refusal(handler, parts.query) or self._signed(handler, parts.path))
        else:
            say_json(handler, 404, {"code": -1, "msg": "no such path"})

    def _refusal(self, handler: BaseHTTPRequestHandler, query: str) -> str:
        secret = self.secrets.get(handler.headers.get("X-MBX-APIKEY", ""))
        if secret is None:
            return "place.rejected-key"
        asked, _, given = query.rpartition("&signature=")
        proof = hmac.digest(secret.encode(), asked.encode(), hashlib.sha256).hex()
        return "" if hmac.compare_digest(given, proof) else "place.rejected-signature"

    def _signed(self, handler: BaseHTTPRequestHandler, path: str) -> str:
        is_greedy = handler.headers.get("X-MBX-APIKEY") == GREEDY[0]
        return "rights.answered-withdrawals" if is_greedy and "Restrictions" in path else _SIGNED[path]


def _tell(handler: BaseHTTPRequestHandler, name: str) -> None:
    told = json.loads((PAYLOADS / f"{name}.json").read_text())
    say_json(handler, told["status"], told["body"])


if __name__ == "__main__":
    binance = FakeBinance(port=int(sys.argv[1]))
    sys.stdout.write(f"{binance.address}\n{GOOD}\n{GREEDY}\n")
    sys.stdout.flush()
    binance.serve()
