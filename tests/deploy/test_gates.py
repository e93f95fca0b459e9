"""`make check` and the closing line of a sweep."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import tally
from deploy.local.tally import Figures
from tests.deploy.conftest import FakeProject


def test_check_runs_every_gate_and_fails_when_one_did(project: FakeProject) -> None:
    tools = project.root / ".venv/bin"
    for name, code in {"ruff": 0, "lint-imports": 3, "mypy": 0}.items():
        (tools / name).write_text(f"#!/bin/sh\necho {name} was here\nexit {code}\n")
        (tools / name).chmod(0o755)

    result = project.run(sys.executable, "-m", "deploy.local.check")

    assert result.returncode == 1
    lines = [line.split("  (")[0].split(" s  ")[-1].split() for line in result.stdout.splitlines() if "  (" in line]
    assert lines == [
        ["ruff", "ok"],
        ["format", "ok"],
        ["imports", "FAILED"],
        ["types", "ok"],
        ["templates", "ok"],
        ["launcher-types", "ok"],
        ["migrations", "ok"],
        ["deployment", "ok"],
    ]
    assert "lint-imports was here" in result.stdout
    assert "mypy was here" not in result.stdout
    assert result.stdout.splitlines()[-1] == "7 passed, 1 failed: imports"


def test_check_gives_the_deployment_gate_production_settings_and_a_database(project: FakeProject) -> None:
    result = project.run(sys.executable, "-m", "deploy.local.check", "deployment")

    assert result.returncode == 0, result.stdout
    told = dict(line.split("=", 1) for line in (project.root / "setup-environment").read_text().splitlines())
    assert told["DJANGO_SETTINGS_MODULE"] == "config.settings.production"
    assert told["DATABASE_URL"].startswith("postgres://plumbline_app:")


def test_check_refuses_a_gate_it_does_not_know(project: FakeProject) -> None:
    result = project.run(sys.executable, "-m", "deploy.local.check", "spelling")
    assert (result.returncode, "No gate is called spelling" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("body", "line", "code"),
    [
        ("def test_a(): pass\ndef test_b(): pass", "sweep: 2 passed, 0 failed", 0),
        ("def test_a(): pass\ndef test_b(): assert 0", "sweep: 1 passed, 1 failed", 1),
        (
            "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no')",
            "sweep: 1 passed, 0 failed",
            1,
        ),
        ("", "sweep: 0 passed, 0 failed", 1),
        ("import nowhere_at_all", "sweep: 0 passed, 1 failed", 1),
    ],
)
def test_a_sweep_closes_with_its_figures_and_fails_unless_all_of_it_ran(
    tmp_path: Path, body: str, line: str, code: int
) -> None:
    (tmp_path / "test_it.py").write_text(body)

    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "deploy.local.tally",
            "sweep",
            "-p",
            "no:django",
            "-p",
            "no:cacheprovider",
            str(tmp_path),
        ],
        cwd=Path(__file__).resolve().parents[2],
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.stdout.splitlines()[-1], result.returncode) == (line, code)


def test_a_missing_report_counts_as_nothing(tmp_path: Path) -> None:
    assert tally.read(tmp_path / "none.xml") == Figures(0, 0, 0)
