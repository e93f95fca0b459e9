"""What was found in the series that are kept, how far each day is to be trusted, and what might be put right."""

from django.db import models
from django.urls import reverse

from instruments.domain.quality.findings import Kind, Severity
from instruments.models.listing import Listing
from kernel.ids import new_id


class CheckedSeries(models.Model):
    """A listing's bars of one interval, and the last look at them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="checked_series")
    interval = models.CharField(max_length=4)
    checked_at = models.DateTimeField()
    first_start = models.DateTimeField()
    last_start = models.DateTimeField()
    bars = models.PositiveIntegerField()
    score = models.FloatField(help_text="The mean of its days, 0 to 100.")
    looks = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("score", "listing", "interval")
        verbose_name_plural = "checked series"
        constraints = (models.UniqueConstraint(fields=("listing", "interval"), name="series_checked_once"),)

    def __str__(self) -> str:
        return f"{self.listing}, {self.interval}"

    def get_absolute_url(self) -> str:
        """An operator's page; a member's has his workspace in its address."""
        return reverse("admin:instruments_checkedseries_change", args=[self.pk])


class QualityFinding(models.Model):
    KINDS = [(one.value, one.value.replace("_", " ")) for one in Kind]
    SEVERITIES = [(one.value, one.value) for one in Severity]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(CheckedSeries, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=20, choices=KINDS)
    severity = models.CharField(max_length=8, choices=SEVERITIES)
    start = models.DateTimeField()
    end = models.DateTimeField()
    rows = models.PositiveIntegerField()
    detail = models.CharField(max_length=400)

    class Meta:
        ordering = ("-start", "kind", "pk")
        indexes = (models.Index(fields=("series", "start"), name="finding_by_series"),)

    def __str__(self) -> str:
        return self.detail


class QualityScore(models.Model):
    """One day of one series."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(CheckedSeries, on_delete=models.CASCADE, related_name="scores")
    day = models.DateField()
    score = models.FloatField()

    class Meta:
        ordering = ("series", "-day")
        constraints = (models.UniqueConstraint(fields=("series", "day"), name="day_scored_once"),)

    def __str__(self) -> str:
        return f"{self.day}: {self.score:.1f}"


class RepairProposal(models.Model):
    """What might stand in a bar's place. The raw bar is a revision of its own, before and after."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(CheckedSeries, on_delete=models.PROTECT, related_name="repairs")
    start = models.DateTimeField()
    #: Open, high, low, close, volume.
    raw = models.JSONField()
    proposed = models.JSONField()
    source = models.CharField(max_length=40, help_text="Who told the raw bar.")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-start", "pk")
        constraints = (models.UniqueConstraint(fields=("series", "start"), name="bar_has_one_repair"),)

    def __str__(self) -> str:
        return f"{self.series} {self.start:%Y-%m-%d %H:%M}"

    @property
    def raw_figures(self) -> list[str]:
        return [f"{one:.10g}" for one in self.raw]

    @property
    def proposed_figures(self) -> list[str]:
        return [f"{one:.10g}" for one in self.proposed]
