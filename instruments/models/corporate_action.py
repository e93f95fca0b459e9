"""Splits and dividends as facts. Bars stay as they were told; an adjusted series is reckoned when it is read."""

from django.db import models

from instruments.domain.action_facts import ActionFact, ActionKind
from instruments.models.instrument import Instrument
from kernel.ids import new_id
from kernel.money.fields import DecimalAmountField


class CorporateAction(models.Model):
    class Kind(models.TextChoices):
        SPLIT = ActionKind.SPLIT.value
        DIVIDEND = ActionKind.DIVIDEND.value

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="actions")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    ex_date = models.DateField(help_text="The first session that trades without it.")
    ratio = DecimalAmountField(null=True, blank=True, help_text="Of a split: new shares for one old.")
    amount = DecimalAmountField(null=True, blank=True, help_text="Of a dividend: per share.")
    currency = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=40)
    known_at = models.DateTimeField()
    #: It was none: from this moment on nobody reckons with it, and it stays to be seen.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("instrument", "ex_date", "kind")
        constraints = (
            models.UniqueConstraint(
                fields=("instrument", "kind", "ex_date"),
                name="action_once_a_day",
                condition=models.Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="action_has_its_figure",
                condition=models.Q(kind="split", ratio__gt=0, amount__isnull=True)
                | models.Q(kind="dividend", amount__gt=0, ratio__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.fact.words}, {self.ex_date}"

    @property
    def fact(self) -> ActionFact:
        figure = self.ratio if self.kind == self.Kind.SPLIT else self.amount
        assert figure is not None, "the constraint action_has_its_figure"
        return ActionFact(ActionKind(self.kind), self.ex_date, figure)
