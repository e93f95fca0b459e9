"""Refusals in Kite's envelope, and what stands before Kite when it is broken.

kite.trade/docs/connect/v3/exceptions and /response-structure (read 2026-11-21): status, message, error_type and data,
with the documented HTTP codes. Texts are those that clients reported where such reports were found; else the
sandbox's own.
"""

import json

from exchanges.sandbox.faults import Fault
from exchanges.sandbox.server import Reply

JSON = "application/json"
HTML = "text/html; charset=utf-8"


class KiteError(Exception):
    """What the venue answers instead."""

    def __init__(self, status: int, kind: str, words: str) -> None:
        super().__init__(words)
        self.status, self.kind = status, kind

    def payload(self) -> dict[str, object]:
        """As a child of a sliced order tells it."""
        return {"code": self.status, "error_type": self.kind, "message": str(self), "data": None}


def bad_input(words: str) -> KiteError:
    return KiteError(400, "InputException", words)


def no_margin(needed: float, free: float) -> KiteError:
    words = f"Insufficient funds. Required margin is {needed:.2f} but available margin is {free:.2f}."
    return KiteError(400, "MarginException", words)


def no_holding(words: str) -> KiteError:
    return KiteError(400, "HoldingException", words)


def bad_token(words: str = "Incorrect `api_key` or `access_token`.") -> KiteError:
    return KiteError(403, "TokenException", words)


def not_permitted(words: str) -> KiteError:
    return KiteError(403, "PermissionException", words)


def too_many(words: str = "Too many requests") -> KiteError:
    return KiteError(429, "NetworkException", words)


def success(data: object) -> Reply:
    return Reply(200, json.dumps({"status": "success", "data": data}).encode(), type=JSON)


def refusal(error: KiteError) -> Reply:
    told = {"status": "error", "message": str(error), "data": None, "error_type": error.kind}
    return Reply(error.status, json.dumps(told).encode(), type=JSON)


_REASONS = {
    403: "403 Forbidden",
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}
#: What Kite itself says when what is behind it fails.
_OWN = {
    500: ("GeneralException", "Something unexpected happened. Please try again."),
    502: ("DataException", "Unexpected response from the OMS."),
    504: ("NetworkException", "Gateway timed out"),
}


def page(status: int) -> Reply:
    """What a proxy before the venue answers with."""
    words = _REASONS.get(status, f"{status} Error")
    text = (
        f"<html>\r\n<head><title>{words}</title></head>\r\n<body>\r\n<center><h1>{words}</h1></center>\r\n"
        "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
    )
    return Reply(status, text.encode(), type=HTML)


def broken(fault: Fault) -> Reply:
    match fault.name:
        case "too_many":
            return refusal(too_many())
        case "banned":
            # Kite knows no 418: whoever asks too often is shut out before it.
            return page(403)
        case "outage":
            return page(503)
        case "html":
            return page(int(fault.given.get("status", 403)))
    status = int(fault.given.get("status", 503))
    if status in _OWN:
        return refusal(KiteError(status, *_OWN[status]))
    return page(status)
