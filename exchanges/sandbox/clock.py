"""The sandbox's time: milliseconds since 1970, how long a venue's durations last here, and by how much it is wrong."""

import time


class Clock:
    """`scale` is the one factor of all durations of a venue: windows, bans, outages, lives of tokens, settlement."""

    def __init__(self, *, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("durations are scaled by a factor above nought")
        self.scale = scale
        #: What the venues' clock is ahead of the true one. A fault sets it.
        self.skew = 0

    def now(self) -> int:
        """The true time, by which the market moves and the truth is dated."""
        return time.time_ns() // 1_000_000

    def told(self) -> int:
        """The time that the venues believe and tell."""
        return self.now() + self.skew

    def seconds(self, lasting: float) -> float:
        """How long something that lasts so many seconds at the venue lasts here."""
        return lasting * self.scale

    def milliseconds(self, lasting: float) -> int:
        return round(lasting * 1000 * self.scale)


class SetClock(Clock):
    """A clock that stands until it is moved: for tests, and for running a market as fast as it goes."""

    def __init__(self, at: int, *, scale: float = 1.0) -> None:
        super().__init__(scale=scale)
        self.at = at

    def now(self) -> int:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += round(seconds * 1000)
