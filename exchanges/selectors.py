"""Reads of connections and of what they hold, in a tenant's scope; and of how venues answer, which is everybody's."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import redis
from django.db.models import Q, QuerySet

from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.health import ActHealth, together
from exchanges.domain.limits import Act
from exchanges.domain.markets import Market
from exchanges.domain.standing import Standing
from exchanges.manners.book import Book
from exchanges.manners.health import ClockSeen, HealthUnknown, health_of
from exchanges.models import Account, Connection, Listening, PriceFeed, Snapshot, VenueLogin
from instruments.models import CatalogueReading

REFUSED_SHOWN = dt.timedelta(days=7)
FEED_SILENT = dt.timedelta(minutes=1)
#: What signed requests bear: the gate warns at the first and stops at the second (seconds).
CLOCK_WARNS, CLOCK_STOPS = 0.25, 1.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection and how it stands at this moment."""

    connection: Connection
    standing: Standing


def open_connections() -> QuerySet[Connection]:
    found: QuerySet[Connection] = Connection.objects.filter(closed_at=None)
    return found.order_by("added_at", "pk")


def listed_connections(*, now: dt.datetime) -> QuerySet[Connection]:
    """The open ones, and those that were refused in the last week: who added one looks for what became of it."""
    is_told = Q(met=Connection.Met.REFUSED, closed_at__gt=now - REFUSED_SHOWN)
    found: QuerySet[Connection] = Connection.objects.filter(Q(closed_at=None) | is_told)
    return found.order_by("added_at", "pk")


def shown(connection: Connection, *, now: dt.datetime) -> Shown:
    return Shown(connection, connection.standing(now=now))


def latest_login(connection: Connection) -> VenueLogin | None:
    """The last log-in that came back or ended; whoever is still at the venue's page may never come."""
    found: VenueLogin | None = (
        VenueLogin.objects.filter(connection=connection)
        .exclude(state=VenueLogin.State.AWAY)
        .order_by("-back_at")
        .first()
    )
    return found


def listening_of(connection: Connection) -> Listening | None:
    """What is heard of its orders by socket; None: nobody listened yet."""
    found: Listening | None = Listening.objects.filter(connection=connection).first()
    return found


def connection_row(connection_id: UUID) -> Connection | None:
    return Connection.objects.filter(pk=connection_id).first()


def snapshots_of(account: Account) -> dict[str, Snapshot]:
    return {one.kind: one for one in Snapshot.objects.filter(account=account)}


def accounts_with_snapshots() -> list[Account]:
    """Every open account with the last answers about it."""
    return list(
        Account.objects.filter(connection__closed_at=None)
        .select_related("connection")
        .prefetch_related("snapshots")
        .order_by("opened_at", "pk")
    )


def snapshot_row(snapshot_id: UUID) -> Snapshot | None:
    return Snapshot.objects.select_related("account").filter(pk=snapshot_id).first()


@dataclass(frozen=True, slots=True)
class MarketHealth:
    """One venue, live or sandbox, as this page shows it."""

    facts: VenueFacts
    mode: str
    reading: CatalogueReading | None
    is_known: bool
    acts: list[ActHealth]
    seen: ClockSeen | None
    feed: PriceFeed | None
    #: Nobody wrote for a minute how the prices' socket stands: the process that listens is gone.
    is_feed_silent: bool
    banned_for: float = 0.0
    down_for: float = 0.0

    @property
    def state(self) -> str:
        """One word for it: unknown, banned, down, quiet, poor or well."""
        if not self.is_known:
            return "unknown"
        if self.banned_for:
            return "banned"
        if self.down_for:
            return "down"
        share, _, _ = self.whole
        if share is None:
            return "quiet"
        return "well" if share >= 0.95 else "poor"

    @property
    def has_clock(self) -> bool:
        return Act.CLOCK in self.facts.acts

    @property
    def whole(self) -> tuple[float | None, float | None, float | None]:
        return together(self.acts)

    @property
    def clock_state(self) -> str:
        """What the offset is beyond doubt: well, warns, stops; empty when it was not seen of late."""
        if self.seen is None:
            return ""
        least = max(0.0, abs(self.seen.ahead) - self.seen.give_or_take)
        return "stops" if least > CLOCK_STOPS else "warns" if least > CLOCK_WARNS else "well"

    @property
    def clock_seen_at(self) -> dt.datetime | None:
        return None if self.seen is None else dt.datetime.fromtimestamp(self.seen.at, dt.UTC)


def health_of_markets(markets: Iterable[Market], *, now: dt.datetime) -> list[MarketHealth]:
    readings = {one.market: one for one in CatalogueReading.objects.all()}
    feeds = {one.venue: one for one in PriceFeed.objects.all()}
    return [_health(market, readings.get(market.name), feeds.get(market.name), now=now) for market in markets]


def _health(
    market: Market, reading: CatalogueReading | None, feed: PriceFeed | None, *, now: dt.datetime
) -> MarketHealth:
    facts, mode = market.facts, market.mode
    is_silent = feed is not None and feed.seen_at + FEED_SILENT < now
    try:
        acts, seen = health_of(market.name)
        told = Book(venue=f"{facts.name}:{mode}", address="").facts()
    except (HealthUnknown, redis.RedisError):
        return MarketHealth(facts, mode, reading, False, [], None, feed, is_silent)
    return MarketHealth(facts, mode, reading, True, acts, seen, feed, is_silent, told["ban"], told["breaker"])
