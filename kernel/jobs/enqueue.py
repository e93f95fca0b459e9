"""Enqueues a task by its name, when the open transaction commits."""

from celery import current_app
from django.db import transaction

from kernel.logs.setup import get_logger

log = get_logger(__name__)


def enqueue(name: str, *ids: object) -> None:
    """The task runs soon after commit. A broker that is away is logged and never fails the caller: loops poll too."""

    def send() -> None:
        try:
            current_app.send_task(name, args=[str(key) for key in ids])
        except Exception:
            log.exception("job.not_enqueued", job=name)

    transaction.on_commit(send)
