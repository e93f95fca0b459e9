"""Loopback ports."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from deploy.local.console import Trouble
from deploy.local.ports import free_port, holder, is_free, web_port


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_port_somebody_listens_on_is_not_free(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        port = listener.getsockname()[1]
        assert is_free(port) is False
        with pytest.raises(Trouble, match=f"Port {port} is taken"):
            web_port(str(port))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_holder_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert f"by process {os.getpid()} (" in holder(listener.getsockname()[1])


def test_a_free_port_is_accepted() -> None:
    port = free_port()
    assert web_port(str(port)) == port


@pytest.mark.parametrize("text", ["", "http", "0", "70000", "-1", "80.5"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Trouble, match="is not a port"):
        web_port(text)
