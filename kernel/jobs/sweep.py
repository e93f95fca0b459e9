"""Finds what a lost nudge or a dead worker left behind, and sets it going again."""

import datetime as dt

from kernel.jobs.kinds import UnknownKind, kind_named
from kernel.jobs.models import Job, JobState
from kernel.jobs.queues import QUEUES
from kernel.jobs.services import nudge
from kernel.live.news import publish
from kernel.logs.setup import get_logger
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant

AT_MOST = 500

log = get_logger(__name__)


def sweep_jobs(now: dt.datetime) -> int:
    """Requeues or ends the jobs whose lease ran out, nudges queues that have work; how many were touched."""
    touched = 0
    for workspace_id, job_id in locate("locate_lost_jobs", now, AT_MOST):
        with tenant(workspace_id) if workspace_id else operator():
            job = Job.objects.filter(pk=job_id, state=JobState.RUNNING, lease_until__lt=now).first()
            if job is None:
                continue
            mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
            touched += mine.update(**_after_loss(job, now))
            publish("job", job.pk)
            log.warning("job.worker_lost", job=str(job.pk), kind=job.kind, attempt=job.attempts)
    for queue in QUEUES:
        if locate("locate_waiting_jobs", queue, 1):
            nudge(queue)
    return touched


def _after_loss(job: Job, now: dt.datetime) -> dict[str, object]:
    if job.cancel_requested_at is not None:
        return {"state": JobState.CANCELLED, "ended_at": now, "lease_until": None}
    try:
        attempts_allowed = kind_named(job.kind).max_attempts
    except UnknownKind:
        attempts_allowed = 0
    if job.attempts < attempts_allowed:
        return {"state": JobState.QUEUED, "lease_until": None}
    return {
        "state": JobState.FAILED,
        "ended_at": now,
        "lease_until": None,
        "error": f"The worker died {job.attempts} times while doing this. Look at the server's memory.",
    }
