"""Which way a price went lately, as a small line and one sentence."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from kernel.bars import Interval
from kernel.money.display import Grouping, grouped

WIDTH, HEIGHT = 96, 28
#: Half the line's width and a little: it is not cut at the edges.
_EDGE = 2
_LONG_AGO = dt.timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Spark:
    """A line over the last closes, the first of them being what the last is compared with."""

    points: str
    #: Of the first close; None where that was nought or less, and a percentage would say nothing.
    change: float | None
    days: int
    #: The end of the last bar; of a session its day alone is told.
    until: dt.datetime
    is_by_session: bool
    #: So long ago that a day without its year would be taken for another.
    is_old: bool = False
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def change_text(self) -> str:
        """+3.2 %, with a true minus; of a move that rounds to nothing no sign."""
        if self.change is None:
            return ""
        figure = grouped(Decimal(repr(self.change)) * 100, places=1, grouping=Grouping.THOUSAND)
        return f"{'+' if self.direction == 'gain' else ''}{figure} %"

    @property
    def direction(self) -> str:
        """gain, loss, or nothing: by what is shown, not by what was rounded away."""
        tenths = 0 if self.change is None else round(self.change * 1000)
        return "gain" if tenths > 0 else "loss" if tenths < 0 else ""

    @property
    def span_text(self) -> str:
        return f"{self.days} day{'' if self.days == 1 else 's'}"

    @property
    def until_text(self) -> str:
        """The end as a list shows it: 20 Nov; with its year when that is long ago."""
        return f"{self.until.day} {self.until:%b %Y}" if self.is_old else f"{self.until.day} {self.until:%b}"

    @property
    def words(self) -> str:
        """What a reader is told who sees no line."""
        what = f"{self.change_text} over" if self.change is not None else "Prices over"
        at = "" if self.is_by_session else f", {self.until:%H:%M} UTC"
        return f"{what} {self.span_text}, as of {self.until.day} {self.until:%b %Y}{at}"


def spark_of(closes: Sequence[tuple[dt.datetime, float]], interval: Interval, *, now: dt.datetime) -> Spark | None:
    """Of the closes with their bars' starts, oldest first; None where fewer than two are numbers."""
    told = [(start, close) for start, close in closes if isfinite(close)]
    if len(told) < 2:
        return None
    values = [close for _, close in told]
    (first, base), (last, newest) = told[0], told[-1]
    least, most = min(values), max(values)
    step, inner = (WIDTH - 2 * _EDGE) / (len(values) - 1), HEIGHT - 2 * _EDGE
    # A price that stood still is a line in the middle.
    high = [(most - one) / (most - least) if most > least else 0.5 for one in values]
    points = " ".join(f"{_EDGE + step * at:.1f},{_EDGE + inner * part:.1f}" for at, part in enumerate(high))
    change = newest / base - 1 if base > 0 else None
    is_by_session = interval.is_session_based
    until = last if is_by_session else last + interval.length
    days = max(1, (last.date() - first.date()).days)
    return Spark(points, change, days, until, is_by_session, is_old=until < now - _LONG_AGO)
