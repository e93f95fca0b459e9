"""A passkey in software, for tests: it does what a phone's authenticator does, on whatever origin it is told."""

import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAGS = AuthenticatorData.FLAG


class SoftPasskey:
    def __init__(self, origin: str = "http://testserver", site: str = "testserver") -> None:
        self.origin, self.site = origin, site
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0
        self.user = b""

    def make(self, options: dict[str, Any], *, is_verified: bool = True) -> str:
        """The answer to a registration's challenge, as the page's script posts it."""
        asked = options["publicKey"]
        self.user = websafe_decode(asked["user"]["id"])
        client = self._client("webauthn.create", asked["challenge"])
        attested = AttestedCredentialData.create(bytes(16), self.id, ES256.from_cryptography_key(self.key.public_key()))
        flags = FLAGS.UP | FLAGS.AT | (FLAGS.UV if is_verified else FLAGS(0))
        data = AuthenticatorData.create(sha256(self.site.encode()), flags, self.count, bytes(attested))
        attestation = AttestationObject.create("none", data, {})
        return self._answer({"clientDataJSON": client, "attestationObject": bytes(attestation)})

    def prove(self, options: dict[str, Any], *, is_verified: bool = True, counts: bool = True) -> str:
        """The answer to a log-in's challenge."""
        asked = options["publicKey"]
        self.count += 1 if counts else 0
        client = self._client("webauthn.get", asked["challenge"])
        flags = FLAGS.UP | (FLAGS.UV if is_verified else FLAGS(0))
        data = AuthenticatorData.create(sha256(self.site.encode()), flags, self.count)
        signature = self.key.sign(bytes(data) + sha256(client), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": client,
                "authenticatorData": bytes(data),
                "signature": signature,
                "userHandle": self.user,
            }
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        made = CollectedClientData.create(type=kind, challenge=websafe_decode(challenge), origin=self.origin)
        return bytes(made)

    def _answer(self, response: dict[str, bytes]) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(value) for name, value in response.items()},
                "clientExtensionResults": {},
            }
        )


def add_passkey(client: Client, passkey: SoftPasskey | None = None) -> SoftPasskey:
    """Adds a passkey on the page of whoever is logged in."""
    passkey = passkey or SoftPasskey()
    options = client.post("/account/security/passkey/challenge/").json()
    answer = client.post("/account/security/passkey/", {"name": "Phone", "credential": passkey.make(options)})
    assert answer.status_code in {200, 302}, answer.content.decode()[:1000]
    return passkey
