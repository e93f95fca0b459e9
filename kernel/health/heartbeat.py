"""Writes a worker's heartbeat every ten seconds from its main process, and forgets it when it stops."""

import datetime as dt
from typing import Any

from celery import bootsteps
from django.db import DatabaseError, connection

from kernel import clock
from kernel.health.models import WorkerHeartbeat
from kernel.logs.setup import get_logger

EVERY_SECONDS = 10.0
STALE_AFTER = dt.timedelta(seconds=45)

log = get_logger(__name__)


def beat(name: str, queues: list[str], started_at: dt.datetime, now: dt.datetime) -> None:
    WorkerHeartbeat.objects.update_or_create(
        name=name, defaults={"queues": queues, "started_at": started_at, "seen_at": now}
    )


def queues_alive(now: dt.datetime) -> set[str]:
    """The queues that at least one living worker consumes."""
    seen = WorkerHeartbeat.objects.filter(seen_at__gte=now - STALE_AFTER).values_list("queues", flat=True)
    return {queue for queues in seen for queue in queues}


class HeartbeatStep(bootsteps.StartStopStep):
    """Runs inside a Celery worker's own timer."""

    requires = {"celery.worker.components:Timer"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.timer_entry: Any = None

    def start(self, worker: Any) -> None:
        started_at = clock.now()

        def tick() -> None:
            try:
                beat(worker.hostname, sorted(worker.app.amqp.queues.consume_from), started_at, clock.now())
            except DatabaseError:
                log.warning("worker.heartbeat_failed", worker=worker.hostname)
            finally:
                # The pool's children are forked from this process; they must not inherit its connection.
                connection.close()

        tick()
        self.timer_entry = worker.timer.call_repeatedly(EVERY_SECONDS, tick, priority=0)

    def stop(self, worker: Any) -> None:
        if self.timer_entry is not None:
            self.timer_entry.cancel()
        try:
            WorkerHeartbeat.objects.filter(name=worker.hostname).delete()
        except DatabaseError:
            log.warning("worker.heartbeat_not_forgotten", worker=worker.hostname)
        finally:
            connection.close()
