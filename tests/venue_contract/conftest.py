"""Collects what became of each cell of the matrix, prints it, and writes it into docs/venues.md when asked to.

`make venues` asks. A test that is skipped although its venue declares the act counts as failed.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.venue_contract import page
from tests.venue_contract.matrix import Cell, Matrix, cells_of, is_declared

HERE = Path(__file__).parent
_MATRIX = Matrix()
#: Every cell that was collected, and of which files.
COLLECTED: dict[str, set[Any]] = {"cells": set(), "files": set()}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First of all, so that `-k` takes no cell from what the kit has."""
    for item in items:
        if HERE in item.path.parents:
            cells = cells_of(item)
            COLLECTED["cells"] |= set(cells)
            COLLECTED["files"].add(item.path.name)
            item.user_properties.append(("venue_cells", cells))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    cells = _cells(report)
    if report.skipped and cells and all(is_declared(cell) for cell in cells):
        report.outcome, report.longrepr = "failed", f"skipped, although it is declared: {cells}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        _MATRIX.count(_cells(report), report.outcome)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not _MATRIX.counts:
        return
    terminalreporter.section("venues")
    terminalreporter.write_line(_MATRIX.summary())
    terminalreporter.write_line(page.coverage())
    if os.environ.get("PLUMBLINE_WRITE_VENUES"):
        page.write(_MATRIX)
        terminalreporter.write_line("docs/venues.md is written")


def _cells(report: pytest.TestReport) -> list[Cell]:
    told = dict(report.user_properties).get("venue_cells", [])
    # By way of a worker of xdist a tuple comes as a list.
    return [(venue, act, case) for venue, act, case in told]  # type: ignore[union-attr]
