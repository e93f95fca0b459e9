"""The defects that ../shared/data/market/MANIFEST.md names, and the true extremes: data, which no rule knows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.files import every_series, splits_of
from instruments.domain.quality.bars import Bars
from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.repairs import propose_repairs


@dataclass(frozen=True, slots=True)
class Known:
    series: str
    what: str
    kinds: tuple[Kind, ...]
    #: Days from and to; empty: anywhere.
    since: str = ""
    until: str = ""
    #: So many of the rows between must be named.
    rows: int = 0
    against: str = ""
    detail: str = ""


GHOSTS = ("2005-07-28", "2005-11-04", "2008-11-27", "2009-04-30", "2009-10-13", "2014-04-24", "2014-10-15")
OUTAGES = (
    # From bar to bar; one hour less is missing.
    ("2018-02-08", "2018-02-09", 33),
    ("2018-06-26", "2018-06-26", 11),
    ("2019-05-15", "2019-05-15", 11),
    ("2020-02-19", "2020-02-19", 6),
)
#: A ratio of nearly one is a small dividend in shares; nobody could tell it from a day's move.
_A_SPLIT = 1.3


def known_defects() -> Iterator[Known]:
    names = every_series()
    for name in names:
        if name.startswith("india/1d/"):
            for day in GHOSTS:
                yield Known(name, "ghost row on a holiday", (Kind.OUTSIDE_SESSION,), day, day, 1)
        if name.startswith("forex/1d/"):
            yield Known(name, "Sunday stubs", (Kind.OUTSIDE_SESSION,), rows=834)
        if name.startswith("us/1d/"):
            for day, ratio in splits_of(name):
                if max(ratio, 1 / ratio) >= _A_SPLIT:
                    yield Known(name, f"split {ratio:g}", (Kind.SPLIT,), day, day, 1)
    yield Known("us/15m/AAPL", "split 4", (Kind.SPLIT,), "2020-08-31", "2020-08-31", 1)
    for name in ("india/1d/RELIANCE", "india/1d/TCS"):
        yield Known(name, "wrong scale and back", (Kind.BAD_TICK,), "2005-07-28", "2005-07-28", 1)
    yield Known(
        "india/1d/RELIANCE",
        "constant ratio to the other vendor",
        (Kind.VENDOR_RATIO,),
        rows=311,
        against="india/1d_upstox/RELIANCE",
        detail="1.9366",  # 1 / 0.51636: rows are those of the first
    )
    yield Known("india/1m/NIFTY50_lean", "duplicated timestamps", (Kind.DUPLICATE,), rows=1130)
    yield Known("commodities/1d/NATGAS_henryhub_close", "NaN", (Kind.NOT_A_NUMBER,), "2018-01-05", "2018-01-05", 1)
    yield Known("indices/1d/VIX", "open outside of high and low", (Kind.BAD_ORDER,), "1992-02-11", rows=47)
    yield Known("crypto/1m/BTCUSD_bitfinex_2015", "May lost", (Kind.GAP,), "2015-05-01", "2015-06-01")
    yield Known("crypto/1m/BTCUSD_bitfinex_2015", "no bar where no trade", (Kind.GAP,), detail="by habit")
    yield Known("crypto/1m/ETHUSD_bitfinex_2016", "no bar where no trade", (Kind.GAP,), detail="by habit")
    for since, until, hours in OUTAGES:
        missing = f"{hours - 1} bars missing"
        yield Known("crypto/1h/ETHUSDT", f"outage, {hours} hours", (Kind.GAP,), since, until, detail=missing)
    yield Known("crypto/1h/BTCUSD", "closed on weekends", (Kind.NO_WEEKENDS,))
    yield Known("crypto/1h/DOGEUSDT", "rounded to 4 decimals", (Kind.ROUNDED,), "2019-07-01", "2020-12-31", rows=6_000)


#: Flagged for a look, and no repair proposed.
EXTREMES = (
    ("commodities/1d/WTI_spot_close", "2020-04-20"),
    ("forex/1d/USDCHF", "2015-01-15"),
    ("forex/1d/EURCHF", "2015-01-15"),
    ("forex/1d/GBPUSD", "2016-06-24"),
    ("commodities/1d/NATGAS_henryhub_close", "2024-01-12"),
)
#: A market that was shut: nothing is missing, and the bars beside it stay as they are.
CLOSURES = (("us/1d/AAPL", "2001-09-11", "2001-09-14"),)


#: Not of the manifest, and true all the same, looked at by hand: prices of two digits among such of three.
SEEN_BY_HAND = (("us/15m/AAPL", Kind.ROUNDED, "2017-09-06", "2017-11-02"),)


def is_found(known: Known, findings: list[Finding], bars: Bars) -> bool:
    named: set[int] = set()
    for finding in findings:
        if finding.kind not in known.kinds or known.detail not in finding.detail:
            continue
        if not known.rows and _touches(finding, known.since, known.until):
            return True
        named |= set(finding.rows)
    if not known.rows:
        return False
    rows = np.fromiter(named, np.int64)
    days = np.array([str(day) for day in bars.starts[rows].astype("datetime64[s]").astype("datetime64[D]")])
    inside = (days >= known.since) & (days <= (known.until or "9999")) if len(rows) else days
    return len(rows) > 0 and int(inside.sum()) >= known.rows


def is_kept(day: str, findings: list[Finding], bars: Bars) -> bool:
    """Flagged for a look, as no error, and nothing proposed in its place."""
    here = [one for one in findings if one.rows and _touches(one, day, day)]
    proposed = {repair.start.date().isoformat() for repair in propose_repairs(bars, findings)}
    severities = {one.severity for one in here if one.kind is not Kind.OUTSIDE_SESSION}
    return Severity.LOOK in severities and Severity.ERROR not in severities and day not in proposed


def is_no_gap(since: str, until: str, findings: list[Finding]) -> bool:
    return not any(one.kind is Kind.GAP and _touches(one, since, until) for one in findings)


def _touches(finding: Finding, since: str, until: str) -> bool:
    first, last = finding.start.date().isoformat(), finding.end.date().isoformat()
    return first <= (until or "9999") and last >= since
