"""A venue's call to us, kept until a worker said whether it is what it says, and a day longer against a second one."""

from django.db import models

from accounts.models.workspace import WorkspaceRow
from exchanges.models.connection import Connection
from kernel import clock


class Postback(WorkspaceRow):
    class State(models.TextChoices):
        WAITING = "waiting"
        #: It was the venue's, and the account was asked.
        TAKEN = "taken"
        FORGED = "forged"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    #: As it came; empty once it was looked at.
    body = models.TextField(blank=True)
    #: The same call a second time is the same row.
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-received_at", "-id")
        constraints = (models.UniqueConstraint(fields=("workspace", "connection", "digest"), name="postback_once"),)
        indexes = (models.Index(fields=("workspace", "connection", "received_at"), name="postback_by_time"),)

    def __str__(self) -> str:
        return f"a call for {self.connection_id}"
