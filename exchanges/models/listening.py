"""How the sockets stand: an account's, which is its workspace's, and a venue's prices, which are everybody's."""

from django.db import models

from accounts.models.workspace import WorkspaceRow
from exchanges.models.connection import Connection


class Listening(WorkspaceRow):
    """What is heard of a connection's orders. Written by the process that listens, seldom while nothing changes."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="listening")
    #: Since when the socket is open; None while it is not.
    connected_at = models.DateTimeField(null=True, blank=True)
    #: The last sign of life.
    heard_at = models.DateTimeField(null=True, blank=True)
    #: From here on something may be missing, until it was asked for.
    gap_from = models.DateTimeField(null=True, blank=True)
    #: When everything that was missed had been asked for.
    filled_at = models.DateTimeField(null=True, blank=True)
    reconnects = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=400, blank=True)
    trouble_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("workspace", "connection"), name="listening_once"),)

    def __str__(self) -> str:
        return f"listening to {self.connection_id}"


class PriceFeed(models.Model):
    """What is heard of a venue's prices."""

    venue = models.CharField(max_length=24, primary_key=True)
    #: The process's last sign of life; the venue's is `heard_at`.
    seen_at = models.DateTimeField()
    connected_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    gap_from = models.DateTimeField(null=True, blank=True)
    wanted = models.PositiveIntegerField(default=0)
    heard = models.PositiveIntegerField(default=0)
    #: Wanted, and listed by the venue under no such name; the first few.
    unknown = models.JSONField(default=list, blank=True)
    reconnects = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=400, blank=True)
    trouble_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("venue",)

    def __str__(self) -> str:
        return f"prices of {self.venue}"
