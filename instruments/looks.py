"""What somebody has before his eyes: its price and its book are asked of the venue as long as that lasts.

In Redis, and nowhere else: a look ends by itself, and when Redis is away no page is live anyway.
"""

import datetime as dt

import redis
from django.conf import settings

from kernel.logs.setup import get_logger
from kernel.redis_clients import shared_client

log = get_logger(__name__)

#: How long a look lasts when the page does not say again that it is open.
LASTS = dt.timedelta(minutes=2)


def look_at(market: str, symbol: str, *, now: dt.datetime) -> None:
    """Somebody sees this listing from now on."""
    try:
        with _client().pipeline(transaction=False) as told:
            # One that is told late ends no later one.
            told.zadd(_key(market), {symbol: (now + LASTS).timestamp()}, gt=True)
            told.expire(_key(market), LASTS)
            told.execute()
    except (redis.RedisError, OSError) as error:
        log.warning("looks.not_told", error=type(error).__name__)


def looked_at(market: str, *, now: dt.datetime) -> set[str]:
    """The symbols there that somebody sees; none while Redis is away."""
    try:
        with _client().pipeline(transaction=False) as asked:
            asked.zremrangebyscore(_key(market), "-inf", now.timestamp())
            asked.zrange(_key(market), 0, -1)
            _, symbols = asked.execute()
    except (redis.RedisError, OSError) as error:
        log.warning("looks.not_known", market=market, error=type(error).__name__)
        return set()
    return {symbol.decode() for symbol in symbols}


def _key(market: str) -> str:
    return f"looks:{market}"


def _client() -> "redis.Redis":
    return shared_client(settings.REDIS_URL)
