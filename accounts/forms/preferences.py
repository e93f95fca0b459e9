"""How a person wants to read: each mistake named, nothing typed lost."""

import zoneinfo
from typing import Any

from django import forms

from accounts.domain.countries import COUNTRIES
from accounts.domain.currencies import CURRENCIES
from accounts.models import NumberFormat, Person, Theme

MOST_NAME = 120


class PreferencesForm(forms.Form):
    name = forms.CharField(
        label="Your name",
        max_length=MOST_NAME,
        required=False,
        help_text="What your team reads.",
        error_messages={"max_length": "A name has at most %(limit_value)d characters; this one has %(show_value)d."},
        # No maxlength for the browser: it would cut what is pasted without a word.
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    theme = forms.ChoiceField(label="Theme", choices=Theme.choices, widget=forms.RadioSelect)
    number_format = forms.ChoiceField(label="Figures", choices=NumberFormat.choices, widget=forms.RadioSelect)
    base_currency = forms.ChoiceField(
        label="Base currency",
        choices=[(code, f"{code}, {name}") for code, name in CURRENCIES.items()],
        help_text="Sums over several currencies are shown in it.",
    )
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        help_text="Type a city. Times on every page are shown in it, with its name.",
        error_messages={"max_length": "A zone has at most %(limit_value)d characters. One is Asia/Kolkata."},
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    country = forms.ChoiceField(
        label="Country",
        required=False,
        choices=[("", "Not said"), *COUNTRIES.items()],
        help_text="Decides which notices you are shown. Where you live, not where you are.",
    )
    has_single_keys = forms.BooleanField(
        label="Single-letter keys", required=False, help_text="“g d” goes to the dashboard, “?” lists them all."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("theme", "number_format", "base_currency", "country"):
            self.fields[name].error_messages["invalid_choice"] = "“%(value)s” is not among the choices."
            self.fields[name].error_messages["required"] = "Choose one."
        # Django tells the browser the most by itself; see `name`.
        self.fields["name"].widget.attrs.pop("maxlength", None)
        self.fields["time_zone"].widget.attrs.pop("maxlength", None)

    @classmethod
    def of(cls, person: Person) -> "PreferencesForm":
        return cls(initial={name: getattr(person, name) for name in cls.base_fields})

    def clean_time_zone(self) -> str:
        given: str = self.cleaned_data["time_zone"].strip().replace(" ", "_")
        known = {zone.casefold(): zone for zone in zoneinfo.available_timezones()}
        if given.casefold() not in known:
            raise forms.ValidationError(f"“{given[:64]}” is no time zone. One is Asia/Kolkata, another Europe/Berlin.")
        return known[given.casefold()]


def time_zones() -> list[str]:
    """What the field suggests: zones named for a place, and UTC."""
    of_places = (zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [*sorted(of_places), "UTC"]
