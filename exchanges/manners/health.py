"""How venues answered in the last minutes, counted by every process in Redis. When Redis is away nobody knows."""

from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from exchanges.domain.health import ActHealth, acts_of, counted
from exchanges.domain.limits import Act
from kernel import clock
from kernel.redis_clients import shared_client

MINUTES = 15
_CLOCK_KEPT = 600


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """How far the venue's clock is ahead of ours, and how exactly that could be seen."""

    ahead: float
    give_or_take: float
    #: Unix seconds.
    at: float


class HealthUnknown(Exception):
    """Redis is away: how venues answered is not known."""


def note_call(market: str, act: Act, seconds: float, *, is_answered: bool) -> None:
    """Counts one call. Raises redis.RedisError."""
    key = _minute_key(market, _minute())
    pipe = _redis().pipeline(transaction=False)
    for name, number in counted(act, seconds, is_answered=is_answered).items():
        pipe.hincrby(key, name, number)
        pipe.hincrby(_totals_key(market), name, number)
    pipe.expire(key, (MINUTES + 2) * 60)
    pipe.execute()


def note_clock(market: str, seen: ClockSeen) -> None:
    key = f"health:{market}:clock"
    pipe = _redis().pipeline(transaction=False)
    pipe.hset(key, mapping={"ahead": seen.ahead, "give_or_take": seen.give_or_take, "at": seen.at})
    pipe.expire(key, _CLOCK_KEPT)
    pipe.execute()


def health_of(market: str) -> tuple[list[ActHealth], ClockSeen | None]:
    """The acts of the last minutes, and the clock as it was seen last."""
    now = _minute()
    pipe = _redis().pipeline(transaction=False)
    for minute in range(now - MINUTES + 1, now + 1):
        pipe.hgetall(_minute_key(market, minute))
    pipe.hgetall(f"health:{market}:clock")
    try:
        *minutes, told = pipe.execute()
    except redis.RedisError as error:
        raise HealthUnknown from error
    acts = acts_of(_numbers(one) for one in minutes)
    told = {name.decode(): float(value) for name, value in told.items()}
    return acts, ClockSeen(**told) if told else None


def totals_of(market: str) -> list[ActHealth]:
    """Everything since Redis began to count."""
    try:
        told = _redis().hgetall(_totals_key(market))
    except redis.RedisError as error:
        raise HealthUnknown from error
    return acts_of([_numbers(told)])


def _numbers(told: "dict[Any, Any]") -> dict[str, int]:
    return {name.decode(): int(number) for name, number in told.items()}


def _totals_key(market: str) -> str:
    return f"health:{market}:totals"


def _minute() -> int:
    return clock.unix_milliseconds() // 60_000


def _minute_key(market: str, minute: int) -> str:
    return f"health:{market}:{minute}"


def _redis() -> "redis.Redis":
    return shared_client(settings.REDIS_URL)
