"""The last price that a listing's venue told. Gates read it: exact, with its age."""

from django.db import models

from instruments.models.listing import Listing
from kernel.money.fields import DecimalAmountField


class LastPrice(models.Model):
    listing = models.OneToOneField(Listing, on_delete=models.PROTECT, primary_key=True, related_name="last_price")
    last = DecimalAmountField(null=True)
    bid = DecimalAmountField(null=True)
    ask = DecimalAmountField(null=True)
    at = models.DateTimeField(null=True, help_text="The venue's own time, where it gives one.")
    heard_at = models.DateTimeField()
    source = models.CharField(max_length=40)

    class Meta:
        ordering = ("listing",)
        constraints = (
            models.CheckConstraint(
                name="last_price_has_a_price",
                condition=models.Q(last__isnull=False) | models.Q(bid__isnull=False) | models.Q(ask__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.listing_id} {self.last}"
