"""Fields that several forms share: names and networks."""

from typing import Any

from django import forms

from accounts.domain.names import MOST, clean_name
from accounts.domain.networks import NotNetworks, parse_networks


class NameField(forms.CharField):
    """A name in any script, on one line."""

    def __init__(self, *, most: int = MOST, **options: Any) -> None:
        super().__init__(max_length=most, **options)

    def to_python(self, value: Any) -> str:
        return clean_name(super().to_python(value) or "")


class NetworksField(forms.CharField):
    """Networks, one a line; the cleaned value is a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), required=False, **options)

    def clean(self, value: Any) -> Any:
        try:
            return parse_networks(super().clean(value))
        except NotNetworks as error:
            raise forms.ValidationError(str(error)) from error
