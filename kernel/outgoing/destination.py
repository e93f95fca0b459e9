"""A URL that a user gave, taken apart: https, a host, a port, and nothing that hides where it leads."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna

LONGEST = 2_000
_SAFE = "/:@!$&'()*+,;=-._~%"
_HOST = re.compile(r"[A-Za-z0-9._:\-]+")


class BadDestination(ValueError):
    """The URL cannot be sent to. The text says why and is safe to show: it repeats nothing of the URL."""


@dataclass(frozen=True, slots=True)
class Destination:
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """What may be shown: scheme and host. The path of a chat's URL is itself a secret."""
        return f"https://{self.authority}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


def parse_destination(url: str) -> Destination:
    """The parts of an https URL, or BadDestination in words."""
    if len(url) > LONGEST:
        raise BadDestination(f"The address is longer than {LONGEST:,} characters.")
    # urlsplit would drop tabs and line ends silently; a backslash is a slash to some readers and not to others.
    if any(character <= " " or character in "\\\x7f" for character in url):
        raise BadDestination("The address contains a space, a backslash or a control character.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise BadDestination("The address is not a URL.") from error
    if parts.scheme != "https":
        raise BadDestination("The address must begin with https://.")
    if parts.username is not None or parts.password is not None:
        raise BadDestination("The address carries a user name or password; put a secret into its own field.")
    if not host:
        raise BadDestination("The address names no host.")
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_SAFE + "?")
    return Destination(host=_ascii_host(host), port=443 if port is None else port, target=target)


def _ascii_host(host: str) -> str:
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise BadDestination("The address names a host that cannot exist.") from error
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise BadDestination("The address names a host that cannot exist.")
    return host
