"""What the venue says when it is broken. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "HTTP Return
Codes", errors.md "10xx". The pages of what stands before the venue are the sandbox's own words in such a page's form.
"""

import orjson

from exchanges.sandbox.binance.errors import Refusal
from exchanges.sandbox.server import Reply

_HTML = "text/html"
_TIMEOUT = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
_UNKNOWN = "An unknown error occurred while processing the request."
_INTERNAL = "Internal error; unable to process your request. Please try again."
#: By status; the rest is told as an unknown error.
_CODES = {500: (-1000, _UNKNOWN), 501: (-1001, _INTERNAL), 504: (-1007, _TIMEOUT)}


def server_error(status: int) -> Reply:
    if status in {502, 503}:
        word = "502 Bad Gateway" if status == 502 else "503 Service Temporarily Unavailable"
        return page(status, word)
    code, words = _CODES.get(status, _CODES[500])
    return Reply(status, orjson.dumps({"code": code, "msg": words}))


def page(status: int, word: str) -> Reply:
    body = (
        f"<html>\r\n<head><title>{word}</title></head>\r\n"
        f"<body>\r\n<center><h1>{word}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Reply(status, body.encode(), type=_HTML)


def blocked(status: int) -> Reply:
    """By a rule of the wall before it."""
    body = (
        "<!DOCTYPE html>\n<html lang=en>\n<title>Error: the request could not be satisfied</title>\n"
        "<h1>403 ERROR</h1>\n<h2>The request could not be satisfied.</h2>\n<p>Request blocked.</p>\n</html>\n"
    )
    return Reply(status, body.encode(), type=_HTML)


def refused(refusal: Refusal, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(refusal.status, orjson.dumps(refusal.body()), headers)
