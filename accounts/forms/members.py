"""Who is in, and as what."""

from typing import Any

from django import forms

from accounts.models.workspace import Role
from accounts.services.members import Standing

ROLES = {
    Role.VIEWER: "Viewer: looks, changes nothing",
    Role.TRADER: "Trader: works with everything but members, tokens of others and settings",
    Role.OWNER: "Owner: everything, and decides who is in",
}


class StandingForm(forms.Form):
    """What a member is, or is to be."""

    role = forms.ChoiceField(label="Role", choices=list(ROLES.items()), widget=forms.RadioSelect, initial=Role.VIEWER)
    can_trade = forms.BooleanField(
        label="May trade",
        required=False,
        help_text="A right of its own, for traders and owners. No role holds it by itself.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("role") == Role.VIEWER and cleaned.get("can_trade"):
            self.add_error("can_trade", "A viewer only looks. Choose trader or owner to give the right to trade.")
        return cleaned

    @property
    def standing(self) -> Standing:
        return Standing(Role(self.cleaned_data["role"]), self.cleaned_data["can_trade"])


class InviteForm(StandingForm):
    email = forms.EmailField(
        label="Mail address", max_length=254, help_text="The invitation works for this address alone."
    )
    field_order = ("email", "role", "can_trade")

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        if not email.isascii():
            raise forms.ValidationError("Write the address in plain letters, a domain in its xn-- form.")
        return email
