"""The signature on what we send: `Plumbline-Signature: t=<unix seconds>,v1=<hex>`.

v1 is HMAC-SHA256 over `<t>.<body>` with the secret both sides hold. The receiver computes it over the raw body, and
refuses one whose t is more than five minutes off: an old message played again.
"""

import hashlib
import hmac

HEADER = "Plumbline-Signature"
TOLERANCE_SECONDS = 300


class BadSignature(ValueError):
    """The body is not from who holds the secret, or not from now."""


def sign(secret: str, body: bytes, *, at: int) -> str:
    """The header's value for this body at this unix time."""
    return f"t={at},v1={_digest(secret, body, at)}"


def verify(secret: str, header: str, body: bytes, *, now: int, tolerance: int = TOLERANCE_SECONDS) -> None:
    """Returns when the header signs this body; raises BadSignature otherwise. For receivers."""
    pairs = [part.strip().partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in pairs if name == "t"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit():
        raise BadSignature("The signature header has no time.")
    at = int(times[0][:20])
    if abs(now - at) > tolerance:
        raise BadSignature("The signature is too old, or from the future.")
    expected = _digest(secret, body, at).encode()
    given = [value.encode() for name, value in pairs if name == "v1"]
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise BadSignature("The signature does not fit the body.")


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
