"""A line to a venue: the adapter of one connection, with its manners, for one purpose. Opened in workers alone."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast

import redis
from django.conf import settings
from django.utils.module_loading import import_string

from exchanges.adapters.patience import NONE, Patience
from exchanges.adapters.wire import SECONDS, Answer, Call, Silence, WireSession
from exchanges.catalogue import KnownCatalogue
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.failures import VenueFailure
from exchanges.domain.markets import LIVE, SANDBOX, Market, market_of
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import IN_THE_SANDBOX, VENUES, venue_named
from exchanges.egress import NoSuchEgress, own_address_of
from exchanges.manners.book import Book
from exchanges.manners.health import note_call
from exchanges.manners.shared import SharedManners
from exchanges.models import Connection
from exchanges.paper_store import NoBook, paper_line
from exchanges.venue import Credentials, Venue
from instruments.domain.prices import Price
from instruments.services.prices import write_prices
from kernel import clock
from kernel.logs.setup import get_logger

log = get_logger(__name__)

#: By name, and imported when a line is opened: the SDKs are heavy, and no web process loads them.
ADAPTERS = {
    "binance": "exchanges.adapters.binance.Binance",
    "coinbase": "exchanges.adapters.coinbase.Coinbase",
    "kraken": "exchanges.adapters.kraken.Kraken",
    "zerodha": "exchanges.adapters.zerodha.Zerodha",
}


#: Whoever finds out what became of an order, or closes one, has a loop of his own.
_PATIENT = Patience(tries=3)


class NoLine(LookupError):
    """There is no adapter for this venue in this mode."""


def open_line(connection: Connection, credentials: Credentials | None, *, purpose: Purpose) -> Venue:
    """The venue as this connection may ask it. A secret that was revealed lives as long as the line."""
    if connection.mode == Connection.Mode.PAPER:
        return _paper(connection)
    return _open(
        connection.facts,
        connection.mode,
        credentials,
        key=str(connection.pk),
        address=connection.egress or "",
        purpose=purpose,
    )


def open_public_line(facts: VenueFacts, mode: str, *, purpose: Purpose, seconds: float | None = None) -> Venue:
    """The venue as anybody may ask it: its clock, what it lists, and prices. `seconds`: asked once, and no longer."""
    return _open(facts, mode, None, key="public", address="", purpose=purpose, seconds=seconds)


def markets_of(venues: Iterable[VenueFacts]) -> list[Market]:
    """Where this instance may ask these venues: at their own, and in its sandbox."""
    spoken = [facts for facts in venues if facts.name in ADAPTERS and facts.budgets]
    live = [Market(facts, LIVE) for facts in spoken]
    if not settings.SANDBOX_ADDRESS:
        return live
    return live + [Market(facts, SANDBOX) for facts in spoken if facts.name in IN_THE_SANDBOX]


def markets_here() -> list[Market]:
    return markets_of(VENUES.values())


def _open(
    facts: VenueFacts,
    mode: str,
    credentials: Credentials | None,
    *,
    key: str,
    address: str,
    purpose: Purpose,
    seconds: float | None = None,
) -> Venue:
    try:
        adapter: Callable[..., Any] = import_string(ADAPTERS[facts.name])
    except KeyError as error:
        raise NoLine(f"no adapter speaks to {facts.title} yet") from error
    try:
        source = own_address_of(address) if address else None
    except NoSuchEgress as error:
        raise NoLine(str(error)) from error
    manners = SharedManners(
        facts=facts,
        key=key,
        account=key,
        purpose=purpose,
        book=Book(venue=f"{facts.name}:{mode}", address=address),
        heard=lambda call, heard: _count(market_of(facts.name, mode), call, heard),
    )
    patience = _PATIENT if purpose is Purpose.READ and seconds is None else NONE
    wire = WireSession(manners=manners, patience=patience, source=source, seconds=seconds or SECONDS)
    if credentials is not None:
        wire.hide(*credentials.texts())
    made = adapter(
        credentials=credentials,
        wire=wire,
        clock=clock.now,
        catalogue=KnownCatalogue(market_of(facts.name, mode)),
        base_url=address_of(facts.name, mode),
    )
    return cast(Venue, made)


def _paper(connection: Connection) -> Venue:
    """It has no wire and no secret: its prices are those that the followed venue told."""
    try:
        return paper_line(connection, ask=ask_price)
    except NoBook as error:
        raise NoLine("this paper account was made without money; close it and take another") from error


def ask_price(venue: str, symbol: str) -> None:
    """Keeps what the venue says of the price now. Where it says nothing, what is known grows old, and is told so."""
    try:
        told = open_public_line(venue_named(venue), Connection.Mode.LIVE.value, purpose=Purpose.READ).ticker(symbol)
    except (VenueFailure, NoLine) as failure:
        log.info("price.not_told", venue=venue, symbol=symbol, error=type(failure).__name__)
        return
    price = Price(symbol, told.last, told.bid, told.ask, told.at)
    write_prices(venue=market_of(venue, Connection.Mode.LIVE), prices=[price], now=clock.now())


def address_of(venue: str, mode: str) -> str | None:
    """Where the venue is asked: the sandbox, an address that the operator names, or the venue's own (None)."""
    if mode == Connection.Mode.SANDBOX:
        if not settings.SANDBOX_ADDRESS:
            raise NoLine("this instance runs no sandbox; the operator sets SANDBOX_ADDRESS")
        return settings.SANDBOX_ADDRESS
    return settings.VENUE_ADDRESSES.get(venue)


def _count(market: str, call: Call, heard: Answer | Silence) -> None:
    with suppress(redis.RedisError):
        is_answered = isinstance(heard, Answer) and heard.status < 500
        note_call(market, call.act, heard.seconds, is_answered=is_answered)
