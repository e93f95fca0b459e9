"""Which news is asked for, and how a feed is told to us."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from instruments.models.news import LONGEST_SOURCE
from instruments.services.feeds import LEAST_MINUTES, MOST_MINUTES
from kernel.outgoing.destination import LONGEST as LONGEST_ADDRESS

TONES = (("", "Any tone"), ("positive", "Positive"), ("neutral", "Neutral"), ("negative", "Negative"))


class NewsForm(forms.Form):
    instrument = forms.CharField(
        label="About",
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "dir": "auto", "spellcheck": "false", "placeholder": "BTC, AAPL, gold"}
        ),
    )
    source = forms.ChoiceField(label="Source", required=False, choices=[("", "Every source")])
    tone = forms.ChoiceField(label="Tone", required=False, choices=TONES)
    watched = forms.BooleanField(label="Only what stands on a watchlist", required=False)

    def __init__(self, data: Mapping[str, Any], sources: Iterable[str]) -> None:
        super().__init__(data)
        self.fields["source"].choices = [("", "Every source"), *((one, one) for one in sources)]  # type: ignore[attr-defined]


class FeedForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST_SOURCE, help_text="As readers see it beside each item.", widget=forms.TextInput()
    )
    address = forms.CharField(
        max_length=LONGEST_ADDRESS,
        help_text="Where the feed itself lies, from https:// on. RSS, Atom or JSON Feed; which it is, is found.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    every_minutes = forms.IntegerField(
        label="Ask every so many minutes", min_value=LEAST_MINUTES, max_value=MOST_MINUTES, initial=15
    )
    licence = forms.CharField(
        label="What its owner lets you do with it",
        required=False,
        max_length=400,
        help_text="A note for who comes after you: whether it may be shown to others, and where that is written.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name.isprintable():
            raise forms.ValidationError("The name holds signs that cannot be seen. Write it anew.")
        return name
