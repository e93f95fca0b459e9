"""A price that somebody waits for, and each time that it came."""

from django.db import models

from accounts.models import Person
from accounts.models.workspace import WorkspaceRow
from instruments.domain.alerts import Condition, condition_words
from instruments.domain.alerts import State as StateWord
from instruments.models.listing import Listing
from kernel import clock
from kernel.money.fields import DecimalAmountField

LONGEST_NOTE = 200


class PriceAlert(WorkspaceRow):
    class Kind(models.TextChoices):
        ABOVE = Condition.ABOVE.value, "rises through"
        BELOW = Condition.BELOW.value, "falls through"
        MOVES = Condition.MOVES.value, "moves by, within"
        SILENT = Condition.SILENT.value, "price is older than"

    class State(models.TextChoices):
        ARMED = StateWord.ARMED.value, "armed"
        FIRED = StateWord.FIRED.value, "fired"
        PAUSED = StateWord.PAUSED.value, "paused"

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    #: The price of a crossing, or the percents of a move.
    threshold = DecimalAmountField(null=True, blank=True)
    #: Within how long a move is one, or from which age a price is old.
    seconds = models.PositiveIntegerField(null=True, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.ARMED)
    armed_at = models.DateTimeField(default=clock.now)
    #: What was seen of the price since it was armed, in domain.alerts' words.
    seen = models.JSONField(default=dict, blank=True)
    #: The moment of the last price that was looked at.
    seen_at = models.DateTimeField(null=True, blank=True)
    #: Who is told; when he is gone, the owners are.
    made_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="alert_is_whole",
                condition=models.Q(kind__in=("above", "below"), threshold__gt=0)
                | models.Q(kind="moves", threshold__gt=0, seconds__gt=0)
                | models.Q(kind="silent", seconds__gt=0),
            ),
            models.CheckConstraint(
                name="alert_state_known", condition=models.Q(state__in=("armed", "fired", "paused"))
            ),
        )
        indexes = (
            models.Index(fields=("workspace", "-made_at"), name="alert_of_a_workspace"),
            models.Index(fields=("listing",), name="alert_armed", condition=models.Q(state="armed")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.threshold} on {self.listing_id}"

    @property
    def condition(self) -> str:
        return condition_words(Condition(self.kind), self.threshold, self.seconds)


class AlertFiring(WorkspaceRow):
    """Why and when it fired, and how old the price was that fired it."""

    alert = models.ForeignKey(PriceAlert, on_delete=models.CASCADE, related_name="firings")
    words = models.CharField(max_length=400)
    price = DecimalAmountField(null=True)
    price_at = models.DateTimeField(null=True)
    age_seconds = models.FloatField(null=True)
    source = models.CharField(max_length=40, blank=True)
    fired_at = models.DateTimeField()

    class Meta:
        ordering = ("-fired_at", "-id")
        indexes = (models.Index(fields=("workspace", "alert", "-fired_at"), name="firing_of_an_alert"),)

    def __str__(self) -> str:
        return self.words
