"""By whom facts and bars are told that somebody brings: a name of his choosing, kept with each of them."""

_LONGEST = 40


class BadSourceName(ValueError):
    """What was written is no such name."""


def source_name(told: str) -> str:
    if not (told.isascii() and told.isprintable() and 0 < len(told) <= _LONGEST and told == told.strip()):
        raise BadSourceName(f"A source's name has 1 to {_LONGEST} plain letters, such as file or my-vendor.")
    return told
