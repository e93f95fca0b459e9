"""Runs pytest for a named sweep and closes with its figures.

    python -m deploy.local.tally isolation -n 2 tests/isolation

A sweep that ran nothing, or skipped anything, has shown nothing: it fails.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Figures:
    passed: int
    failed: int
    skipped: int

    @property
    def is_good(self) -> bool:
        return self.passed > 0 and self.failed == 0 and self.skipped == 0


def read(report: Path) -> Figures:
    """The figures of a JUnit report; none at all when pytest wrote none."""
    if not report.exists():
        return Figures(0, 0, 0)
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 (written by our own pytest a moment ago)
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Figures(len(cases) - failed - skipped, failed, skipped)


def main(name: str, arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        code = subprocess.run(
            [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments], check=False
        ).returncode
        figures = read(report)
    if figures.passed + figures.failed == 0:
        print(f"{name}: nothing ran, so nothing is shown")
    if figures.skipped:
        print(f"{name}: {figures.skipped} skipped; a sweep must run whole")
    print(f"{name}: {figures.passed} passed, {figures.failed} failed")
    return 0 if code == 0 and figures.is_good else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("Usage: python -m deploy.local.tally NAME PYTEST-ARGUMENT...")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
