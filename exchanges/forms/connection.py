"""The form of a venue's keys, drawn from its scheme: the same words on page and API."""

from typing import Any

from django import forms

from accounts.forms.fields import NameField
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.credentials import Bound, CredentialField
from exchanges.domain.rights import RightsQuery
from exchanges.egress import egress_addresses


class Unshown:
    """Never drawn back into the page, whatever was wrong with the form: it may be a secret in the wrong place."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)  # type: ignore[misc]


class UnshownInput(Unshown, forms.TextInput): ...


class UnshownArea(Unshown, forms.Textarea): ...


class KeysForm(forms.Form):
    """The fields of the scheme alone: for other keys of a connection that is there."""

    def __init__(self, *args: Any, facts: VenueFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts = facts
        for one in facts.credentials.fields:
            self.fields[one.name] = _field(one)
        addresses = egress_addresses()
        if facts.credentials.bound is not Bound.NO and len(addresses) > 1:
            self.fields["egress"] = forms.ChoiceField(
                label="This server's address",
                choices=[(one, one) for one in addresses],
                help_text=f"What is asked of {facts.title} leaves from this one. Register it there"
                + (": orders from any other are refused." if facts.credentials.bound is Bound.ORDERS else "."),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for one in self.facts.credentials.fields:
            fault = one.fault(cleaned.get(one.name, ""))
            if fault and one.name not in self.errors:
                self.add_error(one.name, fault)
        return cleaned

    def leaves_from(self) -> str | None:
        return self.cleaned_data.get("egress") or None

    def keys(self) -> dict[str, str]:
        return {one.name: self.cleaned_data[one.name] for one in self.facts.credentials.fields}


class ConnectionForm(KeysForm):
    name = NameField(label="Name", most=80, help_text="What you call it here.")

    def __init__(self, *args: Any, facts: VenueFacts, is_live: bool, **kwargs: Any) -> None:
        super().__init__(*args, facts=facts, **kwargs)
        if is_live and facts.rights is RightsQuery.NO_QUESTION:
            self.fields["attested"] = forms.BooleanField(
                label=f"This key cannot move money out of the account. {facts.title} cannot be asked, so you say it."
            )


class SandboxForm(forms.Form):
    """An account that the sandbox makes needs no keys."""

    name = NameField(label="Name", most=80, help_text="What you call it here.")


def _field(one: CredentialField) -> forms.CharField:
    attributes = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    widget: forms.Widget = UnshownInput(attrs=attributes)
    if one.is_secret:
        widget = forms.PasswordInput(attrs={**attributes, "autocomplete": "new-password"}, render_value=False)
    if one.is_long:
        widget = UnshownArea(attrs={**attributes, "rows": 5})
    return forms.CharField(label=one.label, help_text=one.help, widget=widget, required=not one.is_optional, strip=True)
