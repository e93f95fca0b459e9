"""Why a question to a venue went without an answer: one exception for each decision that the caller can take.

These are for questions alone. What was sent to change something has an outcome, never an exception.
"""

from exchanges.domain.outcomes import Reply


class VenueFailure(Exception):
    """The venue gave no answer that can be used."""

    def __init__(self, message: str, *, venue: str, reply: Reply | None = None) -> None:
        super().__init__(message)
        self.venue, self.reply = venue, reply


class NotNow(VenueFailure):
    """Down, slow, cut off or unreadable. Ask again, with a pause that grows."""


class BookLost(NotNow):
    """A book of which something is missing or wrong. It is shown no more, and had anew."""


class TooMany(VenueFailure):
    """Asked too often. Nobody at this address asks before `wait` seconds are over."""

    def __init__(
        self, message: str, *, venue: str, wait: float, is_ban: bool = False, reply: Reply | None = None
    ) -> None:
        super().__init__(message, venue=venue, reply=reply)
        self.wait, self.is_ban = wait, is_ban


class KeyRefused(VenueFailure):
    """The key, its signature, its rights or its address are not taken. Only a person can mend it."""


class TokenEnded(VenueFailure):
    """The login is over. A machine may renew it where the venue allows that; else a person logs in again."""


class ClockOff(VenueFailure):
    """The venue finds our time wrong: ask it for its own, and do not send until they agree."""


class Refused(VenueFailure):
    """The question itself is not taken: a symbol that is gone, a range too long. Asking again changes nothing."""


class Contradiction(VenueFailure):
    """The answer disagrees with itself or says a word that nobody knows. It is kept, and nothing is made of it."""


class NotOffered(LookupError):
    """The venue does not declare this. It is a defect of ours to have asked."""
