"""The wire to the other site: what it offers, where its log-in is, what a code that it gave is worth.

Every answer has a deadline and a size; no redirect is followed, no proxy or cookie is known.
"""

import base64
import datetime as dt
import hashlib
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt

from accounts.domain.openid import Identity, NotBelieved, identity_of, is_fit_address, same_server
from kernel import clock
from kernel.encryption.secret import Secret

TIMEOUT = httpx.Timeout(5.0, connect=3.0)
MOST_SECONDS = 10.0
MOST_BYTES = 256 * 1024
#: Signed by a key that only the site has; a shared secret or no signature at all is never taken.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SCOPE = "openid email profile"


class NoAnswer(Exception):
    """The site is down, too slow, or says what cannot be read. The words are for the operator's log."""


@dataclass(frozen=True, slots=True)
class Site:
    """The other site, as the operator named it."""

    name: str
    server: str
    client_id: str
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class Doors:
    """What the site says of itself: where its pages are, and how it wants to be asked."""

    issuer: str
    log_in: str
    tokens: str
    keys: str
    about_person: str
    takes_secret_in_header: bool


def look_up(site: Site) -> Doors:
    """Where the site's doors are, read from its own description."""
    said = _object(_get(f"{site.server.rstrip('/')}/.well-known/openid-configuration"))
    issuer = said.get("issuer")
    if not isinstance(issuer, str) or not same_server(issuer, site.server):
        raise NoAnswer("it calls itself by another name than OIDC_SERVER")
    methods = said.get("token_endpoint_auth_methods_supported")
    return Doors(
        issuer=issuer,
        log_in=_address(said, "authorization_endpoint"),
        tokens=_address(said, "token_endpoint"),
        keys=_address(said, "jwks_uri"),
        about_person=_address(said, "userinfo_endpoint") if said.get("userinfo_endpoint") else "",
        takes_secret_in_header=not isinstance(methods, list) or "client_secret_post" not in methods,
    )


def way_there(site: Site, doors: Doors, *, back_to: str, state: str, nonce: str, verifier: str) -> str:
    """The address of the site's log-in for this one visitor."""
    asked = {
        "response_type": "code",
        "client_id": site.client_id,
        "redirect_uri": back_to,
        "scope": SCOPE,
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{doors.log_in}{'&' if '?' in doors.log_in else '?'}{urlencode(asked)}"


def redeem(
    site: Site, doors: Doors, *, code: str, back_to: str, nonce: str, verifier: str, now: dt.datetime
) -> Identity:
    """Who came back with this code: NotBelieved when it is worth nothing, NoAnswer when the site does not say."""
    tokens = _tokens(site, doors, code=code, back_to=back_to, verifier=verifier)
    signed = tokens.get("id_token")
    if not isinstance(signed, str):
        raise NoAnswer("its answer to the code holds no id_token")
    claims = _checked(signed, _object(_get(doors.keys)))
    identity = identity_of(claims, issuer=doors.issuer, client_id=site.client_id, nonce=nonce, now=now)
    access = tokens.get("access_token")
    if identity.email or not doors.about_person or not isinstance(access, str) or not access.isprintable():
        return identity
    # Some sites say no more than the subject in the token; a further answer counts for the same subject alone.
    more = _object(_get(doors.about_person, bearer=access))
    if more.get("sub") != identity.subject:
        raise NotBelieved("what it says about the person is about another one")
    told = {"email": more.get("email"), "email_verified": more.get("email_verified")}
    told |= {"name": more["name"]} if "name" in more else {}
    return identity_of({**claims, **told}, issuer=doors.issuer, client_id=site.client_id, nonce=nonce, now=now)


def _tokens(site: Site, doors: Doors, *, code: str, back_to: str, verifier: str) -> dict[str, Any]:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back_to,
        "code_verifier": verifier,
    }
    headers: dict[str, str] = {}
    secret = site.client_secret.reveal()
    if doors.takes_secret_in_header:
        pair = f"{quote(site.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        fields |= {"client_id": site.client_id, "client_secret": secret}
    status, body = _ask("POST", doors.tokens, headers=headers, fields=fields)
    if status == 400 and _object(body).get("error") == "invalid_grant":
        raise NotBelieved("it does not know the code, or the code was used or has ended")
    if status == 401:
        raise NoAnswer("it does not take OIDC_CLIENT_ID with OIDC_CLIENT_SECRET")
    if status != 200:
        raise NoAnswer(f"it answered {status} to the code")
    return _object(body)


def _checked(signed: str, key_set: Mapping[str, Any]) -> dict[str, Any]:
    """The claims, once one of the site's keys is seen to have signed them."""
    try:
        header = jwt.get_unverified_header(signed)
        keys = [key for key in jwt.PyJWKSet.from_dict(dict(key_set)).keys if key.public_key_use in (None, "sig")]
        wanted = header.get("kid")
        fitting = [key for key in keys if wanted is None or key.key_id == wanted]
        if header.get("alg") not in ALGORITHMS or len(fitting) != 1:
            raise NotBelieved("the token is signed by no key of the site's")
        # Issuer, audience, times and nonce are looked at by the domain.
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
        options |= {"verify_sub": False, "verify_jti": False}
        return dict(jwt.decode(signed, fitting[0], algorithms=[header["alg"]], options=options))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        # The library stumbles over odd keys and headers in ways of its own.
        raise NotBelieved(f"the token cannot be checked: {type(error).__name__}") from error


def _get(url: str, *, bearer: str = "") -> bytes:
    status, body = _ask("GET", url, headers={"Authorization": f"Bearer {bearer}"} if bearer else {}, fields=None)
    if status != 200:
        raise NoAnswer(f"it answered {status}")
    return body


def _ask(method: str, url: str, *, headers: Mapping[str, str], fields: dict[str, str] | None) -> tuple[int, bytes]:
    ends, body = clock.monotonic() + MOST_SECONDS, bytearray()
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Plumbline", **headers}
    try:
        with (
            httpx.Client(timeout=TIMEOUT, trust_env=False, verify=_trusted()) as client,
            client.stream(method, url, headers=sent, data=fields, follow_redirects=False) as response,
        ):
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise NoAnswer("its answer is too large")
                if clock.monotonic() > ends:
                    raise NoAnswer(f"it gave no whole answer within {MOST_SECONDS:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise NoAnswer(f"it was not reached: {type(error).__name__}") from error
    return response.status_code, bytes(body)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The system's authorities; SSL_CERT_FILE names others, and nothing else of the environment counts."""
    return ssl.create_default_context()


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoAnswer("its answer is no JSON") from error
    if not isinstance(said, dict):
        raise NoAnswer("its answer is no JSON object")
    return said


def _address(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or not is_fit_address(found):
        raise NoAnswer(f"it names no {name} that is https")
    return found


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
