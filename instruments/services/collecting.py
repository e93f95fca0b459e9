"""What is missing of a series, asked for piece by piece: a job that shows how far it is, can be stopped, and goes on
where it was when its worker died."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from instruments.candles import series_of
from instruments.domain.candles import BadCandle
from instruments.domain.figures import INTERVALS
from instruments.domain.grid import Gap, expected_starts, gaps_between, is_by_the_clock
from instruments.domain.work import COLLECT, KEEP_UP
from instruments.models import CandleSeries, Listing
from instruments.services.asking import Given, NobodyGave, ask_for_candles, choices_of
from instruments.services.candles import write_candles
from instruments.sources import source_named
from instruments.stored import read_revisions
from instruments.wanted import wanted_symbols
from kernel import clock
from kernel.bars import Interval, bar_start
from kernel.jobs.enqueue import enqueue
from kernel.jobs.models import Job
from kernel.jobs.run import JobRefused, Run
from kernel.jobs.services import start_job
from kernel.logs.setup import get_logger
from kernel.tenancy.scope import operator

log = get_logger(__name__)

#: A worker's run may last fifteen minutes; what is left then is a job of its own.
_LONGEST = dt.timedelta(minutes=12)
_LONGEST_WAIT = 120.0
_GAPS_KEPT = 20
_BACK = dt.timedelta(days=1)
_TICK = dt.timedelta(microseconds=1)


def start_collection(
    listing: Listing,
    interval: Interval,
    since: dt.datetime,
    until: dt.datetime,
    *,
    now: dt.datetime,
    person: UUID | None = None,
) -> Job:
    """A job of the scope we are in: a workspace's, or the platform's."""
    return start_job(
        COLLECT,
        now=now,
        requested_by=person,
        title=f"Collect {interval.name} of {listing.symbol} at {listing.venue}"[:160],
        quota_key=f"{COLLECT}:{listing.venue}"[:120],
        listing=str(listing.pk),
        interval=interval.name,
        since=since.isoformat(),
        until=until.isoformat(),
    )


def collect(run: Run) -> dict[str, Any]:
    """The work of that job. Begun again it looks what is missing, and asks for that from the token's moment on."""
    listing = Listing.objects.select_related("instrument").get(pk=run.parameters["listing"])
    interval = Interval(run.parameters["interval"])
    since, until = (dt.datetime.fromisoformat(run.parameters[name]) for name in ("since", "until"))
    begin = dt.datetime.fromisoformat(run.resume_token) if run.resume_token else since
    if not choices_of(listing, interval):
        raise JobRefused(f"No source gives {interval.name} bars of {listing}.")
    ends = clock.monotonic() + _LONGEST.total_seconds()
    gaps = find_gaps(listing, interval, begin, until, now=clock.now())
    total = sum(one.bars for one in gaps)
    done, new, by = 0, 0, dict[str, int]()
    run.progress(0, max(total, 1), _missing_in_words(total, len(gaps)))
    for gap in gaps:
        at, last = gap.first, gap.last
        while at <= last:
            if clock.monotonic() > ends:
                with run.scope():
                    start_collection(listing, interval, at, until, now=clock.now(), person=run.requested_by)
                note_gaps(listing, interval, now=clock.now())
                return {"new": new, "by": by, "goes_on_from": at.isoformat()}
            given, at_after = _ask_and_write(listing, interval, at, last, waiting=_Waiting(run, done, total, at))
            if given is not None:
                by[given.source] = by.get(given.source, 0) + len(given.candles)
                new += len(given.candles)
            share = (at_after - gap.first) / (gap.last + interval.length - gap.first)
            here = done + min(gap.bars, round(gap.bars * share))
            run.progress(
                min(here, total), max(total, 1), f"{at_after:%Y-%m-%d %H:%M} UTC", resume_token=at_after.isoformat()
            )
            at = at_after
        done += gap.bars
    left = note_gaps(listing, interval, now=clock.now())
    if new:
        enqueue("instruments.check_series", listing.pk, interval.name)
        if interval.name in INTERVALS:
            enqueue("instruments.reckon_figures_of", listing.pk)
    words = f"{left:,} {'bar is' if left == 1 else 'bars are'} still missing" if left else "nothing is missing"
    run.progress(max(total, 1), max(total, 1), words)
    return {"new": new, "by": by, "missing": left}


