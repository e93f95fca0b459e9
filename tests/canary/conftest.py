"""Counts what was searched and says how much at the end."""

from typing import Any

import pytest

from tests.canary.marks import Marks


def pytest_terminal_summary(terminalreporter: Any) -> None:
    told = {"places": 0, "bytes": 0, "tracebacks": 0, "hits": 0}
    # The last report of each test, which has all that it told.
    for report in terminalreporter.getreports(""):
        for name, value in report.user_properties if report.when == "teardown" else ():
            if name in told:
                told[name] += value
    terminalreporter.write_line(
        f"{told['places']} places and {told['bytes']:,} bytes searched for the marked keys, {told['tracebacks']} "
        f"tracebacks forced: {told['hits']} hits."
    )


@pytest.fixture
def marks(record_property):
    found = Marks()
    yield found
    record_property("places", found.places)
    record_property("bytes", found.searched)
