"""Where a person wants to be told: what each kind of channel asks for, and its rules."""

import re
import zoneinfo
from typing import Any

from django import forms

from accounts.models import NotificationChannel, Urgency
from accounts.notices import declared_events, event_families
from accounts.services.channels import Kind

MOST_LABEL = 80
_TOO_LONG = "At most %(limit_value)d characters; this has %(show_value)d."


class RulesForm(forms.Form):
    label = forms.CharField(
        label="Name",
        max_length=MOST_LABEL,
        help_text="By which you will know it.",
        error_messages={"max_length": _TOO_LONG},
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    events = forms.MultipleChoiceField(
        label="What it takes",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nothing ticked takes everything, also what comes later.",
        error_messages={"invalid_choice": "“%(value)s” is not among the choices."},
    )
    urgency_floor = forms.TypedChoiceField(
        label="From which urgency on",
        choices=[(urgency.value, urgency.label) for urgency in Urgency],
        coerce=int,
        initial=Urgency.LOW.value,
        error_messages={"invalid_choice": "“%(value)s” is not among the choices."},
    )
    quiet_from = forms.TimeField(
        label="Quiet from", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label="Quiet until",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="What comes in between waits until then. Urgent news does not wait.",
    )
    time_zone = forms.CharField(
        label="Time zone of the quiet hours",
        max_length=64,
        error_messages={"max_length": _TOO_LONG},
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(
        self, *args: Any, channel: NotificationChannel | None = None, zone: str = "UTC", **kwargs: Any
    ) -> None:
        if channel is not None:
            kwargs["initial"] = {name: getattr(channel, name) for name in RulesForm.base_fields}
        super().__init__(*args, **kwargs)
        names = [*(f"{family}.*" for family in event_families()), *(event.name for event in declared_events())]
        # What an app declared once and does not any more stays ticked until it is taken off.
        names += [name for name in (channel.events if channel else []) if name not in names]
        self.fields["events"].choices = [(name, _in_words(name)) for name in sorted(names)]  # type: ignore[attr-defined]
        if channel is None:
            self.fields["time_zone"].initial = zone
        for name in ("label", "time_zone"):
            # The browser would cut what is pasted without a word.
            self.fields[name].widget.attrs.pop("maxlength", None)

    def clean_time_zone(self) -> str:
        given: str = self.cleaned_data["time_zone"].strip()
        if given not in zoneinfo.available_timezones():
            raise forms.ValidationError(f"“{given[:64]}” is no time zone. One is Asia/Kolkata.")
        return given

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not {"quiet_from", "quiet_until"} & set(self.errors):
            starts, ends = cleaned.get("quiet_from"), cleaned.get("quiet_until")
            if (starts is None) != (ends is None):
                self.add_error("quiet_until", "Quiet hours need both ends. Leave both empty for none.")
        return cleaned

    def rules(self) -> dict[str, Any]:
        """What the service takes."""
        cleaned = self.cleaned_data
        quiet = (cleaned["quiet_from"], cleaned["quiet_until"]) if cleaned["quiet_from"] is not None else None
        return {
            "label": cleaned["label"],
            "events": cleaned["events"],
            "urgency_floor": Urgency(cleaned["urgency_floor"]),
            "quiet": quiet,
            "time_zone": cleaned["time_zone"],
        }


class NewChannelForm(RulesForm):
    field_order = ("label", "address", "secret", "events", "urgency_floor", "quiet_from", "quiet_until", "time_zone")

    def __init__(self, *args: Any, kind: NotificationChannel.Kind, own_addresses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address: forms.Field
        if kind == Kind.MAIL:
            address = forms.ChoiceField(
                label="Address",
                choices=[(one, one) for one in own_addresses],
                help_text="Yours, and confirmed. Nobody else is mailed.",
                error_messages={"invalid_choice": "Mail goes to an address of yours that you have confirmed."},
            )
        elif kind == Kind.TELEGRAM:
            address = forms.CharField(label="Chat", max_length=40, help_text="Its number, or @channelname.")
            self.fields["secret"] = forms.CharField(
                label="Token of your bot",
                max_length=120,
                help_text="As @BotFather gave it. Sealed here and never shown again.",
                widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
            )
        else:
            where = {
                Kind.WEBHOOK: "https only. Each message is signed; the key is shown to you once.",
                Kind.SLACK: "The incoming webhook's URL. Whoever knows it can write to the channel, so it is sealed.",
                Kind.DISCORD: "The webhook's URL. Whoever knows it can write to the channel, so it is sealed.",
            }
            address = forms.CharField(
                label="URL",
                max_length=500,
                help_text=where[kind],
                error_messages={"max_length": _TOO_LONG},
                widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
            )
        self.fields["address"] = address
        self.order_fields(self.field_order)


def _in_words(name: str) -> str:
    """The event as it reads when it comes, with its name: what a title is filled with is not known yet."""
    if name.endswith(".*"):
        return f"Everything named {name}"
    titles = {event.name: event.title for event in declared_events()}
    return f"{re.sub(r'{[^}]*}', '…', titles[name])} ({name})" if name in titles else name
