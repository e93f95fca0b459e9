"""The shared book of what was used, which venue banned us and which seems down: one script in Redis, Redis's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import redis
from django.conf import settings

from exchanges.domain.limits import Refill
from kernel.redis_clients import shared_client


@dataclass(frozen=True, slots=True)
class Due:
    """What one call costs in one budget."""

    key: str
    cost: int
    amount: int
    seconds: float
    refill: Refill
    share: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """Nothing to wait for: it was paid. Else nothing was taken from any budget."""

    wait: float
    reason: str = ""

    @property
    def may_go(self) -> bool:
        return self.wait <= 0


class Book:
    """One venue at one egress address."""

    root = "manners"

    def __init__(self, *, venue: str, address: str, url: str | None = None) -> None:
        self.prefix = f"{self.root}:{{{venue}@{address or 'here'}}}"
        self._url = url or settings.REDIS_URL

    @cached_property
    def _redis(self) -> "redis.Redis":
        return shared_client(self._url)

    @cached_property
    def _pay(self) -> "redis.commands.core.Script":
        return self._redis.register_script(_PAY)

    def pay(self, dues: Sequence[Due], *, minds_breaker: bool) -> Ruling:
        """Pays all of them or none."""
        keys = [f"{self.prefix}:ban", f"{self.prefix}:breaker", *(f"{self.prefix}:{due.key}" for due in dues)]
        arguments: list[str | int | float] = [int(minds_breaker)]
        for due in dues:
            arguments += [due.cost, due.amount, due.seconds, due.refill.value, due.share]
        milliseconds, reason = self._pay(keys=keys, args=arguments)
        return Ruling(int(milliseconds) / 1000, reason.decode())

    def ban(self, seconds: float) -> None:
        """Nobody at this address asks before that. A shorter word never shortens a longer one."""
        self._redis.register_script(_BAN)(keys=[f"{self.prefix}:ban"], args=[int(seconds * 1000)])

    def at_least(self, due: Due, used: int) -> None:
        """The venue says that so much was used: other programs at this address ask it too."""
        self._redis.register_script(_AT_LEAST)(keys=[f"{self.prefix}:{due.key}"], args=[used, due.seconds])

    def went_well(self) -> None:
        self._redis.delete(f"{self.prefix}:breaker")

    def went_wrong(self, *, most: int, seconds: float) -> None:
        """After so many failures on end the breaker opens; each further one doubles the pause, eightfold at most."""
        self._redis.register_script(_WRONG)(keys=[f"{self.prefix}:breaker"], args=[most, seconds])

    def facts(self) -> dict[str, float]:
        """How long the ban and the open breaker still last, for the page of health."""
        ban, opened = self._redis.pttl(f"{self.prefix}:ban"), self._redis.hget(f"{self.prefix}:breaker", "until")
        seconds, micros = self._redis.time()
        now = seconds + micros / 1_000_000
        left = float(opened) - now if opened else 0.0
        return {"ban": max(0, ban) / 1000, "breaker": max(0.0, left)}


# ARGV: whether the breaker counts, then for each budget cost, amount, seconds, refill, share.
# Answers {milliseconds, why}.
_PAY = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local ban = redis.call('PTTL', KEYS[1])
if ban > 0 then return {ban, 'BANNED'} end
if tonumber(ARGV[1]) == 1 then
  local open = redis.call('HGET', KEYS[2], 'until')
  if open then
    local left = tonumber(open) - now
    if left > 0 then return {math.ceil(left * 1000), 'VENUE_DOWN'} end
    local probe = tonumber(redis.call('HGET', KEYS[2], 'probe') or '0')
    if probe > now then return {math.ceil((probe - now) * 1000), 'VENUE_PROBED'} end
    redis.call('HSET', KEYS[2], 'probe', now + 15)
  end
end
local due = {}
for i = 3, #KEYS do
  local at = (i - 3) * 5 + 2
  local cost, amount, seconds = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local refill, share = ARGV[at + 3], tonumber(ARGV[at + 4])
  local row = redis.call('HMGET', KEYS[i], 'used', 'since')
  local used, since = tonumber(row[1] or '0'), tonumber(row[2] or '0')
  if refill == 'window' then
    local start = now - now % seconds
    if since ~= start then used, since = 0, start end
  else
    used = math.max(0, used - math.max(0, now - since) * amount / seconds)
    since = math.max(now, since)
  end
  local over = used + cost - math.max(cost, amount * share)
  if over > 0 then
    local wait = refill == 'window' and (since + seconds - now) or (over * seconds / amount)
    return {math.max(1, math.ceil(wait * 1000)), 'BUDGET'}
  end
  due[#due + 1] = {KEYS[i], used + cost, since, seconds}
end
for _, one in ipairs(due) do
  redis.call('HSET', one[1], 'used', string.format('%.17g', one[2]), 'since', string.format('%.17g', one[3]))
  redis.call('EXPIRE', one[1], math.ceil(one[4] * 2) + 1)
end
return {0, ''}
"""

_BAN = """
local wanted = tonumber(ARGV[1])
if redis.call('PTTL', KEYS[1]) < wanted then redis.call('SET', KEYS[1], '1', 'PX', wanted) end
"""

_AT_LEAST = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local seconds = tonumber(ARGV[2])
local start = now - now % seconds
local row = redis.call('HMGET', KEYS[1], 'used', 'since')
local used = tonumber(row[2] or '0') == start and tonumber(row[1] or '0') or 0
if tonumber(ARGV[1]) > used then
  redis.call('HSET', KEYS[1], 'used', ARGV[1], 'since', string.format('%.17g', start))
  redis.call('EXPIRE', KEYS[1], math.ceil(seconds * 2) + 1)
end
"""

_WRONG = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local most = tonumber(ARGV[1])
if failures >= most then
  local pause = tonumber(ARGV[2]) * math.min(8, 2 ^ (failures - most))
  redis.call('HSET', KEYS[1], 'until', string.format('%.17g', now + pause))
  redis.call('HDEL', KEYS[1], 'probe')
end
redis.call('EXPIRE', KEYS[1], 3600)
"""
