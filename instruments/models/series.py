"""One listing's bars of one interval: how far they reach, who gave them, and which files count."""

from django.db import models

from instruments.models.listing import Listing
from kernel.ids import new_id


class CandleSeries(models.Model):
    """Whoever writes bars locks this row, and raises `changes`: by it a reader knows whether what he holds is old."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="series")
    interval = models.CharField(max_length=4)
    first = models.DateTimeField(null=True)
    last = models.DateTimeField(null=True)
    count = models.BigIntegerField(default=0)
    changes = models.BigIntegerField(default=0)
    #: In the order in which they came; rows in the database and in files name one of them.
    sources = models.JSONField(default=list)
    written_at = models.DateTimeField(null=True)
    #: Where bars are missing, as it was last looked: how many runs, how many bars, the newest runs.
    gap_runs = models.PositiveIntegerField(default=0)
    gap_bars = models.BigIntegerField(default=0)
    gaps = models.JSONField(default=list)
    gaps_seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("listing", "interval")
        verbose_name_plural = "candle series"
        constraints = (models.UniqueConstraint(fields=("listing", "interval"), name="series_once"),)

    def __str__(self) -> str:
        return f"{self.listing}, {self.interval}"


class CandleFile(models.Model):
    """The file that holds a month of a series. A file that no row names counts for nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(CandleSeries, on_delete=models.PROTECT, related_name="files")
    month = models.DateField()
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("series", "month")
        constraints = (models.UniqueConstraint(fields=("series", "month"), name="candle_file_once_a_month"),)

    def __str__(self) -> str:
        return self.name
