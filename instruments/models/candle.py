"""Closed bars, a table in months. Rows are added and never changed: a correction is a further revision."""

from django.db import models


class CandleRow(models.Model):
    """`listing_id` without a foreign key: the writer holds the listing's row, and no listing is ever deleted."""

    pk = models.CompositePrimaryKey("listing_id", "interval", "start", "revision")
    listing_id = models.UUIDField()
    interval = models.CharField(max_length=4)
    start = models.DateTimeField()
    revision = models.PositiveSmallIntegerField()
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    volume = models.FloatField()
    source = models.CharField(max_length=40)
    known_at = models.DateTimeField()

    class Meta:
        db_table = "instruments_candle"
        ordering = ("listing_id", "interval", "start", "revision")

    def __str__(self) -> str:
        return f"{self.interval} {self.start:%Y-%m-%d %H:%M} revision {self.revision}"
