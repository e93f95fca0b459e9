"""Where a person is signed in: sessions are listed, watched and ended."""

import datetime as dt
import re
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from accounts.models import Person
from accounts.services.person_trail import record_of_person
from kernel.live.news import recheck_sockets

SEEN_EVERY = dt.timedelta(minutes=1)


def end_session(*, person: Person, session: UserSession, now: dt.datetime) -> None:
    """The session opens nothing after this, and its sockets close."""
    with transaction.atomic():
        delete_sessions([session])
        record_of_person(
            person, "session.ended", now=now, target=f"session:{session.pk}", personal={"address": session.ip}
        )
        recheck_sockets()


def end_other_sessions(*, person: Person, keep: str | None, now: dt.datetime) -> int:
    """Ends every session of the person but the one kept; how many ended."""
    others = list(UserSession.objects.filter(user=person).exclude(session_key=keep or ""))
    if not others:
        return 0
    with transaction.atomic():
        delete_sessions(others)
        record_of_person(person, "session.others_ended", now=now, facts={"count": len(others)})
        recheck_sockets()
    return len(others)


def delete_sessions(sessions: list[UserSession]) -> int:
    """They open nothing after this; how many went. Who calls it records that, and has the sockets looked at again."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    for session in sessions:
        store.delete(session.session_key)
        session.delete()
    return len(sessions)


def note_seen(*, session_key: str, address: str, user_agent: str, now: dt.datetime) -> bool:
    """False when this session goes on in another browser than the one it began in: its cookie was carried away."""
    session = UserSession.objects.filter(session_key=session_key).first()
    if session is None:
        return True
    if browser_family(session.user_agent) != browser_family(user_agent):
        return False
    if now - session.last_seen_at >= SEEN_EVERY:
        UserSession.objects.filter(pk=session.pk).update(last_seen_at=now, ip=address)
    return True


def browser_family(user_agent: str) -> str:
    """The browser without its version numbers, which change under a session that goes on."""
    return re.sub(r"[\d._]+", "", user_agent[:200])
