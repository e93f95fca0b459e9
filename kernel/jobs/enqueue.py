"""Hands a task's name and ids to Celery once the transaction has committed."""

from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from kernel.jobs.queues import QUEUES
from kernel.logs.setup import get_logger

log = get_logger(__name__)


def enqueue(name: str, *ids: object, queue: str | None = None) -> None:
    """Sends the task after commit. When the broker is away this is logged and nothing else: the loops that poll
    the database find the row anyway."""
    transaction.on_commit(partial(_send, name, [str(one) for one in ids], queue), robust=True)


def _send(name: str, ids: list[str], queue: str | None) -> None:
    limits = QUEUES[queue] if queue else None
    try:
        current_app.send_task(
            name,
            args=ids,
            queue=queue,
            soft_time_limit=limits.soft if limits else None,
            time_limit=limits.hard if limits else None,
        )
    except (OperationalError, OSError) as error:
        log.warning("task.not_enqueued", task=name, error=type(error).__name__)
