"""How far a venue's clock is from ours. Signed requests are refused when they differ by too much."""

import datetime as dt

import redis

from exchanges.domain.failures import VenueFailure
from exchanges.domain.limits import Act
from exchanges.domain.markets import market_of
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import venue_named
from exchanges.lines import NoLine, open_public_line
from exchanges.manners.health import ClockSeen, note_clock
from exchanges.services.catalogues import markets_in_use
from kernel import clock
from kernel.jobs.enqueue import enqueue


def look_at_clocks() -> int:
    """Has each used venue's clock read; how many. A lost one is read a minute later."""
    due = sorted(one for one in markets_in_use() if Act.CLOCK in venue_named(one[0]).acts)
    for venue, mode in due:
        enqueue("exchanges.look_at_clock", venue, mode)
    return len(due)


def look_at_clock(venue: str, mode: str) -> ClockSeen | None:
    """The venue's clock against ours; None when it did not answer."""
    facts = venue_named(venue)
    try:
        line = open_public_line(facts, mode, purpose=Purpose.READ)
        before = clock.now()
        told = line.clock()
        after = clock.now()
    except (VenueFailure, NoLine):
        return None
    seen = clock_seen(told, before, after, step=facts.clock_step)
    try:
        note_clock(market_of(venue, mode), seen)
    except redis.RedisError:
        return seen
    return seen


def clock_seen(told: dt.datetime, before: dt.datetime, after: dt.datetime, *, step: dt.timedelta) -> ClockSeen:
    """The answer was made somewhere between sending and hearing, and lies up to a step behind the true time."""
    middle = before + (after - before) / 2
    ahead = (told + step / 2 - middle).total_seconds()
    return ClockSeen(ahead, ((after - before) / 2 + step / 2).total_seconds(), after.timestamp())
