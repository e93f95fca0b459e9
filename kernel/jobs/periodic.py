"""What is done again and again. Each app registers its own in `ready()`."""

import datetime as dt
from dataclasses import dataclass

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that is sent once for each slot: every so many seconds, shifted by an offset (UTC)."""

    task: str
    every: dt.timedelta
    offset: dt.timedelta = dt.timedelta(0)

    def slot(self, now: dt.datetime) -> dt.datetime:
        """The latest moment of this schedule that is not after `now`."""
        return now - (now - _EPOCH - self.offset) % self.every


_periodics: dict[str, Periodic] = {}


def register_periodic(periodic: Periodic) -> None:
    if periodic.task in _periodics:
        raise ValueError(f"{periodic.task} is scheduled twice")
    _periodics[periodic.task] = periodic


def periodics() -> list[Periodic]:
    return list(_periodics.values())
