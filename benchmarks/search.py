"""Searches what can be traded, typed well and misspelt, over the whole shipped catalogue: p50 and p95 in milliseconds.

    make bench        (or, with servers of your own: python benchmarks/search.py)

Beside it the same words by ILIKE over symbol, code, name and ISIN, as one would write it without an index for it.
Then the same with a dump as long as Kite's beside it: shares of both exchanges and 110,000 futures and options, read by
the loader of Kite's dump, with what people type of contracts. Writes benchmarks/results/search.json. The target: p95
below 50 ms, over 10,000 rows and over 110,000.
"""

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SEED, QUESTIONS = 20261121, 400
#: Of the shared data, class B: never shipped, read where it is.
SHARES = "instruments/india_nifty_total_market.csv"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402 - the environment comes first

django.setup()

from django.db import transaction  # noqa: E402 - needs the set-up
from django.db.models import Q  # noqa: E402 - needs the set-up

from benchmarks.kite_dump import dump_of  # noqa: E402 - needs the path
from benchmarks.machine import write_result  # noqa: E402 - needs the path
from exchanges.adapters.zerodha_listings import Listings  # noqa: E402 - needs the set-up
from exchanges.domain.listed import listing_facts  # noqa: E402 - needs the set-up
from exchanges.domain.venues.zerodha import ZERODHA  # noqa: E402 - needs the set-up
from instruments.markets import search_instruments  # noqa: E402 - needs the set-up
from instruments.models import Instrument, Listing  # noqa: E402 - needs the set-up
from instruments.services.catalogue import refresh_listings  # noqa: E402 - needs the set-up
from instruments.services.lists import load_lists  # noqa: E402 - needs the set-up
from kernel import clock  # noqa: E402 - needs the set-up
from tests.database import database_for, owner_connection  # noqa: E402 - needs the set-up

Question = tuple[str, str]


def questions(chance: random.Random) -> list[Question]:
    """What people type: beginnings of symbols, whole symbols, words of names, slips; each with what it is."""
    rows = list(Instrument.objects.exclude(name="").values_list("base", "code", "name"))
    asked: list[Question] = []
    for number in range(QUESTIONS):
        base, code, name = chance.choice(rows)
        word = max(name.split(), key=len)
        kind, words = [
            ("beginning", base[: max(1, len(base) - 1)]),
            ("symbol", code),
            ("name", word),
            ("slip", _slip(word, chance)),
        ][number % 4]
        asked.append((kind, words))
    return asked


def _slip(word: str, chance: random.Random) -> str:
    if len(word) < 5:
        return word
    at = chance.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def by_ilike(words: str) -> list[Any]:
    meant = Q(instrument__code__icontains=words) | Q(instrument__name__icontains=words)
    meant |= Q(symbol__icontains=words) | Q(instrument__isin__icontains=words)
    return list(Listing.objects.select_related("instrument").filter(meant, gone_at=None).order_by("symbol")[:10])


def by_ours(words: str) -> list[Any]:
    return search_instruments(words, now=clock.now())


def timed(act: Callable[[str], list[Any]], words: str) -> tuple[float, bool]:
    began = time.perf_counter()
    with transaction.atomic():
        found = act(words)
    return (time.perf_counter() - began) * 1000, bool(found)


def figures(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1), "worst_ms": round(max(times), 1)}


KINDS = ("beginning", "symbol", "name", "slip")
CONTRACT_KINDS = ("contract", "chain", "underlying", "strike", "slip of a name", "two letters")


