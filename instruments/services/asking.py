"""Bars from whoever can give them: by priority, the next one when one is silent, fails or tells nonsense."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import redis
from django.core.cache import cache

from instruments.domain.candles import Candle
from instruments.domain.failover import Event, Standing, State, after, in_turn, in_use, newcomer
from instruments.domain.soundness import why_poor
from instruments.models import Failover, Listing, SourceChoice, SourceStanding
from instruments.sources import (
    Source,
    SourceBusy,
    SourceFailure,
    SourceSilent,
    UnknownSource,
    source_named,
)
from kernel import clock
from kernel.bars import Interval
from kernel.logs.setup import get_logger
from kernel.tenancy.scope import operator

log = get_logger(__name__)

Now = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Choice:
    """A source, and what it calls the thing."""

    source: Source
    symbol: str


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and whose it is."""

    source: str
    candles: Sequence[Candle]


class NobodyGave(Exception):
    """Every source was asked, and none gave anything. `wait`: in how many seconds one of them may be asked again."""

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def choices_of(listing: Listing, interval: Interval) -> list[Choice]:
    """Who can give this listing's bars, the first first: its own venue unless it stands elsewhere among the choices."""
    rows = [
        (one.priority, one.source, one.symbol) for one in SourceChoice.objects.filter(instrument=listing.instrument_id)
    ]
    if listing.venue not in {name for _, name, _ in rows}:
        rows.append((-1, listing.venue, listing.symbol))
    found = []
    for _, name, symbol in sorted(rows):
        try:
            source = source_named(name)
        except UnknownSource:
            continue
        if interval.name in source.intervals:
            found.append(Choice(source, symbol))
    return found


def ask_for_candles(
    listing: Listing, interval: Interval, since: dt.datetime, until: dt.datetime, *, now: Now = clock.now
) -> Given:
    """Bars that start from `since` on and before `until`, from the first that gives, as many as its answer has.

    How each stands afterwards is kept, and a Failover when another one's turn it is now.
    """
    choices = {one.source.name: one for one in choices_of(listing, interval)}
    if not choices:
        raise NobodyGave(f"No source gives {interval.name} bars of {listing}.")
    priority = list(choices)
    before = standings_of(listing, interval, now=now())
    standings = dict(before)
    began = clock.monotonic()
    given: Given | None = None
    waits: list[float] = []
    for name in in_turn(priority, standings, now=now()):
        standing = standings.get(name) or newcomer(now())
        try:
            candles = _ask(choices[name], interval, since, until)
        except SourceBusy as busy:
            # It works; only not now.
            waits.append(busy.wait)
            standings[name] = after(standing, Event.FAILED, now=now(), words=str(busy))
            continue
        except SourceFailure as failure:
            event = Event.SILENT if isinstance(failure, SourceSilent) else Event.FAILED
            standings[name] = after(standing, event, now=now(), words=str(failure))
            continue
        poor = why_poor(candles, since=since, until=until)
        if poor is not None:
            standings[name] = after(standing, Event.POOR, now=now(), words=f"{choices[name].source.title}: {poor}.")
            continue
        standings[name] = after(standing, Event.GAVE, now=now())
        given = Given(name, candles)
        break
    _keep(listing, interval, priority, before, standings, seconds=clock.monotonic() - began, now=now())
    if given is None:
        told = "; ".join(standings[name].trouble for name in priority if name in standings)
        raise NobodyGave(f"No source gave {interval.name} bars of {listing}: {told}", wait=min(waits, default=None))
    return given


def _ask(choice: Choice, interval: Interval, since: dt.datetime, until: dt.datetime) -> Sequence[Candle]:
    source = choice.source
    pay(source)
    try:
        return source.candles(choice.symbol, interval.name, since, until)
    except SourceFailure:
        raise
    except Exception as error:
        # A defect of one adapter must not keep the next source from being asked.
        log.exception("source.defect", source=source.name)
        raise SourceFailure(f"{source.title}: something failed on our side ({type(error).__name__}).") from error


def pay(source: Source, *, share: float = 1.0) -> None:
    """Counts the call in the source's window; SourceBusy when it is full, or this share of it. Without Redis nobody
    counts, and nobody asks a vendor whose budget is small."""
    if source.budget is None:
        return
    calls, seconds = source.budget
    at = clock.unix_milliseconds() // 1000
    key = f"source:{source.name}:{at // seconds}"
    try:
        cache.add(key, 0, timeout=seconds * 2)
        used = int(cache.incr(key))
    except (redis.RedisError, ValueError) as error:
        raise SourceBusy(f"{source.title} is not asked while nobody can count: Redis is away.", wait=10.0) from error
    if used > calls * share:
        raise SourceBusy(f"{source.title}'s budget of {calls} calls is used up.", wait=float(seconds - at % seconds))


def standings_of(listing: Listing, interval: Interval, *, now: dt.datetime) -> dict[str, Standing]:
    rows = SourceStanding.objects.filter(listing=listing, interval=interval.name)
    return {row.source: standing_of(row) for row in rows}


def standing_of(row: SourceStanding) -> Standing:
    return Standing(
        State(row.state), row.since, row.failures, row.rests_until, row.answered_at, row.trouble, row.trouble_at
    )


def _keep(
    listing: Listing,
    interval: Interval,
    priority: Sequence[str],
    before: dict[str, Standing],
    standings: dict[str, Standing],
    *,
    seconds: float,
    now: dt.datetime,
) -> None:
    was, is_now = in_use(priority, before), in_use(priority, standings)
    with operator():
        for name, standing in standings.items():
            if standing != before.get(name):
                SourceStanding.objects.update_or_create(
                    listing=listing,
                    interval=interval.name,
                    source=name,
                    defaults={**asdict(standing), "state": standing.state.value},
                )
        if was is not None and is_now is not None and was != is_now:
            is_back = priority.index(is_now) < priority.index(was)
            reason = "It answers again." if is_back else standings[was].trouble
            Failover.objects.create(
                listing=listing,
                interval=interval.name,
                before=was,
                after=is_now,
                reason=reason[:400],
                seconds=round(seconds, 3),
                at=now,
            )
            log.info("source.failover", listing=str(listing.pk), before=was, after=is_now)
