"""A workspace's name, its addresses, and its Stop."""

from typing import Any

from django import forms

from accounts.domain.names import clean_name
from accounts.forms.fields import NameField, NetworksField
from accounts.kill_switch import PLATFORM_LEVELS, Level, State


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


class PlatformStopForm(forms.Form):
    """The operator's: the whole platform, or one venue."""

    level = forms.ChoiceField(choices=[(level.value, level.label) for level in PLATFORM_LEVELS])
    key = NameField(label="Venue", required=False, help_text="Its name, such as binance; empty for the whole platform.")
    #: A press too many stops; it does not start.
    state = forms.ChoiceField(choices=State.choices, initial=State.HALTED)
    reason = NameField(label="Why", most=300, help_text="Every workspace reads it.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (cleaned.get("level") == Level.VENUE) != bool(cleaned.get("key")):
            self.add_error("key", "Name the venue for the level venue, and nothing for the whole platform.")
        return cleaned
