"""How a person reads: changed by himself alone."""

import datetime as dt
from typing import Any

from django.db import transaction

from accounts.models import Person
from accounts.services.person_trail import record_of_person

FIELDS = ("name", "theme", "number_format", "base_currency", "time_zone", "country", "has_single_keys")


def change_preferences(*, person: Person, wanted: dict[str, Any], now: dt.datetime) -> list[str]:
    """The names of what changed. Nothing is written when nothing did."""
    unknown = set(wanted) - set(FIELDS)
    if unknown:
        raise ValueError(f"no preferences: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        changed = [name for name in FIELDS if name in wanted and getattr(row, name) != wanted[name]]
        if not changed:
            return []
        for name in changed:
            setattr(row, name, wanted[name])
        row.save(update_fields=changed)
        record_of_person(row, "preferences.changed", now=now, facts={"fields": changed})
    for name in changed:
        setattr(person, name, wanted[name])
    return changed
