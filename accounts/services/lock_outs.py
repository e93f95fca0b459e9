"""What a person is locked out of, because it was guessed at too often, and the end of that before its time."""

import datetime as dt
from dataclasses import dataclass

from accounts.models import Person, SignIn
from accounts.services.guessing import forget_guesses, locked_until
from kernel.durations import in_words


@dataclass(frozen=True, slots=True)
class LockOut:
    kind: str
    subject: str
    words: str


def lock_outs_of(person: Person, *, now: dt.datetime) -> list[LockOut]:
    """What is refused to this person now, though he may know the right answer."""
    found = []
    for kind, subject, words in _subjects(person):
        until = locked_until(kind, subject, now=now)
        if until is not None:
            left = in_words(max(1, int((until - now).total_seconds())))
            found.append(LockOut(kind, subject, f"{words}, for another {left}"))
    return found


def forget_lock_outs(person: Person, *, now: dt.datetime) -> int:
    """Forgets the guesses behind each of them; how many there were. Called by accounts.services.log_ins."""
    found = lock_outs_of(person, now=now)
    for one in found:
        forget_guesses(one.kind, one.subject)
    return len(found)


def _subjects(person: Person) -> list[tuple[str, str, str]]:
    """Kind and subject as those who count write them, and what it is in words."""
    places = SignIn.objects.filter(person=person).order_by("address").values_list("address", flat=True).distinct()
    known = [("password.known", f"{person.email} {place}", f"the password, from {place}") for place in places]
    return [
        ("password.account", person.email, "the password, from addresses that are new"),
        *known,
        ("factor.person", str(person.pk), "codes"),
        ("factor.day", str(person.pk), "codes, after a day's worth of wrong ones"),
    ]
