"""Which sources an instrument's bars may come from, how each stands, and when one took another's place."""

from django.db import models

from instruments.domain.failover import State
from instruments.models.instrument import Instrument
from instruments.models.listing import Listing
from kernel.ids import new_id


class SourceChoice(models.Model):
    """A source of an instrument, and its name for it. The listing's own venue needs none, and comes first."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="source_choices")
    source = models.CharField(max_length=40)
    symbol = models.CharField(max_length=80)
    priority = models.PositiveSmallIntegerField(help_text="The lowest is asked first.")

    class Meta:
        ordering = ("instrument", "priority", "source")
        constraints = (models.UniqueConstraint(fields=("instrument", "source"), name="choice_once_a_source"),)

    def __str__(self) -> str:
        return f"{self.source} {self.symbol}"


class SourceStanding(models.Model):
    """How a source stands for one listing's interval."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="standings")
    interval = models.CharField(max_length=4)
    source = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=[(one.value, one.value) for one in State])
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    #: Not asked before, while others can give.
    rests_until = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=400, blank=True)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("listing", "interval", "source")
        constraints = (
            models.UniqueConstraint(fields=("listing", "interval", "source"), name="standing_once_a_source"),
        )

    def __str__(self) -> str:
        return f"{self.source}: {self.state}"


class Failover(models.Model):
    """When one source took another's place, and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="failovers")
    interval = models.CharField(max_length=4)
    before = models.CharField(max_length=40)
    after = models.CharField(max_length=40)
    reason = models.CharField(max_length=400)
    seconds = models.FloatField(help_text="From the question to the answer of the source that took over.")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("-at",), name="failover_by_time"),)

    def __str__(self) -> str:
        return f"{self.before} to {self.after} at {self.at:%Y-%m-%d %H:%M}"
