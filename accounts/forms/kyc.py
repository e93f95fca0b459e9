"""What an operator enters about a person's identity check: never the papers."""

from django import forms

from accounts.models import Kyc


class KycForm(forms.Form):
    status = forms.ChoiceField(label="Status", choices=Kyc.choices)
    reference = forms.CharField(
        label="Reference",
        max_length=80,
        required=False,
        help_text="The provider's number for this check, so that both find it again. No name, no number of a paper.",
    )
