"""What news calls a thing, out of the catalogue's own names and out of a list of ours."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FOLDER = "instruments.domain.news.data"


def word_set(name: str) -> frozenset[str]:
    """The words of our list by this name."""
    for line in _lines("word_sets.txt"):
        key, _, words = line.partition(": ")
        if key == name:
            return frozenset(words.split())
    raise LookupError(f"there is no list of words {name!r}")


def _lines(name: str) -> list[str]:
    return files(_FOLDER).joinpath(name).read_text("utf-8").splitlines()


_WORD = re.compile(r"[^\W_]+(?:&[^\W_]+)*")

#: What stands behind a company's name and is seldom said.
_LEGAL = word_set("legal")
#: What is often left out too; what is left must still be one company's alone.
_SORT = word_set("sort")
#: Papers that are named after a share and are not it.
_OTHER_PAPER = re.compile(r"\b(warrants?|rights?|units?|preferred|depositary|notes?|debentures?)\b", re.IGNORECASE)
_CLASS = re.compile(r"\b(class|series)\s+[A-Z]\b.*$|\(.*?\)|/.*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """A line of our list."""

    subject: str
    names: tuple[str, ...]
    weak: tuple[str, ...]
    never: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words as they are compared: small, without accents, marks apart."""
    return [plain_word(found[0]) for found in _WORD.finditer(text)]


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    for found in _WORD.finditer(text):
        yield found.span()


@cache
def _known_rows() -> tuple[tuple[Known, tuple[str, ...]], ...]:
    def parts(told: str) -> tuple[str, ...]:
        return tuple(one for one in told.split("|") if one)

    lines = [one for one in _lines("names.csv") if not one.startswith("#")]
    return tuple(
        (
            Known(row["subject"], parts(row["names"]), parts(row["weak"]), parts(row["never"])),
            tuple(row["bases"].split()),
        )
        for row in csv.DictReader(lines)
    )


def known_names() -> list[Known]:
    return [one for one, _ in _known_rows()]


@cache
def _goods() -> dict[str, str]:
    return {base: one.subject.removeprefix("goods:") for one, bases in _known_rows() for base in bases}


def goods_of(base: str) -> str | None:
    """By which name a commodity goes, whatever its contract is called; None for one that we have no name for."""
    return _goods().get(base)


@cache
def currencies() -> dict[str, tuple[str, ...]]:
    """By its code, how a currency is called."""
    lines = [one for one in _lines("currencies.csv") if not one.startswith("#")]
    return {row["code"]: tuple(row["names"].split("|")) for row in csv.DictReader(lines)}


@cache
def common_words() -> frozenset[str]:
    """Words that are somebody's name or symbol too, and alone say nothing of it."""
    return frozenset(word for line in _lines("common_words.txt") if not line.startswith("#") for word in line.split())


def company_words(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A company's name without what the register adds, and the shorter one that people may say; empty where none."""
    if _OTHER_PAPER.search(name):
        return (), ()
    told = _CLASS.sub("", name.split(" - ")[0])
    words = words_of(told)
    while words and words[-1] in _LEGAL:
        words.pop()
    if words[:1] == ["the"]:
        words = words[1:]
    short = list(words)
    while short and short[-1] in _SORT | _LEGAL:
        short.pop()
    return tuple(words), tuple(short) if short != words else ()


def plain_word(word: str) -> str:
    if word.isascii():
        return word.casefold()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
