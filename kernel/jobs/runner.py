"""Takes the next job of a queue, does it under a lease that a thread keeps alive, and stores how it ended."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import F

from kernel import clock
from kernel.health.metrics import JOBS
from kernel.jobs.kinds import kind_named
from kernel.jobs.models import Job, JobState
from kernel.jobs.queues import QUEUES
from kernel.jobs.run import JobCancelled, JobRefused, LeaseLost, Run
from kernel.jobs.services import nudge
from kernel.live.news import publish
from kernel.logs.context import bind_ids
from kernel.logs.setup import get_logger
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant

CANDIDATES = 20

log = get_logger(__name__)


def run_next_job(queue: str) -> bool:
    """Does one waiting job of the queue; False when there is none to take."""
    for workspace_id, job_id in locate("locate_waiting_jobs", queue, CANDIDATES):
        run = _claim(workspace_id, job_id, now=clock.now())
        if run is not None:
            _do(run)
            # A nudge may have been lost, or held back by a quota: pass it on until the queue is empty.
            if locate("locate_waiting_jobs", queue, 1):
                nudge(queue)
            return True
    return False


def _lease() -> dt.timedelta:
    return dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _claim(workspace_id: UUID | None, job_id: UUID, *, now: dt.datetime) -> Run | None:
    """The job as ours, or None when another worker was faster or the quota is used up."""
    with tenant(workspace_id) if workspace_id else operator():
        job = Job.objects.filter(pk=job_id).first()
        if job is None:
            return None
        with connection.cursor() as cursor:
            # Two workers must not both count the running jobs of a quota before either has claimed one.
            key = f"job-quota:{workspace_id}:{job.quota_key}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        alike = Job.objects.filter(workspace_id=workspace_id) if workspace_id else Job.objects.filter(workspace_id=None)
        if alike.filter(quota_key=job.quota_key, state=JobState.RUNNING).count() >= job.quota_limit:
            return None
        claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
            state=JobState.RUNNING,
            attempts=F("attempts") + 1,
            started_at=now,
            lease_until=now + _lease(),
        )
        if claimed != 1:
            return None  # another worker won
        job.refresh_from_db()
        publish("job", job_id)
        return Run(job)


def _do(run: Run) -> None:
    bind_ids(job=run.job_id, **({"workspace": run.workspace_id} if run.workspace_id else {}))
    try:
        state, result, error = _outcome(run)
        run.end(state, now=clock.now(), result=result, error=error)
    except LeaseLost:
        log.warning("job.lease_lost", kind=run.kind)
    except (OperationalError, InterfaceError):
        # The database went away. Nothing can be stored now; the lease runs out and the sweep gives the job on.
        log.warning("job.database_away", kind=run.kind, exc_info=True)
        connection.close()
    else:
        JOBS.labels(run.kind, state.value).inc()
        log.info("job.ended", kind=run.kind, state=state.value)


def _outcome(run: Run) -> tuple[JobState, Any, str]:
    """How the work ended: its state, its result, and for a failure the words."""
    try:
        kind = kind_named(run.kind)
        with _kept_alive(run):
            return JobState.DONE, kind.work(run), ""
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except JobCancelled:
        return JobState.CANCELLED, None, ""
    except JobRefused as refusal:
        return JobState.FAILED, None, str(refusal)
    except SoftTimeLimitExceeded:
        minutes = QUEUES[run.queue].soft // 60
        words = f"It took longer than {minutes} minutes and was stopped. Try a smaller piece."
        return JobState.FAILED, None, words
    except Exception:
        # Whatever an app's work raises: the job says so, and the worker goes on with the next.
        log.exception("job.failed", kind=run.kind)
        return JobState.FAILED, None, f"Something failed on our side; it was recorded under job {run.job_id}."


@contextmanager
def _kept_alive(run: Run) -> Iterator[None]:
    """Renews the lease from a thread, so that only a dead process loses it, not a long step."""
    stopped = threading.Event()

    def renew() -> None:
        try:
            while not stopped.wait(settings.JOB_LEASE_SECONDS / 4):
                try:
                    with run.scope():
                        run.store(lease_until=clock.now() + _lease())
                except DatabaseError:
                    log.warning("job.lease_not_renewed")
                except LeaseLost:
                    return
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{run.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=10)
