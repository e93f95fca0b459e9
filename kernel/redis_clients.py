"""Clients of Redis, all made here: none waits for ever, and none ends a subscription that is only quiet."""

from functools import lru_cache

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

#: What a request may lose to a Redis that does not answer.
PATIENCE_SECONDS = 0.5
CONNECT_SECONDS = 2.0


@lru_cache(maxsize=16)
def shared_client(url: str, *, retries: int = 0) -> "redis.Redis":
    """The process's one for this address: safe among threads, and it finds out by itself that it forked.

    A retry is for what may be done twice: what was not answered may have been done.
    """
    return own_client(url, seconds=PATIENCE_SECONDS, retries=retries)


def own_client(url: str, *, seconds: float, retries: int = 0) -> "redis.Redis":
    """One for whoever closes it."""
    return redis.Redis.from_url(
        url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), retries)
    )


def asking_client(url: str, *, seconds: float) -> "redis.asyncio.Redis":
    """For a question on an event loop; whoever made it closes it."""
    return redis.asyncio.Redis.from_url(
        url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=AsyncRetry(NoBackoff(), 0)
    )


def listening_client(url: str) -> "redis.asyncio.Redis":
    """For a subscription on an event loop, which may be quiet for hours: redis-py's own default of 5 s would end it.

    Who listens looks himself whether anybody is there (docs/adr, PERFORMANCE 1).
    """
    return redis.asyncio.Redis.from_url(
        url, socket_timeout=None, socket_connect_timeout=CONNECT_SECONDS, retry=AsyncRetry(NoBackoff(), 0)
    )
