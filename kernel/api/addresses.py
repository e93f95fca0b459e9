"""A visitor's address: the socket's, unless the operator said how many proxies of his stand in front."""

from ipaddress import ip_address
from typing import Any

from django.conf import settings


def visitor_address(request: Any) -> str:
    """The address nearest to the visitor that a trusted proxy wrote down; a header alone is never believed."""
    peer = str(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104 - stands for an unknown peer
    trusted = settings.TRUSTED_PROXIES
    if not trusted:
        return peer
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if len(chain) < trusted:
        return peer
    try:
        return str(ip_address(chain[-trusted]))
    except ValueError:
        return peer