def contract_questions(chance: random.Random) -> list[Question]:
    """What people type of contracts: whole symbols, all of a month, the underlying, its strike in words."""
    options = list(Instrument.objects.filter(kind="option").values_list("base", "code", "strike"))
    shares = list(Instrument.objects.filter(kind="equity", quote="INR").values_list("base", "name"))
    asked: list[Question] = []
    for number in range(QUESTIONS):
        (base, code, strike), (_, name) = chance.choice(options), chance.choice(shares)
        symbol = code.partition(":")[2] or code
        kind = CONTRACT_KINDS[number % len(CONTRACT_KINDS)]
        words = {
            "contract": symbol,
            "chain": symbol[: len(base) + 5],
            "underlying": base,
            "strike": f"{base} {strike.normalize():f} {symbol[-2:]}",
            "slip of a name": _slip(max(name.split(), key=len), chance),
            "two letters": base[:2],
        }[kind]
        asked.append((kind, words))
    return asked


def measured(
    asked: list[Question], kinds: tuple[str, ...], acts: dict[str, Callable[[str], list[Any]]]
) -> dict[str, Any]:
    for act in acts.values():
        timed(act, "warm")
    told: dict[str, list[tuple[str, str, float, bool]]] = {name: [] for name in acts}
    for kind, words in asked:
        for name, act in acts.items():
            told[name].append((kind, words, *timed(act, words)))
    result: dict[str, Any] = {"questions": len(asked)}
    for name, of in told.items():
        result[name] = figures([milliseconds for _, _, milliseconds, _ in of])
        result[name]["slowest"] = max(of, key=lambda one: one[2])[1]
        for kind in kinds:
            of_kind = [(milliseconds, found) for one, _, milliseconds, found in of if one == kind]
            found = sum(found for _, found in of_kind) / len(of_kind)
            result[name][kind] = {**figures([one for one, _ in of_kind]), "found": round(found, 3)}
    return result


def counted() -> dict[str, int]:
    return {"instruments": Instrument.objects.count(), "listings": Listing.objects.count()}


def analyse() -> None:
    with owner_connection() as owner:
        owner.execute("ANALYZE")


def with_contracts(shares: Path) -> dict[str, Any]:
    """Everything that Kite lists beside what is there; the old questions, and those about contracts."""
    dump = dump_of(shares, seed=SEED)
    began = time.perf_counter()
    refresh_listings(venue="zerodha", listings=[listing_facts(one, ZERODHA) for one in Listings(dump)], now=clock.now())
    loading = time.perf_counter() - began
    analyse()
    chance = random.Random(SEED)
    asked = [*questions(chance), *contract_questions(chance)]
    found = measured(asked, (*KINDS, *CONTRACT_KINDS), {"ours": by_ours})
    return {**counted(), **found, "load_seconds": round(loading, 1)}


def main() -> int:
    with database_for("bench_search"):
        began = time.perf_counter()
        load_lists(now=clock.now())
        loading = time.perf_counter() - began
        began = time.perf_counter()
        load_lists(again=True, now=clock.now())
        again = time.perf_counter() - began
        analyse()
        found = measured(questions(random.Random(SEED)), KINDS, {"ours": by_ours, "ilike": by_ilike})
        result: dict[str, Any] = {**counted(), "seed": SEED, **found}
        shares = Path(os.environ.get("PLUMBLINE_SHARED_DATA") or ROOT.parent / "shared/data") / SHARES
        if shares.exists():
            result["with_contracts"] = with_contracts(shares)
    result["ratio_p50"] = round(result["ilike"]["p50_ms"] / result["ours"]["p50_ms"], 2)
    result["load_seconds"], result["load_again_seconds"] = round(loading, 1), round(again, 1)
    result["target"] = "p95 below 50 ms over 10,000 rows, and over 110,000"
    parts = [result, *([result["with_contracts"]] if "with_contracts" in result else [])]
    result["is_met"] = all(one["ours"]["p95_ms"] < 50 and one["listings"] >= 10_000 for one in parts)
    if "with_contracts" not in result:
        print(f"Not measured: contracts. There is no list of shares at {shares}.", file=sys.stderr)
    write_result("search", result)
    return 0 if result["is_met"] else 1


if __name__ == "__main__":
    sys.exit(main())
