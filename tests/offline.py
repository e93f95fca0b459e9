"""No test leaves this machine: whatever is sent anywhere but to loopback raises, and no name is looked up outside."""

import ipaddress
import socket
from typing import Any

import pytest

_NAMES = {"localhost", "", None}


class ReachedOut(RuntimeError):
    """A test wanted to talk to another machine. Point it at a server on loopback."""


def stay_on_loopback(patch: pytest.MonkeyPatch) -> None:
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked_connect(own: socket.socket, address: Any) -> None:
        _check(own, address)
        connect(own, address)

    def checked_connect_ex(own: socket.socket, address: Any) -> int:
        _check(own, address)
        return connect_ex(own, address)

    def checked_look_up(host: Any, *args: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in _NAMES:
            try:
                # An address, in whatever spelling, is asked of nobody.
                look_up(name, None, flags=socket.AI_NUMERICHOST)
            except socket.gaierror:
                words = f"a test looked up {name}; nothing here leaves this machine"
                raise socket.gaierror(socket.EAI_NONAME, words) from None
        return look_up(host, *args, **more)

    patch.setattr(socket.socket, "connect", checked_connect)
    patch.setattr(socket.socket, "connect_ex", checked_connect_ex)
    patch.setattr(socket, "getaddrinfo", checked_look_up)


def _check(own: socket.socket, address: Any) -> None:
    if own.family in {socket.AF_INET, socket.AF_INET6}:
        host = address[0]
        if host not in _NAMES and not (_is_address(host) and ipaddress.ip_address(host).is_loopback):
            raise ReachedOut(f"{host} is not this machine")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
