"""Puts the template's files in their places under a venue's name, and names it where venues are listed.

.venv/bin/python -m docs.next_venue.begin okapi "Okapi Exchange"
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: Where each file of the template goes.
PLACES = {
    "facts.py": "exchanges/domain/venues/{name}.py",
    "codes.json": "exchanges/domain/codes/{name}.json",
    "adapter.py": "exchanges/adapters/{name}.py",
    "words.py": "exchanges/adapters/{name}_words.py",
    "kit.py": "tests/venue_contract/{name}.py",
    "payloads/place.accepted.json": "tests/venue_contract/payloads/{name}/place.accepted.json",
}
#: Where venues are listed, which this names it in.
LISTS = ("exchanges/domain/venues/__init__.py", "exchanges/lines.py", "tests/venue_contract/kits.py")


def begin(root: Path, name: str, title: str) -> list[Path]:
    """The files that were made. A name that is taken, or is none, changes nothing."""
    if not re.fullmatch(r"[a-z][a-z0-9]{1,23}", name):
        raise ValueError(f"a venue's name has 2 to 24 small letters and digits, got {name!r}")
    made = [root / place.format(name=name) for place in PLACES.values()]
    taken = [path for path in made if path.exists()]
    if taken:
        raise FileExistsError(f"{taken[0]} is there already")
    for source, target in zip(PLACES, made, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_renamed((HERE / source).read_text(), name, title))
    for path in LISTS:
        listed = (root / path).read_text()
        (root / path).write_text(_listed(listed, path, name))
    return made


def _renamed(text: str, name: str, title: str) -> str:
    for old, new in (
        ("docs.next_venue.facts", f"exchanges.domain.venues.{name}"),
        ("docs.next_venue.words", f"exchanges.adapters.{name}_words"),
        ("docs.next_venue.adapter", f"exchanges.adapters.{name}"),
        ("NEXT_VENUE", name.upper()),
        ("next_venue", name),
        ("NextVenue", name.capitalize()),
        ("Next Venue", title),
    ):
        text = text.replace(old, new)
    return _sorted_imports(text)


def _listed(text: str, path: str, name: str) -> str:
    upper = name.upper()
    if path == "exchanges/lines.py":
        return re.sub(
            r"(ADAPTERS = \{\n(?:    .*\n)*)",
            rf'\1    "{name}": "exchanges.adapters.{name}.{name.capitalize()}",\n',
            text,
        )
    if path.endswith("kits.py"):
        text = re.sub(
            r"(from tests\.venue_contract\.kraken)", rf"from tests.venue_contract.{name} import {upper}_KIT\n\1", text
        )
        return _sorted_imports(re.sub(r"_KIT\)\}", rf"_KIT, {upper}_KIT)}}", text))
    text = re.sub(
        r"(from exchanges\.domain\.venues\.kraken)", rf"from exchanges.domain.venues.{name} import {upper}\n\1", text
    )
    return _sorted_imports(re.sub(r", PAPER\)", rf", {upper}, PAPER)", text))


def _sorted_imports(text: str) -> str:
    """Each run of lines that begin with `from` by the alphabet, as the linter wants them."""
    return re.sub(
        r"(?:^from .* import [^(\n]*\n)+",
        lambda run: "".join(sorted(run[0].splitlines(keepends=True))),
        text,
        flags=re.M,
    )


if __name__ == "__main__":
    for path in begin(HERE.parents[1], sys.argv[1], sys.argv[2]):
        sys.stdout.write(f"{path.relative_to(HERE.parents[1])}\n")
    sys.stdout.write("CONTRIBUTING.md, The next venue, says what comes next.\n")
