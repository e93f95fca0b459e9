"""A person's own acts go into the chain of his personal workspace; of who has none, into the platform's."""

import datetime as dt
from typing import Any

from accounts.models import Person
from accounts.services.audit import record
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant


def record_of_person(
    person: Person,
    action: str,
    *,
    now: dt.datetime,
    target: str = "",
    facts: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
) -> None:
    """Adds the act. Called outside any tenant's scope, inside the service's transaction."""
    found = locate("locate_personal_workspace", person.pk)
    with tenant(found[0][0]) if found else operator():
        record(action, now=now, person_id=person.pk, target=target, facts=facts, personal=personal)
