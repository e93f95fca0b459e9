"""What the rules of quality find and miss.

    PLUMBLINE_SHARED_DATA=… python -m benchmarks.quality [--seed N] [--seeds N] [--series NAME …]

1. The defects that the manifest of the shared data names: all must be found. True extremes: all kept.
2. Over 1,000 defects planted by the seed into 20 series: of each kind 95 of a hundred must be found.
3. Alarms on bars that nobody touched: at most 5 of 10,000. Each finding with rows counts, those for a look too, but for
   what is a fact of the calendar or of the figures themselves (a bar while the market is shut, a row told twice, a high
   below a low, no number) and for what the manifest names or was looked at by hand (`known.py`).

Prints a table, writes benchmarks/results/quality.json and exits 1 when a target is missed.
"""

import argparse
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.machine import write_result
from benchmarks.quality.files import bars_of, demand_data, every_series, splits_of
from benchmarks.quality.known import CLOSURES, EXTREMES, SEEN_BY_HAND, is_found, is_kept, is_no_gap, known_defects
from benchmarks.quality.planted import PLANTERS, Bed, seen
from instruments.domain.heavy.odd_shapes import find_odd_shapes
from instruments.domain.quality.bars import Bars
from instruments.domain.quality.findings import Finding, Kind
from instruments.domain.quality.rules import RULES, check_bars
from instruments.domain.quality.vendors import find_disagreements
from instruments.domain.session_arrays import DAY

ALL_RULES = (*RULES, find_odd_shapes)
SERIES = (
    *(f"us/1d/{name}" for name in ("BA", "DIS", "GS", "MCD", "MRK", "T", "VZ", "WMT")),
    *(f"india/1d/{name}" for name in ("ITC", "SUNPHARMA")),
    "us/15m/AAPL",
    "forex/1d/AUDUSD",
    "forex/1d/EURGBP",
    "forex/4h/EURUSD",
    "forex/1h/EURUSD_oanda",
    "crypto/1h/ETHUSDT",
    "crypto/1h/LTCUSDT",
    "crypto/1h/XRPUSDT",
    "crypto/5m/ETH_BTC",
    "crypto/5m/LTC_BTC",
)
#: Of each kind in each series where it has a meaning.
EACH = 6
FEW = {"split": 1, "rounded": 4, "time_zone": 40}
LEAST_FOUND, MOST_ALARMS = 0.95, 5.0
#: True as they stand, whoever planted what.
FACTS = {Kind.OUTSIDE_SESSION, Kind.DUPLICATE, Kind.UNSORTED, Kind.BAD_ORDER, Kind.NOT_A_NUMBER, Kind.GAP}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many seeds from --seed on")
    parser.add_argument("--series", nargs="*", default=SERIES, help="names as us/1d/AAPL; 'all' for every file")
    parser.add_argument("--missed", action="store_true", help="name what was missed")
    told = parser.parse_args()
    demand_data()
    warnings.simplefilter("error")
    known = manifest_figures()
    series = every_series() if list(told.series) == ["all"] else list(told.series)
    rounds = [planted_figures(series, seed, show=told.missed) for seed in range(told.seed, told.seed + told.seeds)]
    is_good = known["missed"] == [] and known["extremes_not_kept"] == [] and all(one["is_good"] for one in rounds)
    write_result("quality", {"known": known, "planted": rounds, "is_good": is_good})
    print_tables(known, rounds)
    sys.exit(0 if is_good else 1)


def manifest_figures() -> dict[str, Any]:
    found, missed, checked = 0, [], {}
    for one in known_defects():
        if one.series not in checked:
            checked[one.series] = check_bars(bars_of(one.series), ALL_RULES)
        findings = checked[one.series]
        if one.against:
            findings = list(find_disagreements(bars_of(one.series), bars_of(one.against)))
        if is_found(one, findings, bars_of(one.series)):
            found += 1
        else:
            missed.append(f"{one.series}: {one.what} {one.since}")
    not_kept = []
    for name, day in EXTREMES:
        findings = checked.get(name) or check_bars(bars_of(name), ALL_RULES)
        if not is_kept(day, findings, bars_of(name)):
            not_kept.append(f"{name} {day}")
    for name, since, until in CLOSURES:
        if not is_no_gap(since, until, checked.get(name) or check_bars(bars_of(name), ALL_RULES)):
            not_kept.append(f"{name} {since}")
    return {
        "defects": found + len(missed),
        "found": found,
        "missed": missed,
        "extremes": len(EXTREMES) + len(CLOSURES),
        "extremes_not_kept": not_kept,
    }


