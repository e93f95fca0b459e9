"""Whether a page of ours opened the socket: browsers send cookies along from any site, but never a false Origin."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_own_origin(headers: Mapping[str, str]) -> bool:
    """True for SITE_ADDRESS, CSRF_TRUSTED_ORIGINS, and the very host that was asked when ALLOWED_HOSTS knows it."""
    origin = headers.get("origin", "").lower()
    if not origin:
        return False
    if origin in {settings.SITE_ADDRESS.lower(), *(one.lower() for one in settings.CSRF_TRUSTED_ORIGINS)}:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in ({"https"} if settings.SESSION_COOKIE_SECURE else {"http", "https"}):
        return False
    if parts.netloc != headers.get("host", "").lower():
        return False
    return validate_host(split_domain_port(parts.netloc)[0], settings.ALLOWED_HOSTS)
