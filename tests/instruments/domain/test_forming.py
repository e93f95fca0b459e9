"""The bar that is not over: its name, and when it will be known."""

import datetime as dt

import pytest

from instruments.domain.calendars import AlwaysOpen, calendar_named
from instruments.domain.forming import Forming, forming_bar
from kernel.bars import Interval

UTC = dt.UTC
ALWAYS, BOMBAY = AlwaysOpen(), calendar_named("XBOM")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def forming(calendar, interval, now, *, is_by_the_clock=False):
    found = forming_bar(calendar, Interval(interval), at(now), is_by_the_clock=is_by_the_clock)
    return None if found is None else (f"{found.start:%d %H:%M}", f"{found.ends:%d %H:%M}")


@pytest.mark.parametrize(
    ("calendar", "interval", "now", "told"),
    [
        (ALWAYS, "15m", "2026-11-20T10:07", ("20 10:00", "20 10:15")),
        # The first moment of a bar is the bar's, the last is the next one's.
        (ALWAYS, "1h", "2026-11-20T10:00", ("20 10:00", "20 11:00")),
        (ALWAYS, "1d", "2026-11-20T23:59", ("20 00:00", "21 00:00")),
        # A session from 03:45 to 10:00: hours are counted from its opening, and the last one is short.
        (BOMBAY, "1h", "2026-11-20T04:50", ("20 04:45", "20 05:45")),
        (BOMBAY, "1h", "2026-11-20T09:50", ("20 09:45", "20 10:00")),
        (BOMBAY, "1d", "2026-11-20T04:50", ("20 00:00", "20 10:00")),
        # Friday's week.
        (BOMBAY, "1w", "2026-11-20T04:50", ("16 00:00", "23 00:00")),
        # Before, after, and on a Saturday.
        (BOMBAY, "1h", "2026-11-20T03:44", None),
        (BOMBAY, "1h", "2026-11-20T10:00", None),
        (BOMBAY, "1d", "2026-11-21T05:00", None),
        # Where nobody told when it is open.
        (BOMBAY, "1h", "2099-11-20T05:00", None),
    ],
)
def test_bar_that_forms_has_its_name_and_its_end(calendar, interval, now, told):
    assert forming(calendar, interval, now) == told


def test_where_bars_are_counted_by_the_clock_the_forming_one_is_too():
    assert forming(BOMBAY, "1h", "2026-11-20T04:50", is_by_the_clock=True) == ("20 04:00", "20 05:00")
    assert forming(BOMBAY, "1h", "2026-11-20T09:50", is_by_the_clock=True) == ("20 09:00", "20 10:00")


def test_it_is_whole():
    assert forming_bar(ALWAYS, Interval("1m"), at("2026-11-20T10:07"), is_by_the_clock=False) == Forming(
        at("2026-11-20T10:07"), at("2026-11-20T10:08")
    )
