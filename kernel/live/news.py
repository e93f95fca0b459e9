"""What services say when something changed: its kind and id, never its content.

The number of each workspace's news is drawn by Redis in the same step that publishes it, so a lost one leaves a gap.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from uuid import UUID

import orjson
import redis
from django.conf import settings
from django.db import transaction

from kernel import clock
from kernel.live.registry import kind_named
from kernel.logs.setup import get_logger
from kernel.redis_clients import shared_client
from kernel.tenancy.scope import current_scope

log = get_logger(__name__)

REST_AFTER_FAILURE_SECONDS = 2.0
NUMBERS_KEPT_SECONDS = 7 * 86_400

#: Numbers begin at the server's microseconds, so that they grow even when Redis lost them and the loss shows.
_PUBLISH = f"""
local t = redis.call('TIME')
redis.call('HSETNX', KEYS[1], 'number', string.format('%s%06d', t[1], tonumber(t[2])))
redis.call('HINCRBY', KEYS[1], 'number', ARGV[3])
redis.call('HSET', KEYS[1], 'at', string.format('%s%03d', t[1], math.floor(tonumber(t[2]) / 1000)))
redis.call('EXPIRE', KEYS[1], {NUMBERS_KEPT_SECONDS})
return redis.call('PUBLISH', ARGV[1], redis.call('HGET', KEYS[1], 'number') .. ' ' .. ARGV[2])
"""
_RECHECK = b"0 {}"


@dataclass(frozen=True, slots=True)
class News:
    """One message as it arrived. Without a kind it asks every process to look at its sockets' right to be open."""

    number: int
    kind: str
    row_id: UUID | None
    workspace_id: UUID | None

    @property
    def is_recheck(self) -> bool:
        return not self.kind

    @classmethod
    def parse(cls, raw: bytes) -> "News":
        """The news in a message; ValueError when it is not one of ours."""
        number, _, body = raw.partition(b" ")
        said = orjson.loads(body)
        if not said:
            return cls(int(number), "", None, None)
        try:
            workspace = said["workspace"]
            return cls(int(number), said["kind"], UUID(said["id"]), UUID(workspace) if workspace else None)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a message of live news") from error


def publish(kind: str, row_id: UUID) -> None:
    """Tells every open page of the scope's workspace, once the transaction commits; of all for a public kind.

    A row of the platform's own concerns nobody's pages, unless its kind is shared with every workspace.
    It never fails the request: what does not get out shows as a gap, and pages read again.
    """
    live = kind_named(kind)
    workspace_id = None if live.is_public else current_scope().workspace_id
    if workspace_id is None and not (live.is_public or live.is_shared):
        return
    transaction.on_commit(partial(_send, kind, row_id, workspace_id))


def publish_all(kind: str, row_ids: Iterable[UUID]) -> None:
    """As `publish`, of many public things at once: one trip to Redis for all of them."""
    if not kind_named(kind).is_public:
        raise ValueError(f"{kind} is not public; its rows are published one by one, in their workspace's scope")
    bodies = [_body(None, kind, one) for one in row_ids]
    if bodies:
        transaction.on_commit(lambda: _publisher().send_all(None, bodies))


def recheck_sockets() -> None:
    """Asks every process to look at once, after the commit, whether its sockets may stay open.

    Only a nudge: each process looks every few seconds by itself.
    """
    transaction.on_commit(lambda: _publisher().nudge())


def numbers_key(workspace_id: UUID | None) -> str:
    return f"{settings.LIVE_CHANNEL}:numbers:{workspace_id or 'public'}"


def _send(kind: str, row_id: UUID, workspace_id: UUID | None) -> None:
    _publisher().send(workspace_id, _body(workspace_id, kind, row_id))


def _body(workspace_id: UUID | None, kind: str, row_id: UUID) -> bytes:
    return orjson.dumps({"workspace": str(workspace_id) if workspace_id else None, "kind": kind, "id": str(row_id)})


class Publisher:
    """Hands news to Redis, and when it cannot, remembers to leave a gap in the numbers."""

    def __init__(self, url: str) -> None:
        # News that are told twice are drawn once more, and harm nobody.
        self._redis = shared_client(url, retries=1)
        self._script = self._redis.register_script(_PUBLISH)
        self._owed: set[UUID | None] = set()
        self._rests_until = 0.0

    def send(self, workspace_id: UUID | None, body: bytes) -> None:
        # A skipped number is how receivers learn that an earlier publication was lost here.
        step = 2 if workspace_id in self._owed else 1
        arguments: list[bytes | str | int] = [settings.LIVE_CHANNEL, body, step]
        if self._attempt(lambda: self._script(keys=[numbers_key(workspace_id)], args=arguments)):
            self._owed.discard(workspace_id)
        else:
            self._owed.add(workspace_id)

    def send_all(self, workspace_id: UUID | None, bodies: Sequence[bytes]) -> None:
        """Like `send` of each; lost together, they leave one gap."""
        owed = workspace_id in self._owed

        def act() -> None:
            with self._redis.pipeline(transaction=False) as sent:
                for number, body in enumerate(bodies):
                    step = 2 if owed and number == 0 else 1
                    arguments: list[bytes | str | int] = [settings.LIVE_CHANNEL, body, step]
                    self._script(keys=[numbers_key(workspace_id)], args=arguments, client=sent)
                sent.execute()

        if self._attempt(act):
            self._owed.discard(workspace_id)
        else:
            self._owed.add(workspace_id)

    def nudge(self) -> None:
        self._attempt(lambda: self._redis.publish(settings.LIVE_CHANNEL, _RECHECK))

    def _attempt(self, act: Callable[[], object]) -> bool:
        # One dead Redis must not cost every request its patience.
        if clock.monotonic() < self._rests_until:
            return False
        try:
            act()
        except (redis.RedisError, OSError) as error:
            self._rests_until = clock.monotonic() + REST_AFTER_FAILURE_SECONDS
            log.warning("live.publish_failed", error=type(error).__name__)
            return False
        return True


def _publisher() -> Publisher:
    return _publisher_at(settings.REDIS_URL)


@cache
def _publisher_at(url: str) -> Publisher:
    return Publisher(url)
