"""Times as the clock on a wall shows them, told in UTC. What the clock shows twice, or never, is refused."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np

from instruments.domain.bars import Moments, moment_of
from instruments.domain.candles import BadCandle

#: No clock changes between two quarters of an hour.
_QUARTER = 900_000_000
_MICRO = dt.timedelta(microseconds=1)


def utc_of(local: Moments, zone: ZoneInfo, *, row: Callable[[int], str]) -> Moments:
    """The moments in UTC; BadCandle names the first row whose time is shown twice or not at all there."""
    quarters, where = np.unique(local.astype(np.int64) // _QUARTER, return_inverse=True)
    offsets = np.empty(len(quarters), dtype=np.int64)
    for number, quarter in enumerate(quarters.tolist()):
        wall = (dt.datetime(1970, 1, 1) + dt.timedelta(minutes=15 * quarter)).replace(tzinfo=zone)  # noqa: DTZ001
        once, again = (wall.replace(fold=fold).utcoffset() or dt.timedelta(0) for fold in (0, 1))
        if once != again:
            at = int(np.argmax(where == number))
            shown = moment_of(local[at]).replace(tzinfo=None)
            how = "shows twice" if once > again else "leaves out"
            raise BadCandle(
                f"{row(at)}: {shown} is a time that the clock in {zone.key} {how} when it is changed. "
                "Write such times in UTC."
            )
        offsets[number] = once // _MICRO
    return local - offsets[where].astype("m8[us]")
