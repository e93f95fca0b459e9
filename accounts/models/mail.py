"""A mail of this instance to a person, kept until the mail server took it."""

from typing import ClassVar

from django.db import models

from kernel import clock
from kernel.encryption.fields import EncryptedField
from kernel.ids import new_id


class Mail(models.Model):
    """The words are sealed, because they may hold a link that resets a password, and shredded at the end."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        SENT = "SENT"
        FAILED = "FAILED"

    class Happening(models.TextChoices):
        TAKEN = "taken"
        FAILED_FOR_NOW = "failed for now"
        FAILED_FOR_GOOD = "failed for good"

    #: (from, what happens) → to. A missing row raises.
    TRANSITIONS: ClassVar[dict[tuple[str, str], "Mail.State"]] = {
        (State.WAITING, Happening.TAKEN): State.SENT,
        (State.WAITING, Happening.FAILED_FOR_NOW): State.WAITING,
        (State.WAITING, Happening.FAILED_FOR_GOOD): State.FAILED,
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    to = models.EmailField(max_length=254, blank=True)
    subject = models.CharField(max_length=160)
    body = EncryptedField(null=True, bound_to=("pk",))
    #: The address goes with the body: its owner has left.
    forgets_address = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("next_attempt_at",), condition=models.Q(state="WAITING"), name="mail_due"),
            models.Index(fields=("to", "created_at"), name="mail_of_address"),
            models.Index(fields=("finished_at",), name="mail_finished"),
        )
        constraints = (
            models.CheckConstraint(
                name="mail_waits_with_its_words",
                condition=models.Q(
                    state="WAITING", body__isnull=False, next_attempt_at__isnull=False, finished_at__isnull=True
                )
                | (
                    models.Q(state__in=("SENT", "FAILED"))
                    & models.Q(body__isnull=True, next_attempt_at__isnull=True, finished_at__isnull=False)
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} {self.state}"

    def after(self, happening: Happening) -> "Mail.State":
        return self.TRANSITIONS[self.state, happening]
