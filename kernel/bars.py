"""How a bar is named: by its start in UTC (daily: the session's date), known from its close on."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property

_INTERVAL = re.compile(r"([1-9]\d*)(m|h|d|w)")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MONDAY = dt.datetime(1970, 1, 5, tzinfo=dt.UTC)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Interval:
    """A bar's length, written 1m, 15m, 4h, 1d or 1w."""

    name: str

    def __post_init__(self) -> None:
        if not _INTERVAL.fullmatch(self.name):
            raise ValueError(f"an interval looks like 1m, 4h, 1d or 1w, got {self.name!r}")

    @cached_property
    def length(self) -> dt.timedelta:
        match = _INTERVAL.fullmatch(self.name)
        assert match is not None
        return dt.timedelta(seconds=int(match[1]) * _SECONDS[match[2]])

    @property
    def is_session_based(self) -> bool:
        """Daily and longer bars are named by a session's date and close with the session."""
        return self.length >= dt.timedelta(days=1)


def bar_start(moment: dt.datetime, interval: Interval) -> dt.datetime:
    """The name of the bar that holds `moment`: its start in UTC. Weeks begin on Monday."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone names no bar")
    origin = _MONDAY if interval.name.endswith("w") else _EPOCH
    moment = moment.astimezone(dt.UTC)
    return moment - (moment - origin) % interval.length


def known_at(start: dt.datetime, interval: Interval, session_close: dt.datetime | None = None) -> dt.datetime:
    """When the bar's figures may first be read: its close. A daily bar of a session needs that session's close."""
    return session_close if session_close is not None else start + interval.length
