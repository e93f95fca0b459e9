"""How a recovery code is written and hashed. It has 79 bits of chance, so one SHA-256 is enough."""

import hashlib
import secrets

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
HOW_MANY = 10
_GROUPS, _LENGTH = 4, 4


def new_code() -> str:
    """Four groups of four letters and digits that are not mistaken for one another."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(_GROUPS))


def as_typed(text: str) -> str:
    """The code in what a person typed: spaces, dashes and capitals do not matter."""
    return "".join(character for character in text.lower() if character.isalnum())


def looks_like_one(text: str) -> bool:
    return len(as_typed(text)) == _GROUPS * _LENGTH


def digest_of(code: str, *, authenticator_id: int) -> bytes:
    return hashlib.sha256(f"plumbline-recovery:{authenticator_id}:{as_typed(code)}".encode()).digest()
