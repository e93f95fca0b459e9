"""The envelope: `v1.<key id>.<wrapped data key>.<nonce and ciphertext>`, both parts bound to the same owner."""

import base64
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.encryption.keyring import KEY_BYTES, NONCE_BYTES, KeyRing, WrongKey
from kernel.encryption.secret import Secret

VERSION = "v1"


class DamagedEnvelope(ValueError):
    """The stored text is not an envelope, or a byte of it was changed."""


@dataclass(frozen=True, slots=True)
class Envelope:
    key_id: str
    wrapped: bytes
    sealed: bytes

    @classmethod
    def parse(cls, text: str) -> "Envelope":
        parts = text.split(".")
        if len(parts) != 4 or parts[0] != VERSION:
            raise DamagedEnvelope("The stored secret is damaged: it is not an envelope.")
        try:
            return cls(parts[1], base64.urlsafe_b64decode(parts[2]), base64.urlsafe_b64decode(parts[3]))
        except ValueError as error:
            raise DamagedEnvelope("The stored secret is damaged: it is not base64.") from error

    def __str__(self) -> str:
        encoded = (base64.urlsafe_b64encode(part).decode() for part in (self.wrapped, self.sealed))
        return ".".join((VERSION, self.key_id, *encoded))


def owner_bytes(parts: tuple[str, ...]) -> bytes:
    """The associated data: each part with its length, so that no two owners ever read the same."""
    return b"".join(len(raw := part.encode()).to_bytes(4, "big") + raw for part in parts)


def seal(secret: Secret, ring: KeyRing, owner: tuple[str, ...]) -> Envelope:
    """A new envelope under a fresh 256-bit data key."""
    bound_to = owner_bytes(owner)
    data_key = AESGCM.generate_key(KEY_BYTES * 8)
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(data_key).encrypt(nonce, secret.reveal().encode(), bound_to)
    key_id, wrapped = ring.wrap(data_key, bound_to)
    return Envelope(key_id, wrapped, sealed)


def unseal(envelope: Envelope, ring: KeyRing, owner: tuple[str, ...]) -> Secret:
    """The secret, if the ring holds the key and the record stands where it was written."""
    bound_to = owner_bytes(owner)
    data_key = ring.unwrap(envelope.key_id, envelope.wrapped, bound_to)
    try:
        plain = AESGCM(data_key).decrypt(envelope.sealed[:NONCE_BYTES], envelope.sealed[NONCE_BYTES:], bound_to)
    except InvalidTag as error:
        raise DamagedEnvelope("The stored secret is damaged: its seal does not hold.") from error
    return Secret(plain.decode())


def rewrap(envelope: Envelope, ring: KeyRing, owner: tuple[str, ...]) -> Envelope:
    """The same sealed secret, its data key wrapped by the ring's write key."""
    bound_to = owner_bytes(owner)
    key_id, wrapped = ring.wrap(ring.unwrap(envelope.key_id, envelope.wrapped, bound_to), bound_to)
    return Envelope(key_id, wrapped, envelope.sealed)


__all__ = ["DamagedEnvelope", "Envelope", "WrongKey", "rewrap", "seal", "unseal"]
