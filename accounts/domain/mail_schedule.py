"""When a mail that the server did not take is tried again. Pure: time and chance are arguments."""

import datetime as dt

#: How long we wait after the first, second, … failed attempt; the last one again and again.
WAITS: tuple[dt.timedelta, ...] = (
    dt.timedelta(seconds=15),
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=15),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=1),
    dt.timedelta(hours=2),
)
GIVEN_UP_AFTER = dt.timedelta(days=1)
#: Up to a fifth later, so that what failed together does not come back together.
JITTER = 0.2


def next_attempt(*, attempts: int, created_at: dt.datetime, now: dt.datetime, chance: float) -> dt.datetime | None:
    """When to try again after so many failed attempts; None a day after the mail was written."""
    wait = WAITS[min(attempts, len(WAITS)) - 1] * (1 + JITTER * chance)
    again = now + wait
    return again if again < created_at + GIVEN_UP_AFTER else None
