"""Another site's log-in (OpenID Connect): which server may be asked, and whom its word is about."""

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from accounts.domain.names import MOST, clean_name

#: What the rows that keep it hold.
MOST_SERVER = 191
MOST_SUBJECT = 191
MOST_NAME = 40
MOST_EMAIL = 254
#: By how much two clocks may differ.
LEEWAY = dt.timedelta(seconds=60)


class NotBelieved(Exception):
    """What came proves nobody. The words are for the operator's log; nothing of it is shown."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, as the other site vouches for him. The subject alone is who he is; the rest may change."""

    subject: str
    email: str
    #: The site says that the address is his; anything but a plain yes counts as no.
    is_vouched: bool
    name: str


def is_fit_address(url: str, *, allows_loopback: bool = True) -> bool:
    """True for https, and for http on this very machine; never for an address with a password or odd letters."""
    if not url.isascii() or not url.isprintable() or any(letter in url for letter in " \"'<>\\;"):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and allows_loopback and is_loopback(host))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_fit_server(url: str) -> bool:
    return is_fit_address(url) and len(url) <= MOST_SERVER and "?" not in url and "/.well-known/" not in url


def same_server(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def identity_of(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: dt.datetime) -> Identity:
    """Who the signed claims are about, once they are from this issuer, for us, for this log-in, and of now."""
    if claims.get("iss") != issuer:
        raise NotBelieved("the token is another issuer's")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or client_id not in audiences:
        raise NotBelieved("the token is for somebody else")
    if claims.get("azp", client_id) != client_id or (len(audiences) > 1 and "azp" not in claims):
        raise NotBelieved("the token was given to somebody else")
    if _moment(claims, "exp") + LEEWAY <= now:
        raise NotBelieved("the token has ended")
    if _moment(claims, "iat") - LEEWAY > now:
        raise NotBelieved("the token is from the future: do the clocks agree?")
    if not hmac.compare_digest(str(claims.get("nonce")).encode("utf-8", "replace"), nonce.encode()):
        raise NotBelieved("the token was made for another log-in")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_SUBJECT or not subject.isprintable():
        raise NotBelieved("the token names nobody")
    return Identity(
        subject=subject,
        email=_email(claims.get("email")),
        is_vouched=claims.get("email_verified") is True,
        name=_name(claims.get("name")),
    )


def _moment(claims: Mapping[str, Any], name: str) -> dt.datetime:
    seconds = claims.get(name)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise NotBelieved(f"the token does not say its {name}")
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotBelieved(f"the token's {name} is no moment") from error


def _name(value: object) -> str:
    """The name as far as we keep it; more than a page of it is nobody's name."""
    return clean_name(value[:1000])[:MOST].strip() if isinstance(value, str) else ""


def _email(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= MOST_EMAIL and value.isprintable() else ""
