"""What people agree to: dated, with the address it came from, once for each version."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from accounts.domain.documents import document_named
from accounts.models import Consent, Person
from accounts.services.person_trail import record_of_person
from kernel.ids import new_id


class StaleVersion(ValueError):
    """What was accepted is not the text that holds now. The words are for the person."""


def accept_documents(
    *, person: Person, versions: Mapping[str, str], address: str | None, now: dt.datetime
) -> list[Consent]:
    """The consents that are new; accepting the same version again changes nothing."""
    for name, version in versions.items():
        document = document_named(name)
        if version != document.current:
            raise StaleVersion(f"The {document.title.lower()} changed while you were reading. Look at the new version.")
    made = []
    with transaction.atomic():
        for name, version in versions.items():
            wanted = Consent(id=new_id(), person=person, document=name, version=version, at=now, address=address)
            Consent.objects.bulk_create([wanted], ignore_conflicts=True)
            # Of two at once the second waits for the first's row, then leaves it as it is.
            if not Consent.objects.filter(pk=wanted.pk).exists():
                continue
            made.append(wanted)
            record_of_person(
                person,
                "consent.given",
                now=now,
                target=f"document:{name}",
                facts={"document": name, "version": version},
                personal={"address": address},
            )
    return made
