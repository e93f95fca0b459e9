"""Waiting for what another thread or process does: one look after another, and an end."""

import time
from collections.abc import Callable
from typing import Any


def wait_for(what: Callable[[], Any], seconds: float = 40, *, said: Callable[[], str] = lambda: "") -> Any:
    """The first true answer within the time; otherwise the test fails with what was said."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {seconds} s. {said()}"
        time.sleep(0.02)
    return found
