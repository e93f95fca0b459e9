"""When a failed delivery is tried again, and which failures are final. Pure: time and chance are arguments."""

import datetime as dt
import hashlib
from email.utils import parsedate_to_datetime
from uuid import UUID

#: How long we wait after the first, second, … failed attempt. After the last one we give up: about nine hours.
WAITS: tuple[dt.timedelta, ...] = (
    dt.timedelta(seconds=10),
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=6),
)
MOST_ATTEMPTS = len(WAITS) + 1
#: Up to a fifth later, so that what failed together does not come back together.
JITTER = 0.2
LONGEST_RETRY_AFTER = dt.timedelta(hours=24)
#: Client errors that pass by themselves: a time-out, too early, too many.
PASSING_CLIENT_ERRORS = frozenset({408, 425, 429})


def next_attempt(
    *, attempts: int, now: dt.datetime, chance: float, retry_after: dt.timedelta | None = None
) -> dt.datetime | None:
    """When to try again after so many failed attempts; None when it is time to give up.

    `chance` is between 0 and 1. A receiver that asks for a longer wait gets it.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait = WAITS[attempts - 1] * (1 + JITTER * chance)
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
    return now + wait


def is_accepted(status: int) -> bool:
    return 200 <= status < 300


def may_pass(status: int) -> bool:
    """True for an answer that may be another one later. A redirect is not followed and will not pass."""
    return status >= 500 or status in PASSING_CLIENT_ERRORS


def retry_after(header: str | None, *, now: dt.datetime) -> dt.timedelta | None:
    """What a Retry-After header asks for, as seconds or as a date; None when it says nothing that can be read."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return dt.timedelta(seconds=min(int(text[:9]), LONGEST_RETRY_AFTER.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(moment - now, dt.timedelta())


def chance_of(key: UUID, attempts: int) -> float:
    """A number between 0 and 1 that is the delivery's own at this attempt."""
    digest = hashlib.sha256(key.bytes + attempts.to_bytes(4, "big")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
