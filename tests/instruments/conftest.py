import pytest

from instruments.models import Listing
from instruments.selectors import listing_of
from instruments.services.catalogue import refresh_listings
from tests.instruments.telling import share, spot
from tests.looks import nobody_looks as nobody_looks


@pytest.fixture(autouse=True)
def _nobody_looks(nobody_looks):
    """Looks of other tests are none here."""


@pytest.fixture
def bitcoin(db: None, now) -> Listing:
    """BTCUSDT at Binance."""
    refresh_listings(venue="binance", listings=[spot()], now=now)
    return listing_of("binance", "BTCUSDT")


@pytest.fixture
def infosys(db: None, now) -> Listing:
    """NSE:INFY at Zerodha, whose days end in the afternoon."""
    refresh_listings(venue="zerodha", listings=[share()], now=now)
    return listing_of("zerodha", "NSE:INFY")
