"""How news sounds, as it is kept and told; and our words of finance. No library is needed to read either."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from instruments.domain.news.names import word_set

#: As VADER's makers set it: nearer to nought is neither.
LEAST_TONE = 0.05

#: What says which way something goes, and turns round where the thing is bad.
_DIRECTIONS = word_set("directions") | {
    "record high",
    "record low",
    "all-time high",
    "all-time low",
    "new highs",
    "new lows",
    "fresh high",
    "fresh low",
}
#: Directions that say nothing of good or bad unless one knows of what.
_QUIET = dict.fromkeys(word_set("quiet_down"), -1.6) | dict.fromkeys(word_set("quiet_up"), 1.6)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A word that moved a score."""

    words: str
    weight: float
    #: Its way was turned round, for it was said of something whose rise is bad.
    is_turned: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    value: float
    scorer: str
    because: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class FinanceWords:
    weights: Mapping[str, float]
    flipping: frozenset[str]
    directions: frozenset[str]


def tone_of(score: float) -> str:
    """The score in one word."""
    if score >= LEAST_TONE:
        return "positive"
    return "negative" if score <= -LEAST_TONE else "neutral"


@cache
def finance_words() -> FinanceWords:
    lines = files("instruments.domain.news.data").joinpath("finance_words.csv").read_text("utf-8").splitlines()
    weights: dict[str, float] = {}
    flipping: set[str] = set()
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        if row["weight"] == "flips":
            flipping.add(row["phrase"])
        else:
            weights[row["phrase"]] = float(row["weight"])
    return FinanceWords(weights, frozenset(flipping), _DIRECTIONS)


def quiet_directions() -> Mapping[str, float]:
    """What they would weigh of something good; alone they weigh nothing."""
    return _QUIET
