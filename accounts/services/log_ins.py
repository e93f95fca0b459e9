"""What operators do to a person's log-in: suspend it, open it again, end its sessions, lift a lock-out.

Called in the operator's scope. Each act is one entry in the platform's chain, and the person is told by mail.
"""

import datetime as dt

from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.models import Person
from accounts.services.audit import record
from accounts.services.letters import post_letter
from accounts.services.lock_outs import forget_lock_outs
from accounts.services.sessions import delete_sessions
from kernel.live.news import recheck_sockets


class OwnLogIn(ValueError):
    """An operator does not shut himself out. The words are for the operator."""


def suspend_person(*, person: Person, reason: str, by: Person, now: dt.datetime) -> bool:
    """The log-in opens nothing any more, its tokens and sessions neither; False when it was so already."""
    if person.pk == by.pk:
        raise OwnLogIn("This is your own log-in. Another operator can suspend it.")
    with transaction.atomic():
        row = _locked(person)
        if not row.is_active:
            return False
        row.is_active = False
        row.save(update_fields=["is_active"])
        ended = delete_sessions(list(UserSession.objects.filter(user=row)))
        _record("person.suspended", row, reason, by, now, facts={"sessions": ended})
        _tell(row, "Your log-in is suspended", "is suspended. Its sessions and API tokens open nothing", reason, now)
        recheck_sockets()
    return True


def readmit_person(*, person: Person, reason: str, by: Person, now: dt.datetime) -> bool:
    """Opens a suspended log-in again; False when it is open, or was deleted by its owner."""
    with transaction.atomic():
        row = _locked(person)
        if row.is_active or row.deleted_at is not None:
            return False
        row.is_active = True
        row.save(update_fields=["is_active"])
        _record("person.readmitted", row, reason, by, now)
        _tell(row, "Your log-in is open again", "is open again", reason, now)
    return True


def end_sessions_of(*, person: Person, reason: str, by: Person, now: dt.datetime) -> bool:
    """Signs the person out everywhere; False when he was signed in nowhere."""
    with transaction.atomic():
        ended = delete_sessions(list(UserSession.objects.filter(user=person)))
        if not ended:
            return False
        _record("person.sessions_ended", person, reason, by, now, facts={"sessions": ended})
        _tell(person, "You were signed out", "was signed out everywhere", reason, now)
        recheck_sockets()
    return True


def end_one_session(*, session: UserSession, reason: str, by: Person, now: dt.datetime) -> bool:
    """Ends this session of somebody; False when it ended meanwhile."""
    with transaction.atomic():
        person, found = session.user, list(UserSession.objects.select_for_update(no_key=True).filter(pk=session.pk))
        if not found:
            return False
        delete_sessions(found)
        _record("person.sessions_ended", person, reason, by, now, facts={"sessions": 1})
        _tell(person, "You were signed out", "was signed out of one session", reason, now)
        recheck_sockets()
    return True


def lift_lock_outs(*, person: Person, reason: str, by: Person, now: dt.datetime) -> bool:
    """Lets the person try again at once; False when nothing was locked."""
    with transaction.atomic():
        lifted = forget_lock_outs(_locked(person), now=now)
        if not lifted:
            return False
        _record("person.lock_outs_lifted", person, reason, by, now, facts={"lifted": lifted})
        _tell(person, "You may try again", "was locked after too many wrong tries, and is open again", reason, now)
    return True


def _locked(person: Person) -> Person:
    return Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def _record(
    action: str, person: Person, reason: str, by: Person, now: dt.datetime, facts: dict[str, int] | None = None
) -> None:
    # What was written about somebody goes when he goes: it stands in the side row.
    record(action, now=now, person_id=by.pk, target=f"person:{person.pk}", facts=facts, personal={"reason": reason})


def _tell(person: Person, subject: str, what: str, reason: str, now: dt.datetime) -> None:
    post_letter("by_operator", to=person.email, subject=subject, words={"what": what, "reason": reason}, now=now)
