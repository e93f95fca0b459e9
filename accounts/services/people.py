"""People: made, welcomed, made operators."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Person
from accounts.services.audit import record
from kernel.tenancy.scope import operator


class AlreadyHere(ValueError):
    """The address has a log-in, or none where one was expected. The words are for the person."""


class BadPassword(ValueError):
    """The password is too easy. The words are for the person."""


def make_operator(*, email: str, name: str, password: str, promote: bool, now: dt.datetime) -> Person:
    """An operator of this instance, with a confirmed address; his second factor he adds himself."""
    email = email.strip().lower()
    with transaction.atomic():
        person = Person.objects.select_for_update(no_key=True).filter(email=email).first()
        if promote:
            if person is None:
                raise AlreadyHere(f"{email} has no log-in here. Leave --promote out to make one.")
        else:
            if person is not None:
                raise AlreadyHere(f"{email} has a log-in here. With --promote it becomes an operator's.")
            person = Person(email=email, name=name, joined_at=now)
            try:
                validate_password(password, person)
            except ValidationError as error:
                raise BadPassword(" ".join(error.messages)) from error
            person.set_password(password)
        person.is_staff = person.is_superuser = True
        person.save()
        EmailAddress.objects.update_or_create(user=person, email=email, defaults={"verified": True, "primary": True})
        with operator():
            record("operator.made", now=now, target=f"person:{person.pk}", personal={"email": email})
    return person
