"""Another site with a log-in (OpenID Connect): a real HTTP server on loopback that signs and gives each code once.

A test says who sits there (`person`), bends what is signed (`bend`), or what is answered (`says`).

    python -m tests.accounts.security.fake_site 8011     for looking at the pages by hand
"""

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from kernel import clock
from tests.loopback_site import LoopbackSite, say, send_back

CLIENT_ID, CLIENT_SECRET = "plumbline", "the site's secret: 1 % & more"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Reply = tuple[int, bytes]


class FakeSite(LoopbackSite):
    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.person: dict[str, Any] = {
            "sub": "4711",
            "email": "dora@example.org",
            "email_verified": True,
            "name": "Dora",
        }
        self.about_person: dict[str, Any] = {}
        self.key, self.kid, self.algorithm = KEY, "k1", "RS256"
        self.bend: Callable[[dict[str, Any]], None] = lambda claims: None
        self.describe: Callable[[dict[str, Any]], None] = lambda said: None
        #: Path → what is answered there instead.
        self.says: dict[str, Callable[[], Reply]] = {}
        self.refuses = ""
        self._codes: dict[str, dict[str, str]] = {}

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        fields = {name: values[-1] for name, values in parse_qs(parts.query + "&" + body.decode()).items()}
        self.asked.append(parts.path)
        if parts.path == "/authorize":
            send_back(handler, self._sent_back(fields))
            return
        say(handler, *self._reply(parts.path, fields, handler.headers.get("Authorization", "")))

    def _sent_back(self, fields: dict[str, str]) -> str:
        assert fields["client_id"] == CLIENT_ID
        assert fields["response_type"] == "code"
        assert fields["code_challenge_method"] == "S256"
        assert "openid" in fields["scope"].split()
        if self.refuses:
            answer = {"error": self.refuses}
        else:
            code = secrets.token_urlsafe(12)
            self._codes[code] = fields
            answer = {"code": code, "iss": self.address}
        return f"{fields['redirect_uri']}?{urlencode({**answer, 'state': fields['state']})}"

    def _reply(self, path: str, fields: dict[str, str], authorization: str) -> Reply:
        if path in self.says:
            return self.says[path]()
        if path == "/.well-known/openid-configuration":
            said = {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "userinfo_endpoint": f"{self.address}/about",
            }
            self.describe(said)
            return as_json(said)
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            return as_json({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]})
        if path == "/token":
            return self._tokens(fields, authorization)
        if path == "/about":
            assert authorization == "Bearer an access token"
            return as_json({"sub": self.person.get("sub"), **self.about_person})
        return 404, b"{}"

    def _tokens(self, fields: dict[str, str], authorization: str) -> Reply:
        given = (fields.get("client_id", ""), fields.get("client_secret", ""))
        if authorization.startswith("Basic "):
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            given = (unquote(pair[0]), unquote(pair[2]))
        if given != (CLIENT_ID, CLIENT_SECRET):
            return 401, b'{"error": "invalid_client"}'
        asked = self._codes.pop(fields.get("code", ""), None)
        verifier = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or fields.get("grant_type") != "authorization_code"
            or fields.get("redirect_uri") != asked["redirect_uri"]
            or base64.urlsafe_b64encode(verifier).decode().rstrip("=") != asked["code_challenge"]
        ):
            return 400, b'{"error": "invalid_grant"}'
        now = clock.unix_milliseconds() // 1000
        claims = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person
        self.bend(claims)
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": self.kid})
        return as_json({"access_token": "an access token", "token_type": "Bearer", "id_token": signed})


def as_json(said: object, status: int = 200) -> Reply:
    return status, json.dumps(said).encode()


if __name__ == "__main__":
    served = FakeSite(port=int(sys.argv[1]))
    if len(sys.argv) > 2:
        served.person |= json.loads(sys.argv[2])
    served.serve()
