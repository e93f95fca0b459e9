"""Times as Kite tells them, in India's time, and when its days turn.

kite.trade/docs/connect/v3/response-structure (read 2026-11-21): dates are yyyy-mm-dd, times yyyy-mm-dd hh:mm:ss, all
IST.
"""

import datetime as dt

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.sessions import DAY

#: India's midnight lies this far east of UTC, in milliseconds.
IST = 19_800_000
_ZONE = dt.timezone(dt.timedelta(milliseconds=IST))
_DAY_SECONDS = 86_400
#: Tokens die at six in the morning.
_DAWN = 6 * 3_600_000


def moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at // 1000, _ZONE)


def stamp(at: int) -> str:
    return moment(at).strftime("%Y-%m-%d %H:%M:%S")


def hour(at: int) -> str:
    return moment(at).strftime("%H:%M:%S")


def date(at: int) -> str:
    return moment(at).strftime("%Y-%m-%d")


def midnight(at: int) -> int:
    return (at + IST) // DAY * DAY - IST


class Days:
    """The venue's days: India's own at scale 1, else as long as the scale makes them, counted from the beginning."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._length = clock.milliseconds(_DAY_SECONDS)
        self.begun = midnight(clock.now()) if clock.scale == 1 else clock.now()

    @property
    def ends(self) -> int:
        return self.begun + self._length

    def turn(self) -> bool:
        """Whether a day has ended since it was asked last. However many did, they turn one at a time."""
        if self._clock.now() < self.ends:
            return False
        self.begun = self.ends
        return True

    def token_dies(self, at: int) -> int:
        """When a token that is given out at this moment dies."""
        if self._clock.scale != 1:
            return at + self._length
        dawn = midnight(at) + _DAWN
        return dawn if at < dawn else dawn + DAY
