"""Whether this instance can serve: database, broker, migrations, and a worker on every queue."""

from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kernel import clock
from kernel.health.heartbeat import queues_alive
from kernel.redis_clients import own_client


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    is_ready: bool
    detail: str
    milliseconds: float


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers"


def _broker() -> str:
    with own_client(settings.REDIS_URL, seconds=2) as broker:
        broker.ping()
    return "answers"


_migrated = False


def _migrations() -> str:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            raise NotReady(f"{len(missing)} not applied, first {missing[0][0]}; run `manage.py migrate`")
        _migrated = True
    return "all applied"


def _workers() -> str:
    expected = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    silent = expected - queues_alive(clock.now())
    if silent:
        raise NotReady(f"no worker on {', '.join(sorted(silent))}")
    return f"{len(expected)} queues consumed"


class NotReady(RuntimeError):
    """A check failed; its text says what is missing."""


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "migrations": _migrations,
    "workers": _workers,
}


def readiness() -> list[Check]:
    """Every check's answer; none is skipped because another one failed."""
    results = []
    for name, check in CHECKS.items():
        started = clock.monotonic()
        try:
            detail, is_ready = check(), True
        except NotReady as error:
            detail, is_ready = str(error), False
        except (DatabaseError, redis.RedisError, OSError) as error:
            detail, is_ready = f"does not answer ({type(error).__name__})", False
        results.append(Check(name, is_ready, detail, round((clock.monotonic() - started) * 1000, 1)))
    return results
