"""How a piece of news sounds: VADER's rules over its lexicon and our words of finance. It works without a network.

VADER knows single words. Our phrases are joined to one word before it reads, so its own rules (negation, degree, but)
count for them too. Words of a direction after a thing whose rise is bad (losses, unemployment) are turned round.
"""

import re
from dataclasses import dataclass
from functools import cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from instruments.domain.news.scores import Score, Weighed, finance_words, quiet_directions

#: Named with each score. Another list or another rule is another version; what was scored before keeps its own.
VERSION = "vader-3.3.2+finance-1"

_TITLE_COUNTS = 0.7
_MOST_SIGNS = 600
#: How many words after a thing its direction may stand.
_REACH = 4
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*|[^\sA-Za-z]+|\s+")
#: What may stand between a direction and what it is of: a fall in the losses.
_BETWEEN = frozenset({"in", "its", "the", "of", "their", "his", "net", "operating", "quarterly"})
#: Here something else begins, of which nothing was said yet.
_STOPS = frozenset(",;:.!?()–—")
_CLAUSES = frozenset({"and", "but", "while", "as", "after", "before", "although"})
_TURNED = "_turned"
_SILENT = "_named"
_EVIDENCE = 8


@dataclass(frozen=True, slots=True)
class _Reader:
    vader: SentimentIntensityAnalyzer
    phrases: dict[str, list[tuple[str, ...]]]
    flipping: frozenset[tuple[str, ...]]
    directions: frozenset[str]


def score_news(title: str, summary: str = "") -> Score:
    """-1 to 1, and the words that moved it. The title counts for more than what stands under it."""
    head, weighed = _score(title)
    if not summary.strip() or summary.strip() == title.strip():
        return Score(round(head, 4), VERSION, tuple(weighed[:_EVIDENCE]))
    body, more = _score(summary[:_MOST_SIGNS])
    told = _TITLE_COUNTS * head + (1 - _TITLE_COUNTS) * body
    words = {one.words: one for one in [*more, *weighed]}
    strongest = sorted(words.values(), key=lambda one: -abs(one.weight))[:_EVIDENCE]
    return Score(round(told, 4), VERSION, tuple(strongest))


def plain_vader(text: str) -> float:
    """VADER alone, to be measured beside ours."""
    return float(_plain().polarity_scores(text)["compound"])


@cache
def _plain() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@cache
def _reader() -> _Reader:
    vader = SentimentIntensityAnalyzer()
    words = finance_words()
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for phrase, weight in words.weights.items():
        parts = tuple(phrase.split(" "))
        vader.lexicon["_".join(parts)] = weight
        if len(parts) > 1:
            phrases.setdefault(parts[0], []).append(parts)
    flipping = frozenset(tuple(one.split(" ")) for one in words.flipping)
    for one in flipping:
        phrases.setdefault(one[0], []).append(one)
        vader.lexicon["_".join(one) + _SILENT] = 0.0
    for told in phrases.values():
        told.sort(key=len, reverse=True)
    known = {**words.weights, **quiet_directions()}
    for word in words.directions:
        vader.lexicon[word.replace(" ", "_") + _TURNED] = -known.get(word, 0.0)
    return _Reader(vader, phrases, flipping, words.directions)


def _score(text: str) -> tuple[float, list[Weighed]]:
    reader = _reader()
    tokens = _joined(reader, text)
    compound = float(reader.vader.polarity_scores("".join(tokens))["compound"])
    weighed: dict[str, Weighed] = {}
    for token in tokens:
        word = token.casefold().strip(".,;:!?")
        weight = reader.vader.lexicon.get(word, 0.0)
        if weight:
            said = word.removesuffix(_TURNED).replace("_", " ")
            weighed[said] = Weighed(said, float(weight), word.endswith(_TURNED))
    return compound, sorted(weighed.values(), key=lambda one: -abs(one.weight))


def _joined(reader: _Reader, text: str) -> list[str]:
    """The text with our phrases as one word each, and directions turned round after what they are of."""
    parts = _WORD.findall(text.replace("’", "'"))
    places = [at for at, part in enumerate(parts) if part[0].isalpha()]
    words = [parts[at].casefold() for at in places]
    kept = dict(enumerate(parts))
    turned_until = -1
    at = 0
    while at < len(words):
        if at and (words[at] in _CLAUSES or set("".join(parts[places[at - 1] + 1 : places[at]])) & _STOPS):
            turned_until = -1
        named = next(
            (one for one in reader.phrases.get(words[at], ()) if tuple(words[at : at + len(one)]) == one), None
        )
        if named is None and (words[at],) in reader.flipping:
            named = (words[at],)
        if named is None:
            if at <= turned_until and words[at] in reader.directions:
                kept[places[at]] = words[at] + _TURNED
            at += 1
            continue
        is_flipping = named in reader.flipping
        is_turned = at <= turned_until and " ".join(named) in reader.directions
        kept[places[at]] = "_".join(named) + (_SILENT if is_flipping else _TURNED if is_turned else "")
        last = at + len(named) - 1
        for between in range(places[at] + 1, places[last] + 1):
            kept[between] = ""
        if is_flipping:
            turned_until = last + _REACH
            _turn_before(reader, words, places, kept, at)
        at = last + 1
    return [kept[at] for at in range(len(parts))]


def _turn_before(reader: _Reader, words: list[str], places: list[int], kept: dict[int, str], at: int) -> None:
    """Narrows its loss, a fall in unemployment: the direction stands before."""
    for before in range(at - 1, max(-1, at - 4), -1):
        if words[before] in reader.directions and kept[places[before]].casefold() == words[before]:
            kept[places[before]] = words[before] + _TURNED
        if words[before] not in _BETWEEN:
            return
