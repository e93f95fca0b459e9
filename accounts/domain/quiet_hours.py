"""Quiet hours on a wall clock, over midnight and over the days when the clock is changed."""

import datetime as dt
from zoneinfo import ZoneInfo


def quiet_until(now: dt.datetime, *, starts: dt.time, ends: dt.time, zone: ZoneInfo) -> dt.datetime | None:
    """When the quiet that holds at `now` ends, in UTC; None when it is not quiet. Equal times mean never quiet."""
    local = now.astimezone(zone)
    clock = local.time()
    is_over_midnight = starts > ends
    is_quiet = clock >= starts or clock < ends if is_over_midnight else starts <= clock < ends
    if not is_quiet:
        return None
    day = local.date() + dt.timedelta(days=1 if is_over_midnight and clock >= starts else 0)
    wall = dt.datetime.combine(day, ends, zone)
    end = wall.astimezone(dt.UTC)
    # The hour that comes twice in autumn: in its second round the first one's end lies behind us.
    return end if end > now else wall.replace(fold=1).astimezone(dt.UTC)
