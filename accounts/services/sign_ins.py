"""Sign-ins are kept half a year; one from where the person never was is told to him by mail."""

import datetime as dt

from django.db import transaction

from accounts.domain.guess_limits import neighbourhood
from accounts.models import Person, SignIn
from accounts.services.alerts import alert
from accounts.services.person_trail import record_of_person
from accounts.services.sessions import browser_family

KNOWN_FOR = dt.timedelta(days=90)
KEPT_FOR = dt.timedelta(days=180)


def record_sign_in(*, person: Person, way: str, address: str, user_agent: str, now: dt.datetime) -> SignIn:
    """The sign-in, with whether browser and address are both known; when not, a mail says so."""
    known = SignIn.objects.filter(person=person, at__gt=now - KNOWN_FOR)
    seen = [(neighbourhood(one.address), browser_family(one.user_agent)) for one in known[:500]]
    is_new = bool(seen) and (neighbourhood(address), browser_family(user_agent)) not in seen
    with transaction.atomic():
        sign_in = SignIn.objects.create(
            person=person, at=now, address=address, user_agent=user_agent[:200], way=way[:40], was_new=is_new
        )
        record_of_person(
            person,
            "person.signed_in",
            now=now,
            target=f"sign-in:{sign_in.pk}",
            facts={"way": way, "was_new": is_new},
            personal={"address": address},
        )
    if is_new:
        alert(person, "sign_in", {"way": way}, now=now)
    return sign_in


def sweep_sign_ins(*, now: dt.datetime) -> int:
    """Removes what is older than half a year; how many."""
    return SignIn.objects.filter(at__lt=now - KEPT_FOR).delete()[0]
