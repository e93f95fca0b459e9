"""A new API token."""

import datetime as dt
from typing import Any

from django import forms

from accounts.forms.fields import NameField, NetworksField
from kernel.tenancy.access import Access, Right

SCOPES = {
    Right.VIEW: "View: read what you may see",
    Right.EDIT: "Edit: change what you may change",
    Right.TRADE: "Trade: place and cancel orders",
    Right.MANAGE: "Manage: members, audit trail, settings",
}


class TokenForm(forms.Form):
    name = NameField(label="Name", most=80, help_text="What it is for, so that you know it again.")
    scopes = forms.MultipleChoiceField(label="What it may do", widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label="Days it lives", min_value=1, max_value=365, initial=90)
    networks = NetworksField(
        label="Networks it may be used from",
        help_text="One a line. Empty: from every address that may enter the workspace.",
    )
    is_paper_only = forms.BooleanField(
        label="Paper only",
        required=False,
        help_text="It can place no order on a live account, whatever else it may do.",
    )

    def __init__(self, *args: Any, access: Access, **options: Any) -> None:
        super().__init__(*args, **options)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [(right.value, words) for right, words in SCOPES.items() if access.may(right)]
        scopes.initial = [Right.VIEW.value]

    @property
    def rights(self) -> set[Right]:
        return {Right(scope) for scope in self.cleaned_data["scopes"]}

    @property
    def lifetime(self) -> dt.timedelta:
        return dt.timedelta(days=self.cleaned_data["days"])
