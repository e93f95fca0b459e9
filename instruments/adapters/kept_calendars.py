"""What the kept library knows of an exchange's sessions. It needs pandas, so it is asked when data are written."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from instruments.domain.hours import Hours, Pause, Told, told_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A calendar of the library, and from when on its hours are worth keeping."""

    name: str
    since: dt.date


ASKED = (
    Asked("CMES", dt.date(2000, 1, 1)),
    Asked("XBOM", dt.date(1997, 1, 1)),
    Asked("XLON", dt.date(1990, 1, 1)),
    Asked("XNYS", dt.date(1986, 1, 1)),
    Asked("XTKS", dt.date(1997, 1, 1)),
)


def library_version() -> str:
    import exchange_calendars  # noqa: PLC0415  # a dev requirement: absent where the product runs

    return str(exchange_calendars.__version__)


def told_by_library(asked: Asked, *, last: dt.date) -> Told:
    """Up to `last`, or to the day up to which the library was told."""
    calendar, last = _calendar(asked, last)
    return told_of(str(calendar.tz), asked.since, last, _sessions(calendar))


def _calendar(asked: Asked, last: dt.date) -> tuple[Any, dt.date]:
    from exchange_calendars import calendar_utils, get_calendar  # noqa: PLC0415  # as above

    bound = calendar_utils._default_calendar_factories[asked.name].bound_max()
    last = min(last, bound.date()) if bound is not None else last
    return get_calendar(asked.name, start=str(asked.since), end=str(last)), last


def _sessions(calendar: Any) -> Iterator[tuple[dt.date, Hours]]:
    for row in calendar.schedule.itertuples():
        day = row.Index.date()
        opens, closes = (moment.tz_convert(calendar.tz).to_pydatetime() for moment in (row.open, row.close))
        # What is not a time is not itself.
        pauses: tuple[Pause, ...] = ()
        if row.break_start == row.break_start:
            stops, resumes = (moment.tz_convert(calendar.tz) for moment in (row.break_start, row.break_end))
            pauses = ((stops.time(), resumes.time()),)
        yield day, Hours(opens.time(), closes.time(), pauses, opens.date() < day)
