"""Defects planted by a seed into real series, each with its kind and its rows; and which findings see it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from instruments.domain.quality.bars import Bars
from instruments.domain.quality.findings import Finding, Kind
from instruments.domain.session_arrays import DAY

COLUMNS = ("starts", "open", "high", "low", "close", "volume")
PRICES = ("open", "high", "low", "close")
#: Bars left alone between two plants, and at both ends.
_APART, _MARGIN = 25, 120


@dataclass(slots=True)
class Plant:
    kind: str
    #: Findings of these kinds that touch its rows, or its hole, see it.
    seen_by: frozenset[Kind]
    number: int = 0
    hole: tuple[int, int] | None = None
    words: str = ""


@dataclass(slots=True)
class Bed:
    """A series into which is planted. `mark` says whose each row is; nought is nobody's."""

    bars: Bars
    random: np.random.Generator
    columns: dict[str, np.ndarray] = field(init=False)
    mark: np.ndarray = field(init=False)
    added: list[dict[str, float]] = field(default_factory=list)
    plants: list[Plant] = field(default_factory=list)
    taken: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.columns = {name: getattr(self.bars, name).copy() for name in COLUMNS}
        self.mark = np.zeros(len(self.bars), np.int64)
        self.taken = np.zeros(len(self.bars), np.bool_)
        self.taken[:_MARGIN] = self.taken[-_MARGIN:] = True
        # What is odd already is no bed: nobody could say what was seen.
        self.taken |= ~self.bars.is_whole

    def place(self, length: int, fits: Callable[[int], bool] = lambda _: True) -> int | None:
        for _ in range(400):
            at = int(self.random.integers(_MARGIN, len(self.mark) - _MARGIN - length))
            if not self.taken[at - _APART : at + length + _APART].any() and fits(at):
                self.taken[at - _APART : at + length + _APART] = True
                return at
        return None

    def plant(self, kind: str, seen_by: Iterable[Kind], words: str = "", hole: tuple[int, int] | None = None) -> Plant:
        made = Plant(kind, frozenset(seen_by), len(self.plants) + 1, hole, words)
        self.plants.append(made)
        return made

    def grown(self, removed: np.ndarray) -> tuple[Bars, np.ndarray]:
        """The series with all that was planted, by time, and whose each row is."""
        keep = ~removed
        columns = {name: values[keep] for name, values in self.columns.items()}
        mark = self.mark[keep]
        if self.added:
            for name in COLUMNS:
                extra = np.array([row[name] for row in self.added], columns[name].dtype)
                columns[name] = np.concatenate([columns[name], extra])
            mark = np.concatenate([mark, np.array([int(row["mark"]) for row in self.added])])
        order = np.argsort(columns["starts"], kind="stable")
        grown = Bars(*(columns[name][order] for name in COLUMNS), self.bars.interval, self.bars.calendar)
        return grown, mark[order]


def usual_move(bed: Bed, at: int) -> float:
    close = bed.bars.close[max(0, at - 200) : at + 200]
    close = close[close > 0]
    moves = np.abs(np.diff(np.log(close)))
    moving = moves[moves > 0]
    return float(np.median(moving)) * 1.4826 if moving.size else 0.01


def bad_order(bed: Bed, _: np.ndarray) -> None:
    at = bed.place(1, lambda row: bed.columns["high"][row] > bed.columns["low"][row] * 1.0001)
    if at is None:
        return
    made = bed.plant("bad_order", {Kind.BAD_ORDER})
    bed.mark[at] = made.number
    high, low = bed.columns["high"][at], bed.columns["low"][at]
    match bed.random.integers(3):
        case 0:
            bed.columns["high"][at], bed.columns["low"][at] = low, high
        case 1:
            bed.columns["high"][at] = low - (high - low) * bed.random.uniform(0.1, 1)
        case _:
            bed.columns["low"][at] = high + (high - low) * bed.random.uniform(0.1, 1)


def not_positive(bed: Bed, _: np.ndarray) -> None:
    at = bed.place(1)
    if at is None:
        return
    made = bed.plant("not_positive", {Kind.NOT_POSITIVE})
    bed.mark[at] = made.number
    for name in PRICES if bed.random.random() < 0.5 else (PRICES[bed.random.integers(4)],):
        bed.columns[name][at] *= bed.random.choice([0.0, -1.0])


def not_a_number(bed: Bed, _: np.ndarray) -> None:
    length = int(bed.random.integers(1, 4))
    at = bed.place(length)
    if at is None:
        return
    made = bed.plant("not_a_number", {Kind.NOT_A_NUMBER})
    bed.mark[at : at + length] = made.number
    bed.columns[PRICES[bed.random.integers(4)]][at : at + length] = bed.random.choice([np.nan, np.inf])


