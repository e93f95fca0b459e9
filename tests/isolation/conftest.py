"""Counts the probes and says how many at the end."""

from typing import Any

import pytest

from tests.database import seeing_all_rows
from tests.isolation.world import World, build_world


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many probes were sent, whichever worker sent them."""
    probes = sum(
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "probes"
    )
    terminalreporter.write_line(f"{probes} probes sent, each with its positive control.")


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def all_rows_world(django_db_setup: None, django_db_blocker: object, request: pytest.FixtureRequest) -> World:
    """The same world under the role that no policy holds back, so that only the code's own filters stand."""
    with django_db_blocker.unblock(), seeing_all_rows():
        request.getfixturevalue("db")
        yield build_world()
