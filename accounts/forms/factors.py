"""Forms of the pages where factors are added and named."""

from django import forms

from accounts.services.passkeys import MOST_NAME


class FirstCodeForm(forms.Form):
    code = forms.CharField(
        label="The code that the app shows now",
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label="A name that you will know it by",
        max_length=MOST_NAME,
        required=False,
        help_text="Such as: phone, laptop, key on my key ring.",
    )