def planted_figures(series: Sequence[str], seed: int, *, show: bool) -> dict[str, Any]:
    made: Counter[str] = Counter()
    found: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    alarms_of: defaultdict[str, int] = defaultdict(int)
    facts = untouched = 0
    for place, name in enumerate(series):
        random = np.random.default_rng([seed, place])
        bed = Bed(bars_of(name), random)
        removed = np.zeros(len(bed.bars), np.bool_)
        for planter in PLANTERS:
            for _ in range(FEW.get(planter.__name__, EACH)):
                planter(bed, removed)
        bars, mark = bed.grown(removed)
        findings = check_bars(bars, ALL_RULES)
        seen_ones = seen(bed, mark, findings)
        for plant in bed.plants:
            made[plant.kind] += 1
            found[plant.kind] += plant.number in seen_ones
            if show and plant.number not in seen_ones:
                rows = np.flatnonzero(mark == plant.number)
                at = np.datetime64(int(bars.starts[rows[0]]) if len(rows) else plant.hole[0] if plant.hole else 0, "s")
                print(f"missed: {name} {plant.kind} at {at}, {len(rows)} rows", file=sys.stderr)
        shares = of_the_manifest(name, bars)
        own = neighbours(mark)
        untouched += int((~own).sum())
        for finding in findings:
            rows = [row for row in finding.rows if not own[row]]
            if finding.kind in FACTS:
                facts += len(rows)
                continue
            rows = [row for row in rows if not (finding.kind is Kind.SPLIT and shares[row])]
            if is_seen_by_hand(name, finding):
                facts += len(rows)
                continue
            alarms[finding.kind.value] += len(rows)
            alarms_of[name] += len(rows)
    extra = twins(series, seed)
    for kind, (many, seen_many) in extra.items():
        made[kind] += many
        found[kind] += seen_many
    rate = 10_000 * sum(alarms.values()) / untouched
    share = {kind: found[kind] / made[kind] for kind in made}
    return {
        "seed": seed,
        "series": len(series),
        "planted": sum(made.values()),
        "found": sum(found.values()),
        "of_each_kind": {kind: {"planted": made[kind], "found": found[kind]} for kind in sorted(made)},
        "untouched_bars": untouched,
        "alarms": dict(alarms),
        "alarms_per_10000": round(rate, 2),
        "worst_series": dict(sorted(alarms_of.items(), key=lambda one: -one[1])[:3]),
        "facts_on_untouched_bars": facts,
        "is_good": min(share.values()) >= LEAST_FOUND and rate <= MOST_ALARMS,
    }


def neighbours(mark: np.ndarray) -> np.ndarray:
    """Rows planted upon, and the one after: a jump back is told at the bar that comes back."""
    own = mark > 0
    own[1:] |= mark[:-1] > 0
    return np.asarray(own)


def of_the_manifest(name: str, bars: Bars) -> np.ndarray:
    """Rows of splits that the file itself tells, or that the manifest names."""
    days = {day for day, _ in splits_of(name)} | ({"2020-08-31"} if name == "us/15m/AAPL" else set())
    told = bars.starts.astype("datetime64[s]").astype("datetime64[D]").astype(str)
    return np.isin(told, list(days))


def is_seen_by_hand(name: str, finding: Finding) -> bool:
    day = finding.start.date().isoformat()
    return any(
        (name, finding.kind) == (series, kind) and since <= day <= until for series, kind, since, until in SEEN_BY_HAND
    )


def twins(series: Sequence[str], seed: int) -> dict[str, tuple[int, int]]:
    """Whole series against a second vendor's: another adjustment, another clock; and one without its weekends."""
    made: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for place, name in enumerate(series):
        random = np.random.default_rng([seed, place, 7])
        bars = bars_of(name)
        noise = np.exp(random.normal(0, 2e-4, len(bars)))
        ratio = float(np.exp(random.choice([-1, 1]) * random.uniform(0.01, 1.5)))
        other = replace(bars, close=bars.close * ratio * noise, open=bars.open * ratio, high=bars.high * ratio)
        made["vendor_ratio"] += 1
        found["vendor_ratio"] += _has(find_disagreements(bars, other), Kind.VENDOR_RATIO)
        lag = int(random.integers(1, 10))
        moved = {one: np.roll(getattr(bars, one), lag) for one in ("open", "high", "low", "close", "volume")}
        made["vendor_clock"] += 1
        found["vendor_clock"] += _has(find_disagreements(bars, replace(bars, **moved)), Kind.TIME_ZONE)
        apart = replace(bars, close=bars.close * noise)
        those = random.choice(np.arange(100, len(bars) - 100), 10, replace=False)
        apart.close[those] *= 1 + random.choice([-1, 1], 10) * random.uniform(0.02, 0.2, 10)
        rows = {row for one in find_disagreements(bars, apart) for row in one.rows}
        those = those[bars.is_whole[those]]
        made["vendor_disagrees"] += len(those)
        found["vendor_disagrees"] += len(rows & set(those.tolist()))
        if (
            bars.calendar.is_always_open
            and not bars.interval.is_session_based
            and bars.starts[-1] - bars.starts[0] > 40 * DAY
        ):
            weekday = (bars.starts // DAY + 3) % 7 < 5
            short = Bars(*(getattr(bars, one)[weekday] for one in _ALL), bars.interval, bars.calendar)
            made["no_weekends"] += 1
            found["no_weekends"] += _has(check_bars(short), Kind.NO_WEEKENDS)
    return {kind: (made[kind], found[kind]) for kind in made}


_ALL = ("starts", "open", "high", "low", "close", "volume")


def _has(findings: Any, kind: Kind) -> bool:
    listed: list[Finding] = list(findings)
    return any(one.kind is kind for one in listed)


def print_tables(known: dict[str, Any], rounds: list[dict[str, Any]]) -> None:
    print(f"\nOf the manifest: {known['found']} of {known['defects']} found, missed: {known['missed'] or 'none'}.")
    print(f"True extremes kept: {known['extremes'] - len(known['extremes_not_kept'])} of {known['extremes']}.")
    for one in rounds:
        print(f"\nSeed {one['seed']}: {one['found']} of {one['planted']} planted in {one['series']} series.")
        print(f"{'kind':18}{'planted':>8}{'found':>7}{'share':>8}")
        for kind, figures in one["of_each_kind"].items():
            share = figures["found"] / figures["planted"]
            mark = "" if share >= LEAST_FOUND else "  below 95 %"
            print(f"{kind:18}{figures['planted']:8}{figures['found']:7}{share:8.1%}{mark}")
        print(
            f"Alarms on {one['untouched_bars']:,} untouched bars: {one['alarms_per_10000']} of 10,000, "
            f"{one['alarms']}, most in {one['worst_series']}; facts there: {one['facts_on_untouched_bars']}."
        )


if __name__ == "__main__":
    main()
