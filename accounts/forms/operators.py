"""What operators fill in: why they do what they do, and what a provider said of somebody's identity."""

from typing import Any

from django import forms

from accounts.forms.fields import NameField
from accounts.kill_switch import PLATFORM_LEVELS, Level, State
from accounts.models import Kyc


class ReasonForm(forms.Form):
    reason = NameField(
        label="Why", most=300, help_text="The person reads it in a mail; it is kept in the platform's audit trail."
    )


class KycForm(forms.Form):
    """Never the papers."""

    status = forms.ChoiceField(label="Status", choices=Kyc.choices)
    reference = forms.CharField(
        label="Reference",
        max_length=80,
        required=False,
        help_text="The provider's number for this check, so that both find it again. No name, no number of a paper.",
    )


class PlatformStopForm(forms.Form):
    """The whole platform, or one venue."""

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
