"""The Celery application: JSON only, explicit limits, four queues (docs/architecture.md, Jobs)."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("plumbline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def _name_the_task(task: Any, task_id: str, **_: Any) -> None:
    """Every log line of a task carries its name and id, and none of the task before it."""
    from kernel.logs.context import bind_ids, forget_ids  # noqa: PLC0415 - settings first

    forget_ids()
    bind_ids(task=task.name, task_id=task_id)


@worker_init.connect
def _beat_the_heart(sender: Any, **_: Any) -> None:
    """A worker's heartbeat needs the apps, which a web process loads without it."""
    from kernel.health.heartbeat import HeartbeatStep  # noqa: PLC0415 - models exist only after Django's set-up

    sender.app.steps["worker"].add(HeartbeatStep)
