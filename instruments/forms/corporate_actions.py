"""A split or a dividend as an operator types it, and why one is withdrawn."""

import datetime as dt
from typing import Any

from django import forms

from accounts.domain.names import clean_name
from instruments.domain.action_facts import ActionFact, BadAction, fact_of
from instruments.models import CorporateAction, Listing
from instruments.selectors import NoSuchListing, listing_meant, venues_listing

_TOO_LONG = "At most %(limit_value)d signs; this has %(show_value)d."
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class ActionForm(forms.Form):
    instrument = forms.CharField(
        label="Instrument",
        max_length=80,
        error_messages={"max_length": _TOO_LONG, "required": "Name the instrument."},
        help_text="Its code (AAPL/USD), a venue's symbol, or its id.",
        widget=forms.TextInput(attrs={**_PLAIN, "dir": "auto"}),
    )
    venue = forms.ChoiceField(label="Venue", required=False, help_text="Where several list the symbol.")
    kind = forms.ChoiceField(label="What", choices=CorporateAction.Kind.choices)
    ex_date = forms.DateField(
        label="First day without it",
        error_messages={"required": "Name the day.", "invalid": "A day is written like 2026-08-31."},
        help_text="The first session that trades at the new price, like 2026-08-31.",
        widget=forms.DateInput(attrs={**_PLAIN, "placeholder": "2026-08-31"}),
    )
    figure = forms.CharField(
        label="Ratio or amount",
        max_length=60,
        error_messages={"max_length": _TOO_LONG, "required": "Write the ratio or the amount."},
        help_text="Of a split new shares for old, 4:1; of a dividend what a share gets, in the price's currency, 0.26.",
        widget=forms.TextInput(attrs=_PLAIN),
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        self.listing: Listing | None = None
        self.fact: ActionFact | None = None
        self.fields["venue"].choices = [("", "any"), *((one, one) for one in venues_listing())]  # type: ignore[attr-defined]
        for name in ("instrument", "figure"):
            # The browser would cut what is pasted without a word.
            self.fields[name].widget.attrs.pop("maxlength", None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.listing = listing_meant(cleaned["instrument"].replace("\x00", ""), venue=cleaned["venue"])
        except NoSuchListing as error:
            self.add_error("instrument", str(error))
            return cleaned
        try:
            self.fact = fact_of(
                cleaned["kind"],
                cleaned["ex_date"],
                cleaned["figure"],
                currency="",
                price_currency=self.listing.instrument.quote,
                calendar=self.listing.sessions,
                today=self._today,
            )
        except BadAction as error:
            self.add_error(error.field, str(error))
        return cleaned


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label="Why",
        max_length=300,
        error_messages={"max_length": _TOO_LONG, "required": "Say why it is withdrawn."},
        help_text="It is kept beside the fact and in the platform's audit trail.",
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs.pop("maxlength", None)

    def clean_reason(self) -> str:
        reason = clean_name(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError("Say why it is withdrawn.")
        return reason
