"""The form of a new paper account: what it is called, whose prices it follows, and what it begins with."""

from django import forms

from accounts.forms.fields import NameField
from exchanges.domain.followed import followed_venues
from exchanges.domain.venues import venue_named
from exchanges.services.paper import DEFAULT_VENUE, LEAST, MOST, USUAL


def _choices() -> list[tuple[str, str]]:
    return [(name, f"{venue_named(name).title}, in {one.currency}") for name, one in followed_venues().items()]


class PaperForm(forms.Form):
    name = NameField(label="Name", most=80, initial="Paper", help_text="What you call it here.")
    follows = forms.ChoiceField(
        label="Follows",
        choices=_choices,
        initial=DEFAULT_VENUE,
        help_text="Its prices, filters and fees are those of this venue. It needs no account there.",
    )
    amount = forms.DecimalField(
        label="Begins with",
        initial=USUAL,
        min_value=LEAST,
        max_value=MOST,
        max_digits=10,
        decimal_places=2,
        help_text=f"Of the currency named above, {LEAST:,} to {MOST:,}. It is pretended, and can be spent once.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
