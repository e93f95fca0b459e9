"""Which entries of the audit trail; the page and the API ask by the same form."""

from typing import Any

from django import forms

from accounts.models import Person
from accounts.selectors import TrailFilter

DAY = "%Y-%m-%d"


class TrailForm(forms.Form):
    """Which entries of the trail; the page and the API take the same."""

    action = forms.RegexField(
        r"^[a-z0-9_.]*$",
        label="What begins with",
        required=False,
        max_length=80,
        strip=True,
        error_messages={"invalid": "An action is written like member.changed: small letters, digits, dots."},
    )
    person = forms.UUIDField(label="Who", required=False)
    since = forms.DateField(
        label="From", required=False, input_formats=[DAY], widget=forms.DateInput(attrs={"type": "date"}, format=DAY)
    )
    until = forms.DateField(
        label="To", required=False, input_formats=[DAY], widget=forms.DateInput(attrs={"type": "date"}, format=DAY)
    )
    target = forms.CharField(label="On what, in part", required=False, max_length=120)

    def offer(self, people: list[Person]) -> None:
        """Lets a page choose among people instead of typing a key."""
        choices = [("", "Anybody"), *((str(person.pk), str(person)) for person in people)]
        self.fields["person"].widget = forms.Select(choices=choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", f"This is before {since}, where the span begins.")
        return cleaned

    @property
    def asked(self) -> TrailFilter:
        return TrailFilter(**self.cleaned_data)
