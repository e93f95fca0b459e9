"""When a market of the sandbox is open: always, or as whoever starts it says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

DAY = 86_400_000
MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Span:
    """One day's trading, in milliseconds since 1970."""

    opens: int
    closes: int


class Sessions(Protocol):
    #: Where the market's midnight lies, in milliseconds east of UTC.
    offset: int

    def span(self, day: int) -> Span | None:
        """The trading of this day, counted from 1970 by the market's own midnights; None when it is shut."""


def day_at(sessions: Sessions, at: int) -> int:
    return (at + sessions.offset) // DAY


def is_open(sessions: Sessions, at: int) -> bool:
    span = sessions.span(day_at(sessions, at))
    return span is not None and span.opens <= at < span.closes


class AlwaysOpen:
    """Day and night."""

    def __init__(self, *, offset: int = 0) -> None:
        self.offset = offset

    def span(self, day: int) -> Span:
        opens = day * DAY - self.offset
        return Span(opens, opens + DAY)


class GivenSessions:
    """As a calendar says that knows the market's real days. What it says of a day is asked once."""

    def __init__(self, *, offset: int, tell: Callable[[int], Span | None]) -> None:
        self.offset, self._tell = offset, tell
        self._told: dict[int, Span | None] = {}

    def span(self, day: int) -> Span | None:
        if day not in self._told:
            self._told[day] = self._tell(day)
        return self._told[day]
