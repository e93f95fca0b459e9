"""The key ring: key-encryption keys by name, the first of which wraps what is written.

From the environment or a file: `ENCRYPTION_KEYS=k2:<base64 of 32 bytes>,k1:<base64 of 32 bytes>`. A key service can
stand in: name a class with `wrap`, `unwrap`, `write_key_id` and `key_ids` in the setting ENCRYPTION_KEYRING.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

NONCE_BYTES = 12
KEY_BYTES = 32
_KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class KeyRingError(ValueError):
    """The ring cannot be used as it is configured; the message says what to mend."""


class UnknownKey(LookupError):
    """A record names a key that the ring does not hold. Add that key back; nothing was lost."""


class WrongKey(ValueError):
    """The key of that name does not open this record: another key, or a record moved to another owner."""


class KeyRing(Protocol):
    @property
    def write_key_id(self) -> str: ...

    @property
    def key_ids(self) -> tuple[str, ...]: ...

    def wrap(self, data_key: bytes, bound_to: bytes) -> tuple[str, bytes]: ...

    def unwrap(self, key_id: str, wrapped: bytes, bound_to: bytes) -> bytes: ...


class LocalKeyRing:
    """Keys held in this process's memory."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys:
            raise KeyRingError("ENCRYPTION_KEYS names no key. It should be k1:<base64 of 32 bytes>.")
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._write_key_id = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> "LocalKeyRing":
        keys: dict[str, bytes] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            key_id, _, encoded = part.partition(":")
            if not _KEY_ID.fullmatch(key_id) or key_id in keys:
                raise KeyRingError("ENCRYPTION_KEYS: each key needs a name of its own (a-z, 0-9, -).")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error as error:
                raise KeyRingError(f"ENCRYPTION_KEYS: key {key_id} is not base64.") from error
            if len(key) != KEY_BYTES:
                raise KeyRingError(f"ENCRYPTION_KEYS: key {key_id} has {len(key)} bytes, it needs {KEY_BYTES}.")
            keys[key_id] = key
        return cls(keys)

    @property
    def write_key_id(self) -> str:
        return self._write_key_id

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def wrap(self, data_key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        nonce = os.urandom(NONCE_BYTES)
        return self._write_key_id, nonce + self._keys[self._write_key_id].encrypt(nonce, data_key, bound_to)

    def unwrap(self, key_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        if key_id not in self._keys:
            raise UnknownKey(
                f"The record was encrypted with key {key_id!r}; the ring holds {', '.join(self._keys)}. "
                f"Put {key_id!r} back into ENCRYPTION_KEYS and run rotate_keys before dropping it."
            )
        try:
            return self._keys[key_id].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound_to)
        except InvalidTag as error:
            raise WrongKey(
                f"Key {key_id!r} of ENCRYPTION_KEYS does not open this record: it is not the key it was "
                f"encrypted with, or the record belongs to another owner."
            ) from error


@lru_cache(maxsize=1)
def key_ring() -> KeyRing:
    """The ring of this process, as configured."""
    factory: Callable[[], KeyRing] | None = (
        import_string(settings.ENCRYPTION_KEYRING) if settings.ENCRYPTION_KEYRING else None
    )
    return factory() if factory else LocalKeyRing.parse(settings.ENCRYPTION_KEYS)


def _forget(*, setting: str, **_: object) -> None:
    if setting in {"ENCRYPTION_KEYS", "ENCRYPTION_KEYRING"}:
        key_ring.cache_clear()


setting_changed.connect(_forget)
