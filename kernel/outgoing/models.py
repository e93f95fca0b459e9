"""What is to be sent to a user's URL, and the log of each attempt."""

from typing import ClassVar

from django.db import models

from kernel import clock
from kernel.encryption.fields import EncryptedField
from kernel.tenancy.rows import TenantRow


class Happening(models.TextChoices):
    """What can happen to a delivery."""

    ACCEPTED = "accepted"
    FAILED_FOR_NOW = "failed for now"
    FAILED_FOR_GOOD = "failed for good"
    CANCELLED = "cancelled"


class Delivery(TenantRow):
    class State(models.TextChoices):
        PENDING = "PENDING"
        WAITING = "WAITING"
        DELIVERED = "DELIVERED"
        GIVEN_UP = "GIVEN_UP"
        CANCELLED = "CANCELLED"

    #: (from, what happens) → to. A missing row raises.
    TRANSITIONS: ClassVar[dict[tuple[str, str], "Delivery.State"]] = {
        (State.PENDING, Happening.ACCEPTED): State.DELIVERED,
        (State.PENDING, Happening.FAILED_FOR_NOW): State.WAITING,
        (State.PENDING, Happening.FAILED_FOR_GOOD): State.GIVEN_UP,
        (State.PENDING, Happening.CANCELLED): State.CANCELLED,
        (State.WAITING, Happening.ACCEPTED): State.DELIVERED,
        (State.WAITING, Happening.FAILED_FOR_NOW): State.WAITING,
        (State.WAITING, Happening.FAILED_FOR_GOOD): State.GIVEN_UP,
        (State.WAITING, Happening.CANCELLED): State.CANCELLED,
    }
    OPEN: ClassVar[tuple["Delivery.State", ...]] = (State.PENDING, State.WAITING)

    workspace_id = models.UUIDField()
    event = models.CharField(max_length=80)
    #: Scheme and host: what may be shown. The whole URL may be a secret.
    origin = models.CharField(max_length=300)
    url = EncryptedField()
    signing_secret = EncryptedField(null=True)
    body = models.TextField()
    #: Whose destination it is, as that app writes it, such as `channel:<id>`.
    owner = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("workspace_id", "created_at"), name="delivery_of_workspace"),
            models.Index(
                fields=("next_attempt_at",),
                condition=models.Q(state__in=("PENDING", "WAITING")),
                name="delivery_due",
            ),
            models.Index(
                fields=("finished_at",), condition=models.Q(finished_at__isnull=False), name="delivery_finished"
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="delivery_open_has_next_attempt",
                condition=models.Q(
                    state__in=("PENDING", "WAITING"), next_attempt_at__isnull=False, finished_at__isnull=True
                )
                | models.Q(
                    state__in=("DELIVERED", "GIVEN_UP", "CANCELLED"),
                    next_attempt_at__isnull=True,
                    finished_at__isnull=False,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.origin} {self.state}"

    def after(self, happening: Happening) -> "Delivery.State":
        return self.TRANSITIONS[self.state, happening]


class DeliveryAttempt(TenantRow):
    """One attempt and what came of it. Only added to; it goes with its delivery."""

    workspace_id = models.UUIDField()
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True, help_text="The beginning of what the receiver said.")

    class Meta:
        ordering = ("at", "id")
        indexes = (models.Index(fields=("workspace_id", "delivery"), name="attempt_of_delivery"),)

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}: {self.status or self.error}"
