"""How well news is matched to what is traded: precision and recall over headlines that we wrote and labelled ourselves.

`python -m benchmarks.news_matching` builds the index of the shipped catalogue, says how long that and a headline take,
and prints what was found and missed. The open half was looked at while the rules were written, the held one was not;
both are ours, with more traps in them than a feed has and fewer names of no catalogue.
"""

import csv
import datetime as dt
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, machine_facts
from benchmarks.sentiment import interval
from instruments.domain.lists import LISTS, shipped_list
from instruments.domain.news.matching import Index, Thing, index_of, matches_of
from instruments.domain.news.subjects import subject_of

HEADLINES = Path(__file__).resolve().parents[1] / "tests" / "instruments" / "news" / "headlines.csv"


def things() -> Iterator[Thing]:
    """What the shipped lists hold, as the catalogue holds it."""
    for name in LISTS:
        for listings in shipped_list(name).markets.values():
            for one in listings:
                told = one.instrument
                is_always_open = one.calendar == "always"
                subject = subject_of(kind=told.kind, base=told.base, quote=told.quote, is_always_open=is_always_open)
                yield Thing(subject, told.base, told.name, told.quote)


def headlines(half: str) -> list[tuple[set[str], str]]:
    """What each is about, and the headline."""
    lines = [line for line in HEADLINES.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = csv.reader(lines)
    next(rows)
    return [(subjects(about), ",".join(words)) for told, about, *words in rows if told == half]


def subjects(about: str) -> set[str]:
    """coin:BTC goods:natural gas: a subject ends where the next begins."""
    return {one.strip() for one in re.split(r" (?=[a-z]+:)", about) if one}


def measured(half: str, index: Index) -> dict[str, Any]:
    right = wrong = missed = 0
    odd = []
    for meant, headline in headlines(half):
        found = {one.subject for one in matches_of(index, title=headline)}
        right, wrong, missed = right + len(found & meant), wrong + len(found - meant), missed + len(meant - found)
        if found != meant:
            odd.append({"headline": headline, "wrong": sorted(found - meant), "missed": sorted(meant - found)})
    return {
        "headlines": len(headlines(half)),
        "right": right,
        "wrong": wrong,
        "missed": missed,
        "precision": round(right / (right + wrong), 3),
        "precision_interval": [round(one, 3) for one in interval(right, right + wrong)],
        "recall": round(right / (right + missed), 3),
        "recall_interval": [round(one, 3) for one in interval(right, right + missed)],
        "odd": odd,
    }


def main() -> None:
    told = list(things())
    began = time.perf_counter()
    index = index_of(told)
    built = time.perf_counter() - began
    texts = [headline for half in ("open", "held") for _, headline in headlines(half)]
    began = time.perf_counter()
    for _ in range(20):
        for headline in texts:
            matches_of(index, title=headline)
    each = (time.perf_counter() - began) / (20 * len(texts))
    result: dict[str, Any] = {
        "benchmark": "news_matching",
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": machine_facts(),
        "instruments": len(told),
        "names_and_symbols": index.size,
        "index_seconds": round(built, 3),
        "headline_milliseconds": round(each * 1_000, 4),
    }
    print(f"Index of {len(told):,} instruments in {built:.2f} s; a headline in {each * 1_000:.3f} ms.")
    for half in ("open", "held"):
        found = result[half] = measured(half, index)
        low, high = found["precision_interval"]
        least, most = found["recall_interval"]
        print(
            f"{half} half, {found['headlines']} headlines: precision {found['precision']:.1%} "
            f"({low:.1%} to {high:.1%}), recall {found['recall']:.1%} ({least:.1%} to {most:.1%})"
        )
        for one in found["odd"]:
            print(f"  {one['headline']}: wrong {one['wrong']}, missed {one['missed']}")
    (RESULTS / "news_matching.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
