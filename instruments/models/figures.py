"""What is known of a listing's market by the day: a job reckons it, and what it could not is empty, not nought."""

from django.db import models

from instruments.models.listing import Listing
from kernel.money.fields import DecimalAmountField


class ListingFigures(models.Model):
    listing = models.OneToOneField(Listing, on_delete=models.PROTECT, primary_key=True, related_name="figures")
    price = DecimalAmountField(null=True)
    #: Traded in the last day that is over, in the quote currency.
    turnover = models.FloatField(null=True)
    #: Between bid and ask, as a part of their middle.
    spread = models.FloatField(null=True)
    #: The usual move of a day: the deviation of the daily logarithmic returns of the last thirty bars.
    volatility = models.FloatField(null=True)
    #: The first bar that is known of it.
    trades_since = models.DateField(null=True)
    reckoned_at = models.DateTimeField()

    class Meta:
        ordering = ("listing",)
        verbose_name_plural = "listing figures"
        indexes = (models.Index(fields=("turnover",), name="figures_by_turnover"),)

    def __str__(self) -> str:
        return f"figures of {self.listing_id}"
