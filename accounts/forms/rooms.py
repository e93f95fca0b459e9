"""A workspace's name, its addresses, and its Stop."""

from django import forms

from accounts.domain.names import clean_name
from accounts.forms.fields import NameField, NetworksField


class TeamForm(forms.Form):
    name = NameField(label="Name of the team")


class RenameForm(forms.Form):
    name = NameField(label="Name")


class NetworksForm(forms.Form):
    networks = NetworksField(
        label="Networks it is open to",
        help_text="One a line, IPv4 or IPv6, such as 203.0.113.0/24 or 2001:db8::/48. Empty: open to every address.",
    )


class StopForm(forms.Form):
    reason = forms.CharField(
        label="Why", required=False, help_text="Shown to everybody in the workspace, and kept in the audit trail."
    )

    def clean_reason(self) -> str:
        # Never a reason to refuse a stop: what is too long is cut.
        return clean_name(self.cleaned_data["reason"])[:300]
