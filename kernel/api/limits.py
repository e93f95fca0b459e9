"""How often a token, or an address without one, may call; told in every answer's RateLimit headers.

A fixed window in Redis. When Redis is away this process counts alone: limits grow looser, the API does not stop.
Guessing limits for log-ins are elsewhere and live in the database.
"""

import threading
from abc import ABC, abstractmethod
from typing import Any, cast

import redis
from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.tenancy.access import Access

_PERIODS = {"s": 1, "min": 60, "hour": 3600}


class _OwnCount:
    """This process's count while Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def incr(self, key: str) -> int:
        with self._lock:
            if len(self._counts) > 10_000:
                self._counts.clear()
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key]


_own_count = _OwnCount()


class _Window(BaseThrottle, ABC):
    scope: str

    @abstractmethod
    def subject(self, request: Request) -> str | None:
        """Who is counted; None when this limit does not concern the call."""

    def rate(self) -> str:
        rates: dict[str, str] = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]  # type: ignore[assignment]
        return rates[self.scope]

    def allow_request(self, request: Request, view: Any) -> bool:
        subject = self.subject(request)
        if subject is None:
            return True
        count, _, period = self.rate().partition("/")
        limit, seconds = int(count), _PERIODS[period]
        now = clock.unix_milliseconds() // 1000
        self.reset = seconds - now % seconds
        used = self._count(f"rate:{self.scope}:{subject}:{now // seconds}", seconds)
        # The answer's headers are written in kernel.api.views.
        request._request.rate_limit = (limit, max(0, limit - used), self.reset)  # type: ignore[attr-defined]
        return used <= limit

    def _count(self, key: str, seconds: int) -> int:
        try:
            cache.add(key, 0, timeout=seconds * 2)
            return int(cache.incr(key))
        except (redis.RedisError, ValueError):
            return _own_count.incr(key)

    def wait(self) -> float:
        return float(self.reset)


class TokenRate(_Window):
    scope = "token"

    def subject(self, request: Request) -> str | None:
        access = cast(Access | None, request.auth)
        return str(access.token_id) if access else None


class AddressRate(_Window):
    scope = "address"

    def subject(self, request: Request) -> str | None:
        return None if request.auth else visitor_address(request)
