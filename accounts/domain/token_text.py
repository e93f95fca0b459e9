"""How a token is written and hashed. Its secret has 256 bits, so one SHA-256 is enough (PERFORMANCE, 12)."""

import hashlib
import re
import secrets
from dataclasses import dataclass

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_TOKEN = re.compile(rf"pl_([{_ALPHABET}]{{10}})_([A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class TokenText:
    prefix: str
    secret: str

    @classmethod
    def make(cls) -> "TokenText":
        return cls("".join(secrets.choice(_ALPHABET) for _ in range(10)), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> "TokenText | None":
        match = _TOKEN.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(f"plumbline-token:{self.secret}".encode()).digest()

    def __str__(self) -> str:
        return f"pl_{self.prefix}_{self.secret}"

    def __repr__(self) -> str:
        return f"TokenText(pl_{self.prefix}_••••)"
