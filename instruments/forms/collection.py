"""What is to be collected, by whom reads it."""

import datetime as dt
from typing import Any

from django import forms

from instruments.models import Listing
from instruments.selectors import NoSuchListing, listing_meant
from instruments.services.asking import choices_of
from kernel.bars import Interval

_INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")
#: Of short bars a few weeks are a long job.
_MOST_BARS = 600_000


class CollectionForm(forms.Form):
    instrument = forms.CharField(
        max_length=120, help_text="Its code, such as BTC/USDT, or what a venue calls it, such as BTCUSDT."
    )
    venue = forms.CharField(max_length=40, required=False, help_text="Where several list it: whose bars you want.")
    interval = forms.ChoiceField(choices=[(one, one) for one in _INTERVALS], initial="1h", label="Length of a bar")
    days = forms.IntegerField(min_value=1, max_value=3650, initial=30, label="Days back")

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if self.errors:
            return told
        interval = Interval(told["interval"])
        try:
            told["listing"] = listing_meant(told["instrument"], venue=told["venue"])
        except NoSuchListing as error:
            self.add_error("instrument", str(error))
            return told
        if not choices_of(told["listing"], interval):
            self.add_error("interval", f"No source gives {interval.name} bars of {told['listing']}.")
        if dt.timedelta(days=told["days"]) / interval.length > _MOST_BARS:
            self.add_error("days", f"That is more than {_MOST_BARS:,} bars. Take fewer days, or longer bars.")
        return told

    @property
    def listing(self) -> Listing:
        found: Listing = self.cleaned_data["listing"]
        return found
