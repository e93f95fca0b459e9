"""The pass matrix: which cell of venue, act and outcome each test stands for, and how the page shows them.

A test of the contract is a cell by its parameters; any other says so itself:
`@pytest.mark.venue_cell("kraken", "place.accepted")`, or None for the venue of its `kit`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from exchanges.domain.limits import Act
from exchanges.domain.venues import VENUES

Cell = tuple[str, str, str]

#: Tests of the contract that stand for one outcome of the act that they are run for.
OUTCOMES = {
    "test_act_asks_in_the_venues_own_words_and_no_oftener": "in its words",
    "test_order_of_which_no_word_came_is_unknown_and_is_sent_once": "no word came",
    "test_question_without_an_answer_is_never_an_empty_answer": "no word came",
    "test_word_that_nobody_knows_is_a_contradiction": "unknown word",
}
#: Tests of the contract that are about one cell of each venue.
FIXED = {
    "test_order_reaches_the_wire_in_the_venues_own_words_and_is_taken": ("place", "accepted"),
    "test_order_that_never_left_is_refused": ("place", "never left"),
    "test_order_that_was_taken_in_words_nobody_knows_is_unknown": ("place", "unknown word"),
    "test_order_is_found_by_our_mark_or_said_to_be_absent": ("find", "absent"),
}
#: Tests of the contract that hold the kit itself to its word, or look for secrets.
OF_THE_WHOLE = {
    "test_every_declared_act_has_a_payload_for_each_outcome",
    "test_every_payload_names_the_document_it_was_written_from",
    "test_every_payload_is_of_a_kind_that_some_test_asks_for",
    "test_every_native_order_type_of_every_segment_is_placed",
    "test_act_that_is_not_declared_is_never_asked",
    "test_no_failure_and_no_outcome_shows_the_key",
}


class NoCell(LookupError):
    """A test of the contract that is in no cell: name it in tests/venue_contract/matrix.py, or mark it."""


def cells_of(item: pytest.Item) -> list[Cell]:
    """The cells that a test stands for; none where it is not about a venue's act."""
    values: Mapping[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    kit = values.get("kit")
    marked = [
        (venue or kit.name, *name.split(".", 1))
        for mark in item.iter_markers("venue_cell")
        for venue, *names in [mark.args]
        for name in names
    ]
    if marked or kit is None:
        return marked
    test = item.originalname
    if "payload" in values:
        return [(kit.name, str(values["payload"].act), values["payload"].case)]
    if test in FIXED:
        return [(kit.name, *FIXED[test])]
    if test in OUTCOMES:
        return [(kit.name, str(values["act"]), OUTCOMES[test])]
    if test in OF_THE_WHOLE:
        return []
    raise NoCell(f"{item.nodeid} is in no cell of the matrix")


def is_declared(cell: Cell) -> bool:
    venue, act, _ = cell
    return Act(act) in VENUES[venue].acts


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        more = [f"{n} {word}" for n, word in ((self.failed, "FAILED"), (self.skipped, "skipped")) if n]
        return ", ".join([str(self.passed), *more])


@dataclass
class Matrix:
    counts: dict[Cell, Counts] = field(default_factory=lambda: defaultdict(Counts))

    def count(self, cells: Iterable[Cell], outcome: str) -> None:
        for cell in cells:
            counts = self.counts[cell]
            setattr(counts, outcome, getattr(counts, outcome) + 1)

    def rows(self) -> list[list[str]]:
        """Act and outcome, then each venue's count; – where the venue has no such cell."""
        acts = [str(act) for act in Act]
        lines = sorted({(act, case) for _, act, case in self.counts}, key=lambda one: (acts.index(one[0]), one[1]))
        return [
            [
                act,
                case,
                *(str(self.counts[name, act, case]) if (name, act, case) in self.counts else "–" for name in VENUES),
            ]
            for act, case in lines
        ]

    def summary(self) -> str:
        """One line for each venue."""
        lines = []
        for name in VENUES:
            mine = [counts for (venue, _, _), counts in self.counts.items() if venue == name]
            if not mine:
                continue
            passed, failed, skipped = (
                sum(getattr(one, word) for one in mine) for word in ("passed", "failed", "skipped")
            )
            lines.append(f"{name}: {len(mine)} cells, {passed} passed, {failed} failed, {skipped} skipped")
        return "\n".join(lines)
