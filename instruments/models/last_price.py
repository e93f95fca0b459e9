"""The last price that a listing's venue told: exact, with its age. Gates read it, by `selectors.last_price`.

Of a listing whose venue tells none a vendor's may stand here in its own name. That one is for the eye alone.
"""

import datetime as dt
from decimal import Decimal

from django.db import models

from instruments.domain.prices import moment_of
from instruments.models.listing import Listing
from kernel.money.fields import DecimalAmountField
from kernel.money.rounding import STORED_PLACES, half_even_to_places


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

    @property
    def price(self) -> Decimal | None:
        """The last trade's, or else the middle of bid and ask."""
        if self.last is not None:
            return self.last
        if self.bid is None or self.ask is None:
            return self.bid if self.ask is None else self.ask
        return half_even_to_places((self.bid + self.ask) / 2, STORED_PLACES)

    @property
    def is_vendors(self) -> bool:
        """Told by somebody else than the listing's own venue."""
        return self.source != self.listing.venue

    @property
    def moment(self) -> dt.datetime:
        """What its age is reckoned from: the venue's time, or else ours when it came."""
        return moment_of(self.at, self.heard_at)