def duplicate(bed: Bed, _: np.ndarray) -> None:
    at = bed.place(1)
    if at is None:
        return
    made = bed.plant("duplicate", {Kind.DUPLICATE})
    row = {name: float(values[at]) for name, values in bed.columns.items()}
    if bed.random.random() < 0.5:
        row["close"] = bed.random.uniform(row["low"], row["high"])
    bed.added.append({**row, "mark": made.number})


def gap(bed: Bed, removed: np.ndarray) -> None:
    length = int(bed.random.integers(1, 30))
    inside = bed.bars.sessions.is_legitimate(bed.columns["starts"], bed.bars.interval)
    due = np.diff(bed.bars.sessions.due_seconds(bed.columns["starts"]), append=0) >= bed.bars.length / 2
    if bed.bars.interval.is_session_based and not bed.bars.calendar.is_always_open:
        due = np.isin(bed.columns["starts"] // DAY, bed.bars.sessions.due_days())
    at = bed.place(length, lambda row: bool((inside & due)[row : row + length].all()))
    if at is None:
        return
    starts = bed.columns["starts"]
    bed.plant("gap", {Kind.GAP, Kind.TIME_ZONE}, hole=(int(starts[at]), int(starts[at + length - 1])))
    removed[at : at + length] = True


def outside_session(bed: Bed, _: np.ndarray) -> None:
    """A bar a few steps after the session's end, or of a day on which there is none."""
    if bed.bars.calendar.is_always_open:
        return
    step = DAY if bed.bars.interval.is_session_based else bed.bars.length
    starts = bed.columns["starts"]
    there = set(starts.tolist())

    def shut(row: int) -> int | None:
        for number in range(1, 40):
            moment = int(starts[row]) + step * number
            if moment not in there and not bed.bars.sessions.is_legitimate(np.array([moment]), bed.bars.interval).any():
                return moment
        return None

    at = bed.place(1, lambda row: shut(row) is not None)
    if at is None:
        return
    made = bed.plant("outside_session", {Kind.OUTSIDE_SESSION, Kind.TIME_ZONE})
    row = {name: float(values[at]) for name, values in bed.columns.items()}
    row["starts"] = float(shut(at) or 0)
    if bed.random.random() < 0.5:
        row |= dict.fromkeys(("open", "high", "low"), row["close"]) | {"volume": 0.0}
    bed.added.append({**row, "mark": made.number})


def bad_tick(bed: Bed, _: np.ndarray) -> None:
    """A whole bar, or up to three, at another price; or one whose close alone is elsewhere and its range reaches there.

    In the size of 8 to 40 usual moves: what is less, nobody can tell from a day with news."""
    length = int(bed.random.choice([1, 1, 1, 2, 3]))
    at = bed.place(length)
    if at is None:
        return
    made = bed.plant("bad_tick", {Kind.BAD_TICK, Kind.EXTREME})
    bed.mark[at : at + length] = made.number
    factor = np.exp(bed.random.choice([-1, 1]) * bed.random.uniform(8, 40) * usual_move(bed, at))
    if length == 1 and bed.random.random() < 0.3:
        bed.columns["close"][at] *= factor * 1.5 if factor > 1 else factor / 1.5
        bed.columns["high"][at] = max(bed.columns[name][at] for name in PRICES)
        bed.columns["low"][at] = min(bed.columns[name][at] for name in PRICES)
        return
    for name in PRICES:
        bed.columns[name][at : at + length] *= factor


def bad_wick(bed: Bed, _: np.ndarray) -> None:
    at = bed.place(1)
    if at is None or not bed.bars.sound.has_ranges:
        return
    made = bed.plant("bad_wick", {Kind.BAD_WICK, Kind.BAD_TICK, Kind.ODD_SHAPE})
    bed.mark[at] = made.number
    size = np.exp(bed.random.uniform(25, 80) * usual_move(bed, at))
    if bed.random.random() < 0.5:
        bed.columns["high"][at] *= size
    else:
        bed.columns["low"][at] /= size


def split(bed: Bed, _: np.ndarray) -> None:
    """All that comes after stands at another scale."""
    at = bed.place(15)
    if at is None:
        return
    made = bed.plant("split", {Kind.SPLIT})
    bed.mark[at] = made.number
    ratio = bed.random.choice([1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 10.0, 20.0])
    # Shares are split when they are dear and joined when they are cheap.
    is_dear = bed.columns["close"][at] >= np.nanmedian(bed.bars.close)
    digits = digits_of(bed.bars.close[at - 50 : at + 50])
    # Dear again, shares are traded in the steps of dear ones, not in twenty cheap steps.
    between = (
        np.zeros(len(bed.mark) - at) if is_dear else bed.random.uniform(0, ratio * 10.0**-digits, len(bed.mark) - at)
    )
    digits += int(np.ceil(np.log10(ratio))) if is_dear else 0
    for name in PRICES:
        scaled = bed.columns[name][at:] * (1 / ratio if is_dear else ratio) + between
        bed.columns[name][at:] = np.round(scaled, digits)


def digits_of(values: np.ndarray) -> int:
    fits = (number for number in range(9) if np.allclose(np.round(values, number), values, rtol=0, atol=1e-9))
    return next(fits, 9)


def stale(bed: Bed, _: np.ndarray) -> None:
    """The bar before again and again: whole, or as a flat price without a volume."""
    has_volume = bool(np.nan_to_num(bed.columns["volume"]).any())
    is_flat = bed.random.random() < 0.4
    length = int(bed.random.integers(10, 30) if is_flat else bed.random.integers(2, 12))
    at = bed.place(length, lambda row: bed.columns["high"][row - 1] > bed.columns["low"][row - 1])
    if at is None:
        return
    made = bed.plant("stale", {Kind.STALE})
    bed.mark[at : at + length] = made.number
    for name in COLUMNS[1:]:
        bed.columns[name][at : at + length] = bed.columns[name][at - 1]
    if is_flat:
        for name in PRICES:
            bed.columns[name][at : at + length] = bed.columns["close"][at - 1]
        if has_volume:
            bed.columns["volume"][at : at + length] = bed.random.integers(1, 1000, length)


def no_volume(bed: Bed, _: np.ndarray) -> None:
    volume = np.nan_to_num(bed.columns["volume"])
    if (volume == 0).mean() > 0.01:
        return
    length = int(bed.random.integers(1, 4))
    inside = bed.bars.sessions.is_legitimate(bed.columns["starts"], bed.bars.interval)
    at = bed.place(length, lambda row: bool(inside[row : row + length].all()))
    if at is None:
        return
    made = bed.plant("no_volume", {Kind.NO_VOLUME})
    bed.mark[at : at + length] = made.number
    bed.columns["volume"][at : at + length] = 0.0


def rounded(bed: Bed, _: np.ndarray) -> None:
    """A stretch that lost two digits or more, which are two that it had."""
    length = int(bed.random.integers(40, 150))
    at = bed.place(length)
    if at is None:
        return
    stretch = np.stack([bed.columns[name][at : at + length] for name in PRICES])
    digits = digits_of(stretch)
    if digits < 2:
        return
    lost = np.round(stretch, digits - int(bed.random.integers(1, 3)))
    if (lost <= 0).any() or (lost == stretch).mean() > 0.5:
        return
    made = bed.plant("rounded", {Kind.ROUNDED, Kind.STALE})
    bed.mark[at : at + length] = made.number
    for name, values in zip(PRICES, lost, strict=True):
        bed.columns[name][at : at + length] = values


def time_zone(bed: Bed, _: np.ndarray) -> None:
    """Whole days of a session put an hour or more off."""
    if bed.bars.interval.is_session_based or bed.bars.calendar.name not in {"XNYS", "XBOM"}:
        return
    days = bed.columns["starts"] // DAY
    edges = np.flatnonzero(np.diff(days)) + 1
    a_day = int(np.median(np.diff(edges)))
    number = int(bed.random.integers(2, 8))
    length = number * a_day
    begin = bed.place(length + a_day)
    if begin is None:
        return
    first = int(edges[np.searchsorted(edges, begin)])
    last = int(edges[np.searchsorted(edges, begin) + number])
    made = bed.plant("time_zone", {Kind.TIME_ZONE})
    bed.mark[first:last] = made.number
    hours = bed.random.choice([-5.5, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 5.5])
    bed.columns["starts"][first:last] += int(hours * 3600)


#: Splits first: what comes after them stands at their scale.
PLANTERS = (
    split,
    bad_order,
    not_positive,
    not_a_number,
    duplicate,
    gap,
    outside_session,
    bad_tick,
    bad_wick,
    stale,
    no_volume,
    rounded,
    time_zone,
)


def seen(bed: Bed, mark: np.ndarray, findings: Iterable[Finding]) -> set[int]:
    """The numbers of the plants that some finding sees."""
    found: set[int] = set()
    holes = [plant for plant in bed.plants if plant.hole is not None]
    by_number = {plant.number: plant for plant in bed.plants}
    for finding in findings:
        for number in set(mark[list(finding.rows)].tolist()) - {0}:
            if finding.kind in by_number[number].seen_by:
                found.add(number)
        if finding.rows:
            continue
        first, last = finding.start.timestamp(), finding.end.timestamp()
        for plant in holes:
            assert plant.hole is not None
            is_own = "by habit" not in finding.detail and finding.kind in plant.seen_by
            if is_own and first <= plant.hole[1] and last >= plant.hole[0]:
                found.add(plant.number)
    return found
