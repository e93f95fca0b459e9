"""What a person is told, and over which channels."""

from django.db import models

from accounts.models.person import Person
from accounts.models.workspace import WorkspaceRow
from kernel import clock
from kernel.encryption.fields import EncryptedField


class Notification(WorkspaceRow):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=80)
    title = models.CharField(max_length=160)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)
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
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)
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
