"""Kite's call to us about an order. It is a hint to go and ask, and nothing else.

Its checksum covers the order's number, a time and our secret: not the status, no quantity and no price, which anybody
who once saw such a call may have changed. So none of them is read.
"""

import hashlib
import hmac
import json
import re
from typing import Any

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


class Forged(ValueError):
    """The call does not come from Kite, or is not whole. Nothing is asked because of it."""


def hinted_order(body: bytes, *, api_secret: str) -> str:
    """The number of the order that is worth asking for."""
    number, at, checksum = _told(body)
    made = hashlib.sha256(f"{number}{at}{api_secret}".encode()).hexdigest()
    if not hmac.compare_digest(made.encode(), checksum.encode()):
        raise Forged("the checksum is not of this secret")
    return number


def _told(body: bytes) -> tuple[str, str, str]:
    try:
        data: Any = json.loads(body)
        number, at, checksum = data["order_id"], data["order_timestamp"], data["checksum"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Forged(f"the call cannot be read: {type(error).__name__}") from error
    if not all(isinstance(one, str) and one for one in (number, at, checksum)):
        raise Forged("the call cannot be read: its number, time and checksum are texts")
    # Number and time are signed as one text: only a time of its full form says where the number ends.
    if not _TIME.fullmatch(at):
        raise Forged(f"the call cannot be read: {at[:40]!r} is no time")
    return number, at, checksum
