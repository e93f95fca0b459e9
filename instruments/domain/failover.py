"""Which of several sources is asked: a table of states, and what is to be noted of each.

A source that fails rests, longer each time, while the next one gives. After its rest it is tried again; two good
answers on end and it has its place back.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

_FIRST_REST, _LONGEST_REST = dt.timedelta(seconds=30), dt.timedelta(minutes=30)


class State(StrEnum):
    WELL = "well"
    #: It failed and is left alone.
    RESTING = "resting"
    #: Its rest is over, and one answer was good.
    TRIED = "tried"


class Event(StrEnum):
    GAVE = "gave"
    SILENT = "silent"
    FAILED = "failed"
    #: It answered, with bars that nobody should keep.
    POOR = "poor"


#: From what, by what, to what. An answer while resting is the trial after the rest.
TABLE: dict[tuple[State, Event], State] = {
    (State.WELL, Event.GAVE): State.WELL,
    (State.WELL, Event.SILENT): State.RESTING,
    (State.WELL, Event.FAILED): State.RESTING,
    (State.WELL, Event.POOR): State.RESTING,
    (State.RESTING, Event.GAVE): State.TRIED,
    (State.RESTING, Event.SILENT): State.RESTING,
    (State.RESTING, Event.FAILED): State.RESTING,
    (State.RESTING, Event.POOR): State.RESTING,
    (State.TRIED, Event.GAVE): State.WELL,
    (State.TRIED, Event.SILENT): State.RESTING,
    (State.TRIED, Event.FAILED): State.RESTING,
    (State.TRIED, Event.POOR): State.RESTING,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one source stands."""

    state: State
    since: dt.datetime
    failures: int = 0
    rests_until: dt.datetime | None = None
    answered_at: dt.datetime | None = None
    trouble: str = ""
    trouble_at: dt.datetime | None = None


def newcomer(now: dt.datetime) -> Standing:
    """Nobody asked it yet: it is believed."""
    return Standing(State.WELL, now)


def after(standing: Standing, event: Event, *, now: dt.datetime, words: str = "") -> Standing:
    """How it stands after what happened."""
    state = TABLE[standing.state, event]
    since = standing.since if state is standing.state else now
    if event is Event.GAVE:
        failures = 0 if state is State.WELL else standing.failures
        return replace(standing, state=state, since=since, failures=failures, rests_until=None, answered_at=now)
    failures = standing.failures + 1
    rest = min(_FIRST_REST * 2 ** min(failures - 1, 10), _LONGEST_REST)
    return replace(
        standing,
        state=state,
        since=since,
        failures=failures,
        rests_until=now + rest,
        trouble=words[:400],
        trouble_at=now,
    )


def in_turn(priority: Sequence[str], standings: Mapping[str, Standing], *, now: dt.datetime) -> list[str]:
    """Whom to ask, in this order. Who rests comes last: when nobody else gives, better he than nobody."""
    resting = [name for name in priority if _rests(standings.get(name), now)]
    return [*(name for name in priority if name not in resting), *resting]


def _rests(standing: Standing | None, now: dt.datetime) -> bool:
    return standing is not None and standing.rests_until is not None and standing.rests_until > now


def in_use(priority: Sequence[str], standings: Mapping[str, Standing]) -> str | None:
    """Whose turn it is by what is known: the first that is well, and else the first of all."""
    well = (name for name in priority if name not in standings or standings[name].state is State.WELL)
    return next(well, priority[0] if priority else None)
