"""What a person is told, and over which channels."""

from typing import ClassVar

from django.db import models

from accounts.models.person import Person
from accounts.models.workspace import WorkspaceRow
from kernel import clock
from kernel.encryption.fields import EncryptedField


class Urgency(models.IntegerChoices):
    LOW = 1, "low"
    NORMAL = 2, "normal"
    #: Passes quiet hours.
    URGENT = 3, "urgent"


class Notification(WorkspaceRow):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=80)
    urgency = models.PositiveSmallIntegerField(choices=Urgency.choices, default=Urgency.NORMAL)
    title = models.CharField(max_length=160)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("workspace", "person", "created_at"), name="notification_of_person"),)

    def __str__(self) -> str:
        return self.title


class NotificationChannel(WorkspaceRow):
    """Where a person wants to be told, of what, and when not."""

    class Kind(models.TextChoices):
        MAIL = "mail"
        WEBHOOK = "webhook"
        TELEGRAM = "telegram"
        SLACK = "slack"
        DISCORD = "discord"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    label = models.CharField(max_length=80)
    #: The mail address, the webhook's URL or the chat's number; a Slack or Discord URL is itself a secret.
    address = EncryptedField()
    #: The signing key of a webhook, the bot token of Telegram.
    secret = EncryptedField(null=True)
    events = models.JSONField(default=list, help_text="Which events, as names or patterns such as order.*")
    urgency_floor = models.PositiveSmallIntegerField(choices=Urgency.choices, default=Urgency.LOW)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    #: When the person was told, in the app, that this channel fails; once until it works again.
    failure_told_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("workspace", "person"), name="channel_of_person"),)
        constraints = (
            models.CheckConstraint(
                name="channel_quiet_hours_come_in_pairs",
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} ({self.kind})"


class NoticeMessage(WorkspaceRow):
    """One notification on its way over one channel; without a channel it is a mail to the log-in's own address."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        HANDED_OVER = "HANDED_OVER"
        SENT = "SENT"
        FAILED = "FAILED"
        CANCELLED = "CANCELLED"

    class Happening(models.TextChoices):
        HANDED_TO_DELIVERY = "handed to delivery"
        ARRIVED = "arrived"
        FAILED_FOR_NOW = "failed for now"
        FAILED_FOR_GOOD = "failed for good"
        NOT_WANTED = "not wanted any more"

    #: (from, what happens) → to. A missing row raises.
    TRANSITIONS: ClassVar[dict[tuple[str, str], "NoticeMessage.State"]] = {
        (State.WAITING, Happening.HANDED_TO_DELIVERY): State.HANDED_OVER,
        (State.WAITING, Happening.ARRIVED): State.SENT,
        (State.WAITING, Happening.FAILED_FOR_NOW): State.WAITING,
        (State.WAITING, Happening.FAILED_FOR_GOOD): State.FAILED,
        (State.WAITING, Happening.NOT_WANTED): State.CANCELLED,
        (State.HANDED_OVER, Happening.ARRIVED): State.SENT,
        (State.HANDED_OVER, Happening.FAILED_FOR_NOW): State.HANDED_OVER,
        (State.HANDED_OVER, Happening.FAILED_FOR_GOOD): State.FAILED,
    }

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(NotificationChannel, on_delete=models.CASCADE, null=True, related_name="messages")
    kind = models.CharField(max_length=8, choices=NotificationChannel.Kind.choices)
    state = models.CharField(max_length=11, choices=State.choices, default=State.WAITING)
    #: Not before this: now, the end of quiet hours, or the next attempt.
    next_attempt_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    #: Each attempt at a mail: when, and the error or nothing. Those of other kinds are in the delivery's log.
    log = models.JSONField(default=list)
    delivery_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("workspace", "notification"), name="message_of_notification"),
            models.Index(fields=("workspace", "channel", "created_at"), name="message_of_channel"),
            models.Index(fields=("next_attempt_at",), condition=models.Q(state="WAITING"), name="message_due"),
        )
        constraints = (
            models.CheckConstraint(
                name="message_waits_for_a_moment",
                condition=models.Q(state="WAITING", next_attempt_at__isnull=False)
                | (~models.Q(state="WAITING") & models.Q(next_attempt_at__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.notification_id} by {self.kind} {self.state}"

    def after(self, happening: Happening) -> "NoticeMessage.State":
        return self.TRANSITIONS[self.state, happening]
