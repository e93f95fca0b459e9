"""Names as people write them, in whatever script, without what would break a line or turn a page around. Pure."""

import unicodedata

MOST = 120
#: Embeddings and overrides; a page isolates each name by itself. Marks and joiners stay: scripts and emoji need them.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DROPPED = {"Cc", "Cs", "Co", "Cn"}


def clean_name(text: str) -> str:
    """The name on one line, without control characters; nothing when nobody could see it."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(
        character for character in spaced if character not in _TURNS and unicodedata.category(character) not in _DROPPED
    )
    name = " ".join(unicodedata.normalize("NFC", kept).split())
    return name if any(unicodedata.category(character)[0] in "LNPS" for character in name) else ""
