"""How a moment is written for people: the day, the clock, and always the zone's name."""

import datetime as dt
from enum import StrEnum


class Precision(StrEnum):
    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


def moment_text(local: dt.datetime, precision: Precision) -> str:
    """20 Nov 2026, 15:00 IST. A zone without letters of its own is named by its offset: UTC+05:45."""
    day = f"{local.day} {local:%b %Y}"
    if precision is Precision.DAY:
        return day
    clock = f"{local:%H:%M:%S}" if precision is Precision.SECOND else f"{local:%H:%M}"
    return f"{day}, {clock} {zone_name(local)}"


def zone_name(local: dt.datetime) -> str:
    name = local.tzname() or ""
    if name and name[0].isalpha():
        return name
    minutes = int((local.utcoffset() or dt.timedelta()).total_seconds()) // 60
    sign = "\u2212" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours:02}:{rest:02}"
