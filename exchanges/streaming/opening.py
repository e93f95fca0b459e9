"""Makes the streams, and the lines to ask for what they missed. By name, imported when one is opened: ccxt's pro half
is heavy, and no other process loads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.utils.module_loading import import_string

from exchanges.adapters.wire import Call, WireSession
from exchanges.catalogue import KnownCatalogue
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.limits import Act
from exchanges.domain.market import Listing
from exchanges.domain.markets import Market, market_of
from exchanges.domain.purposes import Purpose
from exchanges.domain.standing import Standing
from exchanges.egress import NoSuchEgress, own_address_of
from exchanges.lines import NoLine, address_of, open_line
from exchanges.manners.book import Book
from exchanges.manners.shared import SharedManners
from exchanges.models import Connection
from exchanges.vault import NoCredential, open_credential
from exchanges.venue import FillStream, PriceStream, Venue
from kernel import clock
from kernel.tenancy.scope import tenant

PRICES = {
    "binance": "exchanges.adapters.streams.binance.BinancePrices",
    "coinbase": "exchanges.adapters.streams.coinbase.CoinbasePrices",
    "kraken": "exchanges.adapters.streams.kraken.KrakenPrices",
}
#: One symbol's book on a socket of its own. Whose venue is not here is asked for them.
BOOKS = {
    "binance": "exchanges.adapters.streams.binance.BinanceBook",
    "coinbase": "exchanges.adapters.streams.coinbase.CoinbaseBook",
    "kraken": "exchanges.adapters.streams.kraken.KrakenBook",
}
FILLS = {
    "binance": "exchanges.adapters.streams.binance.BinanceFills",
    "coinbase": "exchanges.adapters.streams.coinbase.CoinbaseFills",
    "kraken": "exchanges.adapters.streams.kraken.KrakenFills",
    "zerodha": "exchanges.adapters.streams.zerodha.ZerodhaSocket",
}
#: So that a question under way holds up no stop.
_SECONDS = 3.0
_LISTENED_TO = {Standing.OK, Standing.EXPIRING, Standing.DEGRADED}


class NotListened(LookupError):
    """The connection is closed, or its key opens nothing at present."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream of an account, and by which version of its key."""

    stream: FillStream
    version: int
    manners: SharedManners


def manners_of(facts: VenueFacts, *, mode: str, key: str, address: str, purpose: Purpose) -> SharedManners:
    book = Book(venue=f"{facts.name}:{mode}", address=address)
    return SharedManners(facts=facts, key=key, account=key, purpose=purpose, book=book)


def public_manners(market: Market) -> SharedManners:
    return manners_of(market.facts, mode=market.mode, key="", address="", purpose=Purpose.READ)


def pay_for_socket(manners: SharedManners) -> None:
    """Raises Held while the venue's budget, a ban or the breaker forbid another socket."""
    manners.before(Call(Act.STREAM))


def open_book(market: Market, symbol: str) -> PriceStream:
    return _public(BOOKS, market, [symbol], KnownCatalogue(market.name).named([symbol]))


def open_prices(market: Market, symbols: Sequence[str], listings: Sequence[Listing]) -> PriceStream:
    return _public(PRICES, market, symbols, listings)


def _public(
    named: Mapping[str, str], market: Market, symbols: Sequence[str], listings: Sequence[Listing]
) -> PriceStream:
    made: Any = import_string(named[market.facts.name])
    stream = made(
        credentials=None,
        symbols=symbols,
        listings=listings,
        wire=WireSession(manners=public_manners(market), seconds=_SECONDS),
        clock=clock.now,
        base_url=address_of(market.facts.name, market.mode),
    )
    return cast(PriceStream, stream)


def open_fills(workspace_id: UUID, connection_id: UUID, symbols: Sequence[str]) -> Opened:
    """The stream of the connection's account; NotListened when it may not be listened to now."""
    now = clock.now()
    with tenant(workspace_id):
        connection = Connection.objects.filter(pk=connection_id, closed_at=None).first()
        if connection is None or connection.standing(now=now) not in _LISTENED_TO:
            raise NotListened(str(connection_id))
        try:
            credentials, version = open_credential(connection.pk)
        except NoCredential as error:
            raise NotListened(str(connection_id)) from error
    facts = connection.facts
    # It finds out what became of orders, so it goes on when Redis is away.
    key, address = str(connection.pk), connection.egress or ""
    manners = manners_of(facts, mode=connection.mode, key=key, address=address, purpose=Purpose.RESOLVE)
    try:
        base_url = address_of(facts.name, connection.mode)
        source = own_address_of(address) if address else None
    except (NoLine, NoSuchEgress) as error:
        raise NotListened(str(error)) from error
    # One that is shared is told by number which prices are wanted; the others need the names of all.
    named = symbols if facts.fills is not None and facts.fills.is_shared else None
    made: Any = import_string(FILLS[facts.name])
    stream = made(
        credentials=credentials,
        symbols=symbols,
        listings=_listings(market_of(facts.name, connection.mode), named),
        wire=WireSession(manners=manners, seconds=_SECONDS, source=source),
        clock=clock.now,
        base_url=base_url,
    )
    return Opened(cast(FillStream, stream), version, manners)


def _listings(market: str, named: Sequence[str] | None) -> list[Listing]:
    """What is known of these symbols, or of all that the market lists."""
    known = KnownCatalogue(market)
    return list(known.listings() if named is None else known.named(named))


def line_of(workspace_id: UUID, connection_id: UUID) -> Venue:
    """The account over REST; NotListened when it may not be asked now."""
    with tenant(workspace_id):
        connection = Connection.objects.filter(pk=connection_id, closed_at=None).first()
        if connection is None:
            raise NotListened(str(connection_id))
        try:
            credentials, _ = open_credential(connection.pk)
        except NoCredential as error:
            raise NotListened(str(connection_id)) from error
    try:
        return open_line(connection, credentials, purpose=Purpose.READ)
    except NoLine as error:
        raise NotListened(str(error)) from error