def _missing_in_words(bars: int, places: int) -> str:
    if not bars:
        return "nothing is missing"
    where = "one place" if places == 1 else f"{places:,} places"
    return f"{bars:,} {'bar is' if bars == 1 else 'bars are'} missing in {where}"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Stands and waits for a source that has no budget left, looking meanwhile whether the job is to stop."""

    run: Run
    done: int
    total: int
    at: dt.datetime

    def __call__(self, seconds: float, whom: str) -> None:
        ends = clock.monotonic() + seconds
        while clock.monotonic() < ends:
            words = f"waits until {whom} may be asked again"
            self.run.progress(self.done, max(self.total, 1), words, resume_token=self.at.isoformat())
            time.sleep(min(2.0, max(0.0, ends - clock.monotonic())))


def _ask_and_write(
    listing: Listing, interval: Interval, at: dt.datetime, last: dt.datetime, *, waiting: _Waiting | None = None
) -> tuple[Given | None, dt.datetime]:
    """One answer, kept; and the moment up to which has been asked now."""
    first = choices_of(listing, interval)[0].source
    until = min(last + interval.length, at + interval.length * max(1, first.most_candles))
    given = _given(listing, interval, at, until, waiting=waiting)
    most = source_named(given.source).most_candles
    try:
        write_candles(listing, interval, given.candles, source=given.source, now=clock.now())
    except BadCandle as error:
        # The rest of the series is not held up by one answer; the gap stays, and says so.
        log.warning("candles.not_kept", listing=str(listing.pk), source=given.source, error=str(error)[:200])
        return None, until
    if given.candles and len(given.candles) >= most:
        return given, min(given.candles[-1].start + interval.length, until)
    return given, until


def _given(
    listing: Listing, interval: Interval, since: dt.datetime, until: dt.datetime, *, waiting: _Waiting | None
) -> Given:
    waited = 0.0
    while True:
        try:
            return ask_for_candles(listing, interval, since, until)
        except NobodyGave as failure:
            if waiting is None or failure.wait is None or waited + failure.wait > _LONGEST_WAIT:
                raise JobRefused(str(failure)) from failure
            waited += failure.wait
            waiting(failure.wait, listing.venue)


def find_gaps(
    listing: Listing, interval: Interval, since: dt.datetime, until: dt.datetime, *, now: dt.datetime
) -> list[Gap]:
    """Where bars are missing that the calendar expects and that are over by `now`."""
    calendar = listing.sessions
    series = series_of(listing, interval)
    there = read_revisions(series, since, until).start if series is not None else None
    by_clock = there is not None and is_by_the_clock(there, calendar, interval)
    expected = expected_starts(calendar, interval, since, until, now=now, is_by_the_clock=by_clock)
    return gaps_between(expected, expected[:0] if there is None else there)


def note_gaps(listing: Listing, interval: Interval, *, now: dt.datetime) -> int:
    """Looks where the series lacks bars between its first and its last; how many. Pages show it."""
    series = series_of(listing, interval)
    if series is None or series.first is None or series.last is None:
        return 0
    gaps = find_gaps(listing, interval, series.first, series.last + _TICK, now=now)
    bars = sum(one.bars for one in gaps)
    newest = [[one.first.isoformat(), one.last.isoformat(), one.bars] for one in gaps[-_GAPS_KEPT:]]
    with operator():
        CandleSeries.objects.filter(pk=series.pk).update(
            gap_runs=len(gaps), gap_bars=bars, gaps=newest[::-1], gaps_seen_at=now
        )
    return bars


def start_keeping_up(*, now: dt.datetime) -> bool:
    """Has the minutes of wanted listings brought up to now, unless that is being done."""
    with operator():
        alike = Job.objects.filter(kind=KEEP_UP, workspace_id=None)
        if alike.filter(ended_at=None).exists() or not listings_to_keep_up():
            return False
        # Begun each minute: one row of it is enough.
        alike.delete()
        start_job(KEEP_UP, now=now)
    return True


def listings_to_keep_up() -> list[Listing]:
    """What somebody's page or automation wants prices of, where a source gives its minutes."""
    found: list[Listing] = []
    for venue in Listing.objects.filter(gone_at=None).values_list("venue", flat=True).distinct().order_by("venue"):
        symbols = wanted_symbols(venue)
        if symbols:
            found += Listing.objects.select_related("instrument").filter(venue=venue, symbol__in=symbols, gone_at=None)
    return [one for one in found if choices_of(one, Interval("1m"))]


def keep_up(run: Run) -> dict[str, Any]:
    """The last day's missing minutes of each. One that nobody gives holds up no other."""
    minute = Interval("1m")
    listings = listings_to_keep_up()
    new, failed = 0, 0
    for number, listing in enumerate(listings):
        now = clock.now()
        run.progress(number, len(listings), str(listing))
        series = series_of(listing, minute)
        begin = bar_start(now, minute) - _BACK
        if series is not None and series.last is not None:
            begin = max(begin, series.last)
        try:
            for gap in find_gaps(listing, minute, begin, now, now=now):
                _ask_and_write(listing, minute, gap.first, gap.last)
                new += gap.bars
        except JobRefused:
            failed += 1
        if series is None or series.gaps_seen_at is None or series.gaps_seen_at < now - _BACK / 24:
            note_gaps(listing, minute, now=now)
    run.progress(max(len(listings), 1), max(len(listings), 1), f"{len(listings)} listings")
    return {"listings": len(listings), "asked": new, "failed": failed}
