"""What belongs to a person whatever workspace he is in: how it leaves with him, and how it ends."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import models

from accounts.data.rows import plain
from accounts.models import Consent, DataExport, DoneStep, Mail, Person, SignIn
from accounts.registries import PersonEraser, PersonExporter, register_person_data
from accounts.services.exports import forget_exports


def register() -> None:
    # The row stays, because acts refer to it; accounts.services.closing takes the name from it.
    register_person_data(Person, exporter=_person, eraser=lambda person: 0)
    for model, owner, leave_out in (
        (EmailAddress, "user", ()),
        (SignIn, "person", ()),
        (Consent, "person", ()),
        (DoneStep, "person", ()),
        (SocialAccount, "user", ()),
        (UserSession, "user", ("session_key", "data")),
        # What proves a factor lies in rows that hang on these, and in `data`.
        (Authenticator, "user", ("data",)),
    ):
        register_person_data(model, exporter=_exporter(model, owner, leave_out), eraser=_eraser(model, owner))
    register_person_data(
        DataExport, exporter=_exporter(DataExport, "person", ("file", "job_id")), eraser=forget_exports
    )
    register_person_data(Mail, exporter=_mails, eraser=_delete_mails)


def _exporter(model: type[models.Model], owner: str, leave_out: Iterable[str]) -> PersonExporter:
    def export(person: Person) -> Iterable[dict[str, Any]]:
        return _rows(model._default_manager.filter(**{owner: person}), leave_out)

    return export


def _eraser(model: type[models.Model], owner: str) -> PersonEraser:
    def erase(person: Person) -> int:
        return model._default_manager.filter(**{owner: person}).delete()[0]

    return erase


def _rows(rows: models.QuerySet[Any], leave_out: Iterable[str]) -> Iterable[dict[str, Any]]:
    fields = [field for field in rows.model._meta.concrete_fields if field.name not in set(leave_out)]
    for row in rows.order_by("pk").iterator(chunk_size=500):
        yield {field.attname: plain(getattr(row, field.attname)) for field in fields}


def _person(person: Person) -> Iterable[dict[str, Any]]:
    return _rows(Person.objects.filter(pk=person.pk), ("password",))


def _mails(person: Person) -> Iterable[dict[str, Any]]:
    return _rows(Mail.objects.filter(to__iexact=person.email), ("body",))


def _delete_mails(person: Person) -> int:
    return Mail.objects.filter(to__iexact=person.email).delete()[0]
