"""allauth's forms in our words: a label above each field, nothing inside it."""

from typing import Any

from allauth.account import forms as allauth
from django import forms

_LABELS = {
    "login": "Mail address",
    "email": "Mail address",
    "password": "Password",
    "oldpassword": "Your password now",
    "password1": "New password",
    "password2": "The new password once more",
}


class _InOurWords(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if name == "password":
                field.help_text = ""


class LogInForm(_InOurWords, allauth.LoginForm):
    pass


class ResetForm(_InOurWords, allauth.ResetPasswordForm):
    pass


class NewPasswordForm(_InOurWords, allauth.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(_InOurWords, allauth.ChangePasswordForm):
    pass


class SetPasswordForm(_InOurWords, allauth.SetPasswordForm):
    pass


class AddAddressForm(_InOurWords, allauth.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "New mail address"
