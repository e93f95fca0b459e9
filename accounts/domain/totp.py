"""Codes by time (RFC 6238): which step a code belongs to, if to any near now."""

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
#: A phone's clock may be half a minute off.
STEPS_AROUND = (0, -1, 1)


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The six digits of one 30-second step."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of_code(secret: str, code: str, unix_seconds: int) -> int | None:
    """The step near now that the code belongs to."""
    digits = "".join(character for character in code if character.isascii() and character.isdigit())
    now = unix_seconds // STEP_SECONDS
    found = None
    for around in STEPS_AROUND:
        if hmac.compare_digest(code_at(secret, now + around), digits) and found is None:
            found = now + around
    return found


def provisioning_address(secret: str, *, account: str, issuer: str) -> str:
    """What the square code says to an authenticator app."""
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
