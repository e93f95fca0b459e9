"""What is typed of watchlists and alerts; the page and the API refuse in the same words."""

from decimal import Decimal
from typing import Any

from django import forms

from accounts.domain.names import clean_name
from instruments.models import PriceAlert
from instruments.models.alert import LONGEST_NOTE
from instruments.models.watchlist import LONGEST_LIST_NAME
from kernel.money.rounding import NotStorable, exact_for_storage

_TOO_LONG = "At most %(limit_value)d signs; this has %(show_value)d."
_MOST_SECONDS = 30 * 86_400
Kind = PriceAlert.Kind


class NameForm(forms.Form):
    name = forms.CharField(
        label="Name of the list",
        max_length=LONGEST_LIST_NAME,
        error_messages={"max_length": _TOO_LONG, "required": "A watchlist has a name."},
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The browser would cut what is pasted without a word.
        self.fields["name"].widget.attrs.pop("maxlength", None)

    def clean_name(self) -> str:
        name = clean_name(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("A watchlist has a name.")
        return name


class AlertForm(forms.Form):
    kind = forms.ChoiceField(label="Tell me when it", choices=Kind.choices)
    threshold = forms.CharField(
        label="Price, or percents of a move",
        required=False,
        max_length=60,
        error_messages={"max_length": _TOO_LONG},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    seconds = forms.IntegerField(
        label="Span of a move, or age of a price",
        required=False,
        min_value=10,
        max_value=_MOST_SECONDS,
        error_messages={
            "min_value": "At least %(limit_value)d seconds: prices are looked at every few.",
            "max_value": "At most %(limit_value)d seconds, which are 30 days.",
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    note = forms.CharField(
        label="Note to yourself",
        required=False,
        max_length=LONGEST_NOTE,
        error_messages={"max_length": _TOO_LONG},
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seconds"].unit = "seconds"  # type: ignore[attr-defined]
        self.fields["threshold"].widget.attrs.pop("maxlength", None)
        self.fields["note"].widget.attrs.pop("maxlength", None)

    def clean_threshold(self) -> Decimal | None:
        typed = self.cleaned_data["threshold"].strip().replace("\u202f", "").replace(" ", "")
        if not typed:
            return None
        try:
            value = exact_for_storage(Decimal(typed)) if typed.isascii() else None
        except NotStorable as error:
            raise forms.ValidationError(f"{error}.") from error
        except ArithmeticError:
            value = None
        if value is None:
            raise forms.ValidationError("This is no number. One is 91250.50, with a point.")
        if value <= 0:
            raise forms.ValidationError("The figure is above nought.")
        return value

    def clean_note(self) -> str:
        return clean_name(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        needs = {Kind.ABOVE: ("threshold",), Kind.BELOW: ("threshold",), Kind.MOVES: ("threshold", "seconds")}
        for name in needs.get(Kind(kind), ("seconds",)) if kind else ():
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, _NEEDED[name])
        return cleaned

    @property
    def told(self) -> dict[str, Any]:
        """What the service takes: of a figure that the kind does not ask for, nothing."""
        kind = Kind(self.cleaned_data["kind"])
        has_threshold, has_seconds = kind != Kind.SILENT, kind in {Kind.MOVES, Kind.SILENT}
        return {
            "kind": kind,
            "threshold": self.cleaned_data["threshold"] if has_threshold else None,
            "seconds": self.cleaned_data["seconds"] if has_seconds else None,
            "note": self.cleaned_data["note"],
        }


_NEEDED = {
    "threshold": "This kind needs a figure: the price, or how many percents.",
    "seconds": "This kind needs a span in seconds, such as 3600 for an hour.",
}
