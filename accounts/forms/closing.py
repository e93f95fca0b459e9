"""What is typed to confirm a deletion. The widest thing that could be typed is told apart by the service."""

from django import forms


class TypedForm(forms.Form):
    typed = forms.CharField(
        max_length=300,
        strip=True,
        error_messages={
            "required": "Type it, so that nothing is deleted by mistake.",
            "max_length": "This is longer than any name. Nothing was deleted.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: object, label: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["typed"].label = label
