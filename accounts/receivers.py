"""News that accounts acts on: what became of a delivery, and which rights may have ended.

A right that ended nudges the live sockets to be checked at once; the checks come anyway, a bit later.
"""

import datetime as dt
from typing import Any

from allauth.account.signals import (
    email_changed,
    email_confirmed,
    password_changed,
    password_reset,
    user_logged_in,
    user_signed_up,
)
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import ApiToken, Membership, Person
from accounts.proofs import record_password, way_of
from accounts.services import notices
from accounts.services.people import mark_step_done, welcome_person
from accounts.services.person_trail import record_of_person
from accounts.services.sign_ins import record_sign_in
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.live.news import recheck_sockets
from kernel.outgoing.events import delivery_accepted, delivery_failed
from kernel.outgoing.models import Delivery


@receiver(delivery_accepted)
def _arrived(*, delivery: Delivery, now: dt.datetime, **_: Any) -> None:
    notices.delivery_arrived(delivery, now=now)


@receiver(delivery_failed)
def _did_not_arrive(*, delivery: Delivery, now: dt.datetime, is_final: bool, **_: Any) -> None:
    notices.delivery_did_not_arrive(delivery, now=now, is_final=is_final)


@receiver(user_logged_out)
@receiver(post_save, sender=Membership)
@receiver(post_delete, sender=Membership)
@receiver(post_save, sender=ApiToken)
@receiver(post_delete, sender=ApiToken)
def right_may_have_ended(created: bool = False, **about: Any) -> None:
    if not created:
        recheck_sockets()


@receiver(post_save, sender=Person)
def person_changed(created: bool, update_fields: frozenset[str] | None, **about: Any) -> None:
    """A log-in only writes its time, which takes nothing away."""
    if not created and update_fields != frozenset({"last_login"}):
        recheck_sockets()


@receiver(user_logged_in)
def _signed_in(*, request: HttpRequest, user: Person, **_: Any) -> None:
    record_sign_in(
        person=user,
        way=way_of(request, user),
        address=visitor_address(request),
        user_agent=request.headers.get("User-Agent", ""),
        now=clock.now(),
    )


@receiver(password_changed)
@receiver(password_reset)
def _password_changed(*, user: Person, **_: Any) -> None:
    record_of_person(user, "password.changed", now=clock.now())


@receiver(email_changed)
def _email_changed(*, user: Person, to_email_address: Any, **_: Any) -> None:
    record_of_person(user, "email.changed", now=clock.now(), personal={"email": to_email_address.email})


@receiver(user_signed_up)
def _signed_up(*, request: HttpRequest, user: Person, **_: Any) -> None:
    """Whichever way he came: the form has done this already, another site's log-in has not."""
    welcome_person(person=user, now=clock.now())
    if user.has_usable_password():
        # He has just chosen it: adding the first factor need not ask for it at once.
        record_password(request, user)


@receiver(email_confirmed)
def _address_confirmed(*, email_address: Any, **_: Any) -> None:
    mark_step_done(person=email_address.user, step="verify-email", now=clock.now())
