"""Starts and cancels jobs. Both run in the scope of the job's workspace, or the platform's."""

import datetime as dt
from typing import Any
from uuid import UUID

from kernel.jobs.enqueue import enqueue
from kernel.jobs.kinds import kind_named
from kernel.jobs.models import ENDED, Job, JobState
from kernel.live.news import publish
from kernel.tenancy.scope import current_scope

RUN_NEXT = "kernel.run_next_job"


def start_job(
    kind_name: str,
    *,
    now: dt.datetime,
    requested_by: UUID | None = None,
    title: str = "",
    priority: int = 0,
    quota_key: str = "",
    **parameters: Any,
) -> Job:
    """A queued job. Its worker is nudged on commit; the sweep finds it if the nudge is lost."""
    kind = kind_named(kind_name)
    job = Job.objects.create(
        workspace_id=current_scope().workspace_id,
        kind=kind.name,
        title=title or kind.title,
        queue=kind.queue,
        parameters=parameters,
        priority=priority,
        quota_key=quota_key or kind.name,
        quota_limit=kind.at_once,
        requested_by=requested_by,
        created_at=now,
    )
    nudge(kind.queue)
    publish("job", job.pk)
    return job


def nudge(queue: str) -> None:
    """Tells one worker of the queue to look for the next job."""
    enqueue(RUN_NEXT, queue, queue=queue)


def request_cancel(job: Job, *, now: dt.datetime) -> bool:
    """Ends a waiting job at once, asks a running one to stop at its next step; False when it had ended."""
    waiting = Job.objects.filter(pk=job.pk, state=JobState.QUEUED)
    if waiting.update(state=JobState.CANCELLED, cancel_requested_at=now, ended_at=now) == 1:
        publish("job", job.pk)
        return True
    running = Job.objects.filter(pk=job.pk).exclude(state__in=ENDED)
    was_running = running.update(cancel_requested_at=now) == 1
    if was_running:
        publish("job", job.pk)
    return was_running
