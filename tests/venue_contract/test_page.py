"""docs/venues.md says what the code says, and names the cells that the tests have."""

import os

import pytest

from exchanges.domain.limits import Act
from exchanges.domain.venues import VENUES
from tests.venue_contract import conftest, page
from tests.venue_contract.matrix import Matrix

pytestmark = pytest.mark.skipif("PLUMBLINE_WRITE_VENUES" in os.environ, reason="the page is written by this run")
TEXT = page.PAGE.read_text()
WRITE = "run `make venues`, which writes docs/venues.md anew"


@pytest.mark.parametrize("name", ["facts", "fees", "codes"])
def test_page_tells_what_is_declared(name):
    assert page.block(TEXT, name) == getattr(page, name)(), WRITE


@pytest.fixture
def cells():
    """All that the tests of venues stand for."""
    there = {one.name for one in conftest.HERE.glob("test_*.py")}
    if not there <= conftest.COLLECTED["files"]:
        pytest.skip("a part of the contract was collected; the cells are those of all of it")
    return conftest.COLLECTED["cells"]


def test_matrix_on_the_page_names_the_cells_of_the_tests(cells):
    assert page.cells_on_the_page(TEXT) == cells, WRITE


def test_every_declared_act_has_a_cell(cells):
    """Streams and logins are told of in their own tests, which mark their cells when they have some."""
    told = {(venue, act) for venue, act, _ in cells}
    asked = {(name, str(act)) for name, facts in VENUES.items() for act in facts.acts - {Act.STREAM, Act.LOG_IN}}
    assert asked - told == set()


def test_no_cell_on_the_page_failed_or_was_skipped():
    assert page.bad_cells_on_the_page(TEXT) == []


def test_matrix_is_read_as_it_is_written():
    matrix = Matrix()
    matrix.count([("paper", "place", "accepted"), ("kraken", "place", "rejected")], "passed")
    matrix.count([("paper", "place", "accepted")], "failed")
    text = f"<!-- matrix -->\n{page.matrix_table(matrix)}<!-- end matrix -->"
    assert page.cells_on_the_page(text) == set(matrix.counts)
    assert page.bad_cells_on_the_page(text) == ["| place | accepted | – | – | – | – | 1, 1 FAILED |"]
