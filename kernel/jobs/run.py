"""What a running job's work is given: its parameters, its scope, and the ways to report, resume and stop."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.live.news import publish
from kernel.tenancy.scope import operator, tenant

TELL_EVERY_SECONDS = 0.5


class JobCancelled(Exception):
    """Somebody asked the job to stop; the work lets this through."""


class LeaseLost(Exception):
    """Another worker was given this job, because this one seemed dead. The work stops and stores nothing."""


class JobRefused(Exception):
    """The work cannot be done; the text says why, to the person who asked for it."""


class Run:
    """One attempt at one job."""

    def __init__(self, job: Job) -> None:
        self.job_id: UUID = job.pk
        self.workspace_id = job.workspace_id
        self.kind = job.kind
        self.queue = job.queue
        self.parameters: dict[str, Any] = job.parameters
        self.requested_by = job.requested_by
        self.attempt = job.attempts
        self.resume_token: Any = job.resume_token
        self._told_at = 0.0

    @contextmanager
    def scope(self) -> Iterator[None]:
        """The job's workspace, or the platform for a job of nobody's."""
        with tenant(self.workspace_id) if self.workspace_id else operator():
            yield

    def progress(self, done: int, total: int, note: str = "", *, resume_token: Any = None) -> None:
        """Says how far the work is, keeps where to go on after a crash, and stops here if that was asked.

        Cheap to call often: it writes twice a second, at the end, and whenever there is a token to keep.
        """
        now = clock.monotonic()
        if resume_token is None and done < total and now - self._told_at < TELL_EVERY_SECONDS:
            return
        self._told_at = now
        changes: dict[str, Any] = {"done": min(done, total) if total else done, "total": total, "note": note[:200]}
        if resume_token is not None:
            self.resume_token = changes["resume_token"] = resume_token
        with self.scope():
            self.store(**changes)
            publish("job", self.job_id)
            asked = Job.objects.filter(pk=self.job_id, cancel_requested_at__isnull=False).exists()
        if asked:
            raise JobCancelled

    def store(self, **changes: Any) -> None:
        """Writes to the job if it is still this attempt's; inside the scope."""
        if self._mine().update(**changes) != 1:
            raise LeaseLost(str(self.job_id))

    def end(self, state: JobState, *, now: dt.datetime, result: Any = None, error: str = "") -> None:
        with self.scope():
            self.store(state=state, ended_at=now, result=result, error=error[:500], lease_until=None)
            publish("job", self.job_id)

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job_id, state=JobState.RUNNING, attempts=self.attempt)
