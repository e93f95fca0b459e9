"""The template of the next venue runs when it is put in its places, and the contract says what is due."""

import re
import shutil
import subprocess
import sys

import pytest

from docs.next_venue.begin import LISTS, PLACES, begin
from tests.venue_contract.page import PAGE

ROOT = PAGE.parents[1]
NEEDED = (
    "accounts",
    "config",
    "docs/next_venue",
    "exchanges",
    "instruments",
    "kernel",
    "tests/venue_contract",
    "tests/isolation",
)
FILES = ("pyproject.toml", "docs/venues.md", "tests/__init__.py")
#: What the template declares and has no payload for.
DUE = {
    *(f"{act}.{case}" for act in ("cancel",) for case in ("accepted", "rejected", "unknown")),
    *(f"{act}.{case}" for act in ("find", "open_orders", "balances", "clock") for case in ("answered", "not_now")),
    *("place.rejected", "place.unknown"),
}


@pytest.fixture
def house(tmp_path):
    """A copy of what the contract needs, with the template begun in it."""
    for name in NEEDED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "test_*.py"))
    for name in (*FILES, "tests/venue_contract/test_contract.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    begin(tmp_path, "okapi", "Okapi Exchange")
    return tmp_path


def run(house, *command):
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=house, capture_output=True, text=True, timeout=100, check=False
    )


def test_begun_venue_meets_the_contract_but_for_the_cells_that_are_due(house):
    ran = run(house, "pytest", "-k", "okapi", "--no-header", "-vv", "tests/venue_contract/test_contract.py")
    failed = re.findall(r"^FAILED \S+::(\w+)\[", ran.stdout, flags=re.M)
    assert set(failed) == {
        # Which are due, by name; and the two that need payloads of their own.
        "test_every_declared_act_has_a_payload_for_each_outcome",
        "test_order_is_found_by_our_mark_or_said_to_be_absent",
    }, ran.stdout[-3000:]
    complaint = ran.stdout.split("test_every_declared_act_has_a_payload_for_each_outcome", 1)[1]
    assert {one for one in DUE if f"'{one}'" in complaint} == DUE
    assert int(re.search(r"^=+ .*?(\d+) passed.* in ", ran.stdout, flags=re.M)[1]) > 50


def test_begun_venue_is_as_the_linter_wants_it(house):
    made = [place.format(name="okapi") for place in PLACES.values() if place.endswith(".py")]
    checked = run(house, "ruff", "check", "--no-cache", "--output-format", "concise", *made, *LISTS)
    assert checked.returncode == 0, checked.stdout
    for path in made:
        assert not re.search(r"(?i)next.?venue", (house / path).read_text()), path


def test_name_that_is_taken_or_is_none_changes_nothing(tmp_path):
    for name in ("../x", "Okapi", "", "a b", "x" * 30):
        with pytest.raises(ValueError, match="small letters"):
            begin(tmp_path, name, "X")
    with pytest.raises(FileExistsError):
        begin(ROOT, "kraken", "X")
    assert list(tmp_path.iterdir()) == []


def test_contributing_names_every_file_that_there_is_to_touch():
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## The next venue\n")[1].split("\n## ")[0]
    named = re.findall(r"^\| `([^`]+)` \|", section, flags=re.M)
    assert {*(place.format(name="<name>") for place in PLACES.values()), *LISTS} <= set(named)
    missing = [path for path in named if not (ROOT / path.replace("<name>", "kraken")).exists()]
    assert missing == []
