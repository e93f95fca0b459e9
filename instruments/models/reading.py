"""The last reading of a market's catalogue: when it was told, and what stood in the way since."""

from django.db import models


class CatalogueReading(models.Model):
    market = models.CharField(max_length=40, primary_key=True)
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    listings = models.PositiveIntegerField(default=0)
    #: Symbols that could not be kept as they were told, with the reason; the first of them.
    refused = models.JSONField(default=list, blank=True)
    refused_count = models.PositiveIntegerField(default=0)
    #: Of a list: what tells its issue, and what we made of it, from another.
    digest = models.CharField(max_length=64, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("market",)

    def __str__(self) -> str:
        return self.market
