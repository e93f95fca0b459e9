"""A job's row is all that is known of it; the broker may vanish."""

from typing import ClassVar

from django.db import models

from kernel.tenancy.rows import TenantRow


class JobState(models.TextChoices):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Job(TenantRow):
    null_workspace: ClassVar[str] = "hidden"

    workspace_id = models.UUIDField(null=True, editable=False)
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=160)
    queue = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    parameters = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0, help_text="Higher goes first.")
    quota_key = models.CharField(max_length=120)
    quota_limit = models.PositiveSmallIntegerField(default=1)
    requested_by = models.UUIDField(null=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    resume_token = models.JSONField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(editable=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("workspace_id", "-created_at"), name="job_of_workspace"),
            models.Index(
                fields=("queue", "-priority", "created_at"),
                condition=models.Q(state="QUEUED"),
                name="job_waiting",
            ),
            models.Index(fields=("lease_until",), condition=models.Q(state="RUNNING"), name="job_running"),
        )
        constraints = (
            models.CheckConstraint(
                name="job_progress_within_total",
                condition=models.Q(done__gte=0) & (models.Q(total=0) | models.Q(done__lte=models.F("total"))),
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_stopping(self) -> bool:
        return self.cancel_requested_at is not None and not self.has_ended


class ScheduledSlot(models.Model):
    """One moment of one schedule: whoever inserts the row sends the task, so two beats do no harm."""

    name = models.CharField(max_length=80)
    slot = models.DateTimeField()
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-slot", "name")
        constraints = (models.UniqueConstraint(fields=("name", "slot"), name="slot_once"),)

    def __str__(self) -> str:
        return f"{self.name} at {self.slot:%Y-%m-%d %H:%M:%S}"
