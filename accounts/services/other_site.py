"""The other site's log-ins that open a person's own: connected and disconnected. What they prove is one factor."""

import datetime as dt
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from accounts.domain.openid import Identity
from accounts.models import Person
from accounts.services.alerts import alert
from accounts.services.person_trail import record_of_person
from accounts.services.sessions import end_other_sessions


class TakenByAnother(ValueError):
    """The other site's log-in opens somebody else's here. The words are for the person."""


class LastWayIn(ValueError):
    """Without it nothing would open the log-in. The words are for the person."""


def connected_log_ins(person: Person) -> list[SocialAccount]:
    """Oldest first."""
    return list(SocialAccount.objects.filter(user=person).order_by("date_joined", "pk"))


def person_of_log_in(*, server: str, subject: str) -> Person | None:
    """Whose log-in the other site's opens here."""
    found = SocialAccount.objects.select_related("user").filter(provider=server, uid=subject).first()
    return found.user if found else None


def about(identity: Identity) -> dict[str, Any]:
    """What is kept of what the other site said: enough to tell one log-in from another, and no token."""
    return {"email": identity.email, "email_verified": identity.is_vouched, "name": identity.name}


def connect_log_in(*, person: Person, site: str, server: str, identity: Identity, now: dt.datetime) -> bool:
    """Lets the other site's log-in open this person's too; False when it does already."""
    try:
        with transaction.atomic():
            Person.objects.select_for_update(no_key=True).get(pk=person.pk)
            log_in, is_new = SocialAccount.objects.get_or_create(
                provider=server, uid=identity.subject, user=person, defaults={"extra_data": about(identity)}
            )
            if is_new:
                record_connected(person, log_in, now=now)
                alert(person, "log_in_connected", {"provider": site, "named": identity.email}, now=now)
    except IntegrityError as error:
        raise TakenByAnother(f"That log-in at {site} opens another Plumbline log-in. Nothing was changed.") from error
    return is_new


def disconnect_log_in(
    *, person: Person, log_in: SocialAccount, site: str, server: str, now: dt.datetime, session_key: str | None
) -> None:
    """It opens nothing here any more, and whoever came in by it is put out. The last way in stays."""
    with transaction.atomic():
        # Two tabs that take away one each must not take away both.
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not may_disconnect(row, log_in, server=server):
            raise LastWayIn(
                f"You have no password, so without {site} nothing would open your log-in. Set a password first."
            )
        deleted, _ = SocialAccount.objects.filter(pk=log_in.pk, user=person).delete()
        if not deleted:
            return
        _record("log_in.disconnected", person, log_in, now=now)
        end_other_sessions(person=person, keep=session_key, now=now)
        alert(person, "log_in_disconnected", {"provider": site, "named": log_in.extra_data.get("email")}, now=now)


def may_disconnect(person: Person, log_in: SocialAccount, *, server: str) -> bool:
    """True when the password, or another log-in at the site that is asked today, still opens the door."""
    if person.has_usable_password():
        return True
    return bool(SocialAccount.objects.filter(user=person, provider=server).exclude(pk=log_in.pk).exists())


def record_connected(person: Person, log_in: SocialAccount, *, now: dt.datetime) -> None:
    """Called in the transaction that makes the row."""
    _record("log_in.connected", person, log_in, now=now)


def _record(action: str, person: Person, log_in: SocialAccount, *, now: dt.datetime) -> None:
    record_of_person(
        person,
        action,
        now=now,
        target=f"log-in:{log_in.pk}",
        facts={"server": log_in.provider},
        personal={"subject": log_in.uid, "email": str(log_in.extra_data.get("email", ""))},
    )
