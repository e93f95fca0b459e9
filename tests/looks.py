"""Looks lie in Redis, which no test's transaction takes back."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis


@pytest.fixture
def nobody_looks(settings: Any) -> Iterator[None]:
    """What another test looked at a moment ago is not looked at here, nor what this one does in the next."""
    url = settings.REDIS_URL

    def forget() -> None:
        with redis.Redis.from_url(url) as client:
            for key in client.scan_iter("looks:*"):
                client.delete(key)

    forget()
    yield
    forget()
