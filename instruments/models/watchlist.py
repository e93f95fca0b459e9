"""What a workspace keeps an eye on: named lists of instruments, in an order."""

from django.db import models

from accounts.models.workspace import WorkspaceRow
from instruments.models.instrument import Instrument
from kernel import clock

LONGEST_LIST_NAME = 80


class Watchlist(WorkspaceRow):
    name = models.CharField(max_length=LONGEST_LIST_NAME)
    position = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("position", "made_at", "id")
        constraints = (models.UniqueConstraint(fields=("workspace", "name"), name="watchlist_name_once"),)

    def __str__(self) -> str:
        return self.name


class WatchlistEntry(WorkspaceRow):
    watchlist = models.ForeignKey(Watchlist, on_delete=models.CASCADE, related_name="entries")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0)
    added_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("position", "added_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "watchlist", "instrument"), name="watchlist_entry_once"),
        )

    def __str__(self) -> str:
        return f"{self.instrument_id} in {self.watchlist_id}"
