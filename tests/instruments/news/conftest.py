import pytest

from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts
from instruments.models import Instrument, NewsSource
from instruments.services import news_index
from instruments.services.catalogue import refresh_listings
from kernel.tenancy.scope import operator
from tests.instruments.telling import RULES, share, spot
from tests.loopback import _configured, loopback_client
from tests.loopback import authority as authority
from tests.loopback import receiver as receiver


@pytest.fixture(autouse=True)
def _no_index_of_another_test():
    news_index._kept.clear()


@pytest.fixture
def outgoing(authority, settings):
    """The process's own client is the one that may talk to loopback; `client` is Django's here."""
    _configured.append(loopback_client(authority))
    settings.OUTGOING_CLIENT = "tests.loopback.configured"
    yield
    _configured.pop()


@pytest.fixture
def catalogue(db, now):
    """Bitcoin in two pairs, Apple, gold, the euro."""
    refresh_listings(venue="binance", listings=[spot(name="Bitcoin"), spot(quote="EUR", name="Bitcoin")], now=now)
    apple = share("AAPL", segment="XNAS", name="Apple Inc.", quote="USD", calendar="XNYS")
    gold = ListingFacts(
        "XAUUSD", "cfd", InstrumentFacts(Kind.COMMODITY, "XAU", "USD", name="Gold"), RULES, True, "always"
    )
    euro = ListingFacts(
        "EURUSD", "fx", InstrumentFacts(Kind.FOREX, "EUR", "USD", name="Euro / US dollar"), RULES, True, "always"
    )
    refresh_listings(venue="elsewhere", listings=[apple, gold, euro], now=now)
    return {one.code: one for one in Instrument.objects.all()}


@pytest.fixture
def wire(db, receiver, now) -> NewsSource:
    """A feed at loopback that is due."""
    with operator():
        return NewsSource.objects.create(name="Our wire", address=receiver.url, made_at=now, asks_at=now)
