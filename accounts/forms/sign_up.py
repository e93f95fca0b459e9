"""The form that makes a log-in: name, address, password, and the documents in the versions that it shows."""

from typing import Any, cast

from allauth.account.forms import SignupForm
from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.domain.documents import Document, Moment, documents_due
from accounts.forms.preferences import MOST_NAME
from accounts.models import Person
from accounts.services.consents import accept_documents
from accounts.services.people import welcome_person
from kernel import clock
from kernel.api.addresses import visitor_address

#: A hyphen at which no line ends.
NO_BREAK = "\u2011"


class Welcome(forms.Form):
    """What every new person says, whichever way he came: his name, and that he accepts the documents shown."""

    name = forms.CharField(
        label="Your name",
        max_length=MOST_NAME,
        help_text="What your team reads. You can change it.",
        error_messages={
            "required": "Say by which name you want to be called.",
            "max_length": "A name has at most %(limit_value)d characters; this one has %(show_value)d.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    accepts = forms.BooleanField(
        label="I accept the terms of use and have read the privacy notice",
        error_messages={"required": "Without this there is no log-in. Read both, then tick the box."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django tells the browser the most by itself, which then cuts what is pasted without a word.
        self.fields["name"].widget.attrs.pop("maxlength", None)
        if "email" in self.fields:
            self.fields["email"].label = "Mail address"
            self.fields["email"].help_text = "You log in with it. A mail goes there to confirm that it is yours."
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["accepts"].help_text = _links(documents_due(Moment.SIGN_UP))
        for document in documents_due(Moment.SIGN_UP):
            self.fields[_version(document)] = forms.CharField(
                initial=document.current, required=False, max_length=20, widget=forms.HiddenInput
            )

    def clean(self) -> dict[str, Any]:
        cleaned = cast(dict[str, Any], super().clean())
        stale = [one for one in documents_due(Moment.SIGN_UP) if cleaned.get(_version(one)) != one.current]
        if stale:
            # The page is drawn again with what holds now, and asks anew.
            shown = cast(QueryDict, self.data).copy()
            shown.pop("accepts", None)
            for document in documents_due(Moment.SIGN_UP):
                shown[_version(document)] = document.current
            self.data = shown
            self.add_error(
                "accepts", f"The {stale[0].title.lower()} changed while you were here. Look at it, then tick the box."
            )
        return cleaned

    def custom_signup(self, request: HttpRequest, user: Person) -> None:
        """Called by allauth in the transaction that makes the log-in."""
        now = clock.now()
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        welcome_person(person=user, now=now)
        accept_documents(
            person=user,
            versions={one.name: self.cleaned_data[_version(one)] for one in documents_due(Moment.SIGN_UP)},
            address=visitor_address(request),
            now=now,
        )


class SignUpForm(Welcome, SignupForm):
    field_order = ("name", "email", "password1", "accepts")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "Password"
        self.fields["password1"].help_text = "At least 10 characters, not a common one, and not your name or address."

    def try_save(self, request: HttpRequest) -> tuple[Person | None, HttpResponse | None]:
        try:
            with transaction.atomic():
                return cast("tuple[Person | None, HttpResponse | None]", super().try_save(request))
        except IntegrityError:
            # A second click was faster: its answer is the one for an address that is known.
            self.account_already_exists = True
            return cast("tuple[Person | None, HttpResponse | None]", super().try_save(request))


def _version(document: Document) -> str:
    return f"{document.name.replace('-', '_')}_version"


def _links(wanted: list[Document]) -> SafeString:
    """Where each document is read, in the version that is accepted."""
    links = [
        (reverse("legal-version", args=[one.name, one.current]), one.title, one.current.replace("-", NO_BREAK))
        for one in wanted
    ]
    return format_html_join(
        " \u00b7 ",
        '<a href="{}" target="_blank" rel="noopener">{} ({})</a>',
        links,
    )
