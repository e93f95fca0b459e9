"""A person's copy of his data: asked for, packed by a job, kept for a day, then gone."""

from typing import ClassVar

from django.db import models

from accounts.models.person import Person
from kernel import clock
from kernel.ids import new_id


class DataExport(models.Model):
    class State(models.TextChoices):
        WAITING = "WAITING"
        READY = "READY"
        FAILED = "FAILED"
        GONE = "GONE"

    class Happening(models.TextChoices):
        PACKED = "packed"
        FAILED = "failed"
        EXPIRED = "expired"

    #: (from, what happens) → to. A missing row raises.
    TRANSITIONS: ClassVar[dict[tuple[str, str], "DataExport.State"]] = {
        (State.WAITING, Happening.PACKED): State.READY,
        (State.WAITING, Happening.FAILED): State.FAILED,
        # Its person left while it was packed.
        (State.WAITING, Happening.EXPIRED): State.GONE,
        (State.READY, Happening.EXPIRED): State.GONE,
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    job_id = models.UUIDField(null=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    #: What it holds beside the person's own rows: asked for from an address that each of them was open to.
    workspaces = models.JSONField(default=list)
    #: Its name in the private store.
    file = models.CharField(max_length=120, blank=True)
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    downloaded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("person", "created_at"), name="export_of_person"),)
        constraints = (
            # Two clicks pack once.
            models.UniqueConstraint(fields=("person",), condition=models.Q(state="WAITING"), name="export_one_waiting"),
            models.CheckConstraint(
                name="export_ready_has_a_file",
                condition=~models.Q(state="READY") | (~models.Q(file="") & models.Q(expires_at__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return f"export {self.pk} {self.state}"

    def after(self, happening: Happening) -> "DataExport.State":
        return self.TRANSITIONS[self.state, happening]
