"""People: made, welcomed, made operators."""

import datetime as dt
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import DoneStep, Kyc, Person, Workspace
from accounts.notices import KYC_CHANGED
from accounts.notify import notify
from accounts.services.audit import record
from accounts.services.mail import post_mail
from accounts.services.workspaces import create_workspace
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant

#: Leaves room for what is said after it.
_MOST_OF_NAME = 100


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


def welcome_person(*, person: Person, now: dt.datetime) -> bool:
    """Gives a new person the workspace of his own; False when he has one. Safe to call twice, also at once."""
    with transaction.atomic():
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if locate("locate_personal_workspace", person.pk):
            return False
        name = row.name.strip()[:_MOST_OF_NAME].strip()
        workspace = create_workspace(
            owner=row,
            name=f"{name}’s workspace" if name else "Personal workspace",
            kind=Workspace.Kind.PERSONAL,
            now=now,
            can_trade=True,
        )
        if row.home_workspace_id is None:
            row.home_workspace_id = person.home_workspace_id = workspace.pk
            row.save(update_fields=["home_workspace_id"])
    return True


def mark_step_done(*, person: Person, step: str, now: dt.datetime) -> None:
    """Keeps when the person did a step of the checklist; the first time counts."""
    DoneStep.objects.get_or_create(person=person, step=step, defaults={"at": now})


def hide_checklist(*, person: Person, now: dt.datetime | None) -> None:
    """Puts the list of first steps away; with None it is shown again."""
    Person.objects.filter(pk=person.pk).update(checklist_hidden_at=now)


def set_kyc(*, person: Person, status: Kyc, reference: str, set_by: Person, now: dt.datetime) -> bool:
    """What the operator's provider said of a person's identity; False when it is known already.

    Called in the operator's scope. The person is told.
    """
    row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if (row.kyc, row.kyc_reference) == (status, reference):
        return False
    row.kyc, row.kyc_reference, row.kyc_at = status, reference, now
    row.save(update_fields=["kyc", "kyc_reference", "kyc_at"])
    record(
        "kyc.set",
        now=now,
        person_id=set_by.pk,
        target=f"person:{row.pk}",
        facts={"status": status.value},
        personal={"reference": reference},
    )
    enqueue("accounts.tell_kyc", row.pk)
    return True


def tell_kyc(person_id: UUID, *, now: dt.datetime) -> None:
    """Tells the person what is known of his identity check now: in his own workspace, else by mail."""
    person = Person.objects.get(pk=person_id)
    facts = {"status": Kyc(person.kyc).label}
    found = locate("locate_personal_workspace", person_id)
    if found:
        with tenant(found[0][0]):
            notify(KYC_CHANGED.name, person_id=person_id, facts=facts, path="/account/preferences/", now=now)
    elif person.is_active:
        post_mail(to=person.email, subject=KYC_CHANGED.title, text=KYC_CHANGED.body.format_map(facts), now=now)
