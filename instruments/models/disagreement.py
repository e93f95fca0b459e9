"""Where two sources tell one bar otherwise by more than the tolerance. Both are kept as told; no average is made."""

from django.db import models

from instruments.models.listing import Listing
from kernel.ids import new_id


class Disagreement(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="disagreements")
    interval = models.CharField(max_length=4)
    start = models.DateTimeField()
    kept_source = models.CharField(max_length=40)
    #: Open, high, low, close and volume as the source of the kept bar told them.
    kept = models.JSONField()
    other_source = models.CharField(max_length=40)
    other = models.JSONField()
    #: The greatest difference of a price, as a share of the kept one.
    apart = models.FloatField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-seen_at", "-start")
        constraints = (
            models.UniqueConstraint(
                fields=("listing", "interval", "start", "kept_source", "other_source"), name="disagreement_once"
            ),
        )
        indexes = (models.Index(fields=("-seen_at",), name="disagreement_by_time"),)

    def __str__(self) -> str:
        return f"{self.kept_source} and {self.other_source} at {self.start:%Y-%m-%d %H:%M}"
