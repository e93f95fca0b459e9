"""The one edge that reads the time. Everything below it takes `now` as an argument."""

import datetime as dt
import time


def now() -> dt.datetime:
    """This moment in UTC."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - this is the edge


def unix_milliseconds() -> int:
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds on a clock that never jumps; for durations inside one process."""
    return time.monotonic()
