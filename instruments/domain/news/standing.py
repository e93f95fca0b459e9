"""When a feed is asked next: as often as its operator says, and ever less often while it fails."""

import datetime as dt

_LONGEST = dt.timedelta(days=1)
_MOST_DOUBLINGS = 12


def next_question(now: dt.datetime, *, every: dt.timedelta, failures: int, wait: float | None = None) -> dt.datetime:
    """`failures` on end, this one counted; `wait`: what the feed itself asked for, in seconds."""
    rest = min(every * 2 ** min(failures, _MOST_DOUBLINGS), max(_LONGEST, every))
    return now + max(rest, dt.timedelta(seconds=wait or 0))


def known_at(
    published_at: dt.datetime | None, *, now: dt.datetime, delay: dt.timedelta | None
) -> tuple[dt.datetime, bool]:
    """From when on an item that is read now could be known, and whether that lies before now.

    `delay` is given for a file of the past alone: how long after it was published anybody would have had it. What a
    feed tells is known when it is read, however old it says it is; so is what does not say when it was published.
    """
    if delay is None or published_at is None or published_at + delay >= now:
        return now, False
    return published_at + delay, True
