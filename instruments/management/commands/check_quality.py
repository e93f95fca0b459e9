"""`manage.py check_quality FILE --interval 1d --calendar XBOM`: what is wrong with the bars of a file."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from instruments.adapters.bar_files import UnreadableFile, read_bars
from instruments.domain.calendars import UnknownCalendar, calendar_named
from instruments.domain.quality.findings import Finding
from instruments.domain.quality.rules import RULES, check_bars
from instruments.domain.quality.score import day_scores, score_of
from instruments.domain.quality.vendors import find_disagreements
from kernel.bars import Interval


class Command(BaseCommand):
    help = "Looks at the bars of a CSV or Parquet file by every rule, and tells a score of 0 to 100 and the findings."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="columns timestamp, open, high, low, close, volume")
        parser.add_argument("--interval", required=True, help="1m, 15m, 1h, 4h, 1d …")
        parser.add_argument("--calendar", default="always", help="whose sessions: XBOM, XNYS, forex, always …")
        parser.add_argument("--against", type=Path, metavar="FILE", help="the same series by another vendor")
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--no-forest", action="store_true", help="leave out the forest that looks at shapes")

    def handle(self, *args: Any, **told: Any) -> None:
        try:
            interval, calendar = Interval(told["interval"]), calendar_named(told["calendar"])
            bars = read_bars(told["file"], interval=interval, calendar=calendar)
            other = read_bars(told["against"], interval=interval, calendar=calendar) if told["against"] else None
        except (UnreadableFile, UnknownCalendar, ValueError) as error:
            raise CommandError(str(error)) from error
        rules = RULES
        if not told["no_forest"]:
            from instruments.domain.heavy.odd_shapes import find_odd_shapes  # noqa: PLC0415 - a second to import

            rules = (*RULES, find_odd_shapes)
        findings = check_bars(bars, rules)
        if other is not None:
            findings = sorted([*findings, *find_disagreements(bars, other)], key=lambda one: (one.start, one.end))
        score = score_of(day_scores(bars, findings))
        self.stdout.write(_as_json(score, findings) if told["json"] else _as_table(score, findings, len(bars)))


def _as_json(score: float, findings: Sequence[Finding]) -> str:
    rows = [
        {
            "kind": one.kind.value,
            "severity": one.severity.value,
            "start": one.start.isoformat(),
            "end": one.end.isoformat(),
            "rows": len(one.rows),
            "detail": one.detail,
        }
        for one in findings
    ]
    return orjson.dumps({"score": score, "findings": rows}, option=orjson.OPT_INDENT_2).decode()


def _as_table(score: float, findings: Sequence[Finding], bars: int) -> str:
    counts = Counter((one.severity.value, one.kind.value) for one in findings)
    lines = [f"{one.severity:8} {one.kind:16} {one.start:%Y-%m-%d %H:%M}  {one.detail}" for one in findings]
    summed = ", ".join(f"{number} {kind}" for (_, kind), number in sorted(counts.items())) or "nothing found"
    return "\n".join([*lines, f"Score {score:.2f} of 100 over {bars:,} bars: {summed}."])
