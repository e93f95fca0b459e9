"""Which events a channel takes: name patterns such as `order.*`, and an urgency below which it is left alone."""

from collections.abc import Sequence
from fnmatch import fnmatchcase


def is_wanted(event: str, urgency: int, *, patterns: Sequence[str], floor: int) -> bool:
    """True when the channel takes the event. No pattern at all takes every event."""
    if urgency < floor:
        return False
    return not patterns or any(fnmatchcase(event, pattern) for pattern in patterns)
