"""The book of a listing, as its venue told it last."""

import datetime as dt

from django.db import models

from instruments.domain.prices import moment_of
from instruments.models.listing import Listing


class OrderBook(models.Model):
    """Levels are pairs of decimals in words, the best first, as they were told."""

    listing = models.OneToOneField(Listing, on_delete=models.PROTECT, primary_key=True, related_name="book")
    bids = models.JSONField()
    asks = models.JSONField()
    at = models.DateTimeField(null=True, help_text="The venue's own time, where it gives one.")
    heard_at = models.DateTimeField()
    source = models.CharField(max_length=40)

    class Meta:
        ordering = ("listing",)

    def __str__(self) -> str:
        return f"book of {self.listing_id}"

    @property
    def moment(self) -> dt.datetime:
        """What its age is reckoned from: the venue's time, or else ours when it came."""
        return moment_of(self.at, self.heard_at)
