"""Keys that exist nowhere else, and where they turned up all the same: in any form that a program may give a text."""

import base64
import json
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

_LETTERS = string.ascii_letters + string.digits
#: Enough of a mark to be no chance; a page may show the last four of a key.
_ENOUGH = 14


def word(length: int, letters: str = _LETTERS) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))


def key_pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


def keys_of(venue: str) -> dict[str, str]:
    """Well-formed keys of a venue, made for this run."""
    small = string.ascii_lowercase + string.digits
    match venue:
        case "binance":
            return {"api_key": word(64), "secret": word(64)}
        case "kraken":
            return {"api_key": word(56), "secret": base64.b64encode(secrets.token_bytes(64)).decode()}
        case "coinbase":
            return {"api_key": f"organizations/{word(36, small)}/apiKeys/{word(36, small)}", "secret": key_pem()}
        case "zerodha":
            return {"api_key": word(16, small), "secret": word(32, small)}
        case _:
            raise LookupError(f"no keys of {venue} are known; write here how they look")


@dataclass
class Marks:
    """The parts of secrets that are looked for, and how much was looked through."""

    parts: dict[bytes, str] = field(default_factory=dict)
    places: int = 0
    searched: int = 0

    def add(self, name: str, secret: str) -> None:
        for line in [one for one in secret.splitlines() if "-----" not in one]:
            for form in _forms(line):
                middle = form[2:-4] if len(form) > _ENOUGH + 6 else form
                # Any stretch of it counts, so that a text that was cut off is found too.
                for at in range(0, max(1, len(middle) - _ENOUGH + 1), _ENOUGH // 2):
                    self.parts[middle[at : at + _ENOUGH]] = name

    def hits(self, place: str, content: bytes | str) -> list[str]:
        """Where a mark stands in the content, with what is around it."""
        raw = content.encode() if isinstance(content, str) else content
        self.places += 1
        self.searched += len(raw)
        found = []
        for part, name in self.parts.items():
            at = raw.find(part)
            if at >= 0:
                found.append(f"{name} in {place}: …{raw[max(0, at - 80) : at + 80]!r}…")
        return found


def _forms(secret: str) -> Iterator[bytes]:
    plain = secret.encode()
    yield plain
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    yield plain[::-1]
    for shift in range(3):
        # The same letters fall into other groups of three; what the neighbours decide is cut off.
        yield base64.b64encode(b"\0" * shift + plain)[4:-4]
