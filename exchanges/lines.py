"""A line to a venue: the adapter of one connection, with its manners, for one purpose. Opened in workers alone."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from exchanges.adapters.wire import Answer, Call, Silence, WireSession
from exchanges.domain.purposes import Purpose
from exchanges.manners.book import Book
from exchanges.manners.shared import SharedManners
from exchanges.metrics import VENUE_CALLS, VENUE_SECONDS
from exchanges.models import Connection
from exchanges.venue import Credentials, Venue
from kernel import clock

#: By name, and imported when a line is opened: the SDKs are heavy, and no web process loads them.
ADAPTERS = {
    "binance": "exchanges.adapters.binance.Binance",
    "coinbase": "exchanges.adapters.coinbase.Coinbase",
    "kraken": "exchanges.adapters.kraken.Kraken",
}


class NoLine(LookupError):
    """There is no adapter for this venue in this mode."""


def open_line(connection: Connection, credentials: Credentials | None, *, purpose: Purpose) -> Venue:
    """The venue as this connection may ask it. A secret that was revealed lives as long as the line."""
    facts = connection.facts
    try:
        adapter: Callable[..., Any] = import_string(ADAPTERS[facts.name])
    except KeyError as error:
        raise NoLine(f"no adapter speaks to {facts.title} yet") from error
    manners = SharedManners(
        facts=facts,
        key=str(connection.pk),
        account=str(connection.pk),
        purpose=purpose,
        book=Book(venue=f"{facts.name}:{connection.mode}", address=connection.egress or ""),
        heard=lambda call, heard: _count(facts.name, call, heard),
    )
    made = adapter(
        credentials=credentials,
        wire=WireSession(manners=manners),
        clock=clock.now,
        base_url=address_of(facts.name, connection.mode),
    )
    return cast(Venue, made)


def address_of(venue: str, mode: str) -> str | None:
    """Where the venue is asked: the sandbox, an address that the operator names, or the venue's own (None)."""
    if mode == Connection.Mode.SANDBOX:
        if not settings.SANDBOX_ADDRESS:
            raise NoLine("this instance runs no sandbox; the operator sets SANDBOX_ADDRESS")
        return settings.SANDBOX_ADDRESS
    return settings.VENUE_ADDRESSES.get(venue)


def _count(venue: str, call: Call, heard: Answer | Silence) -> None:
    outcome = "silence" if isinstance(heard, Silence) else f"{heard.status // 100}xx"
    VENUE_CALLS.labels(venue, call.act, outcome).inc()
    VENUE_SECONDS.labels(venue, call.act).observe(heard.seconds)
