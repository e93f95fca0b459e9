"""What is searched, and what somebody typed, made alike: small letters, no accents, one blank between words."""

import unicodedata
from collections.abc import Iterable

LONGEST_QUERY = 100
_MOST_WORDS = 6


def plain(text: str) -> str:
    """The text without accents and case. What has no letters to take apart stays as it is."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in apart if not unicodedata.combining(sign) and sign.isprintable())
    return " ".join(unicodedata.normalize("NFC", kept).split())


def compact(text: str) -> str:
    """BTC-USD, BTC/USD and BTC USD as one: letters and digits alone."""
    return "".join(sign for sign in plain(text) if sign.isalnum())


def terms_of(names: Iterable[str]) -> str:
    """Each name once, between blanks: a name is found whole as ' name ', and by its beginning as ' na'."""
    found = dict.fromkeys(term for name in names for term in plain(name).split(" ") if term)
    return f" {' '.join(found)} " if found else ""


def asked_words(typed: str) -> list[str]:
    return plain(typed[:LONGEST_QUERY].replace("\x00", " ")).split(" ")[:_MOST_WORDS]


#: Fewer letters have too many neighbours for a slip to be told from another word.
FEWEST_LETTERS = 4


def nearest(typed: str, known: Iterable[str], *, at_most: int = 3) -> list[str]:
    """Of these words those that one slip of the hand away are the typed one, or two in a longer word; nearest first."""
    most = 1 if len(typed) < 6 else 2
    found = sorted((slips(typed, word, most=most), word) for word in known)
    return [word for number, word in found if number <= most][:at_most]


def slips(typed: str, word: str, *, most: int) -> int:
    """How many letters are wrong, missing, too many or swapped with their neighbour; above `most` it is only more."""
    if abs(len(typed) - len(word)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(word) + 1))
    for number, letter in enumerate(typed, start=1):
        older, before, row = before, row, [number]
        for at, other in enumerate(word, start=1):
            least = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != other))
            if number > 1 and at > 1 and letter == word[at - 2] and typed[number - 2] == other:
                least = min(least, older[at - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return row[-1]
