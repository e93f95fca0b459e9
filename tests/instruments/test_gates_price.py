"""Only a venue's own word is the last price by which orders are gated. What vendors tell is shown, and never is."""

import ast
import datetime as dt
import re
from pathlib import Path

import pytest

from instruments.domain.prices import Price
from instruments.models import CandleRow, LastPrice, Listing, SourceChoice
from instruments.selectors import last_price, listing_of
from instruments.services.asking import ask_for_candles
from instruments.services.candles import write_candles
from instruments.services.catalogue import refresh_listings
from instruments.services.prices import write_prices, write_vendor_prices
from instruments.sources import SourceSilent
from kernel.bars import Interval
from kernel.tenancy.scope import operator
from tests.instruments.giving import Pretended, registered
from tests.instruments.telling import D, listed_share, share

ROOT = Path(__file__).parents[2]
#: The rooms of venues, and the service itself.
MAY_WRITE = ("exchanges/", "instruments/services/prices.py")
WRITTEN = re.compile(r"(INTO|UPDATE|DELETE FROM|COPY)\s+instruments_lastprice")


def test_prices_are_written_by_the_rooms_of_venues_alone():
    """Whoever writes a LastPrice calls `write_prices`, or names the model in a writing way; nobody else does either."""
    wrong = []
    for path in [*ROOT.glob("*/**/*.py")]:
        name = str(path.relative_to(ROOT))
        if name.startswith((".venv", "tests/", ".plumbline")) or name.startswith(MAY_WRITE) or "/migrations/" in name:
            continue
        text = path.read_text()
        if "write_prices" in text or WRITTEN.search(text):
            wrong.append(name)
        if "LastPrice" in text:
            wrong += [name for node in ast.walk(ast.parse(text)) if _writes_last_price(node)]
    assert wrong == []


def _writes_last_price(node):
    """`LastPrice.objects.create` and its like."""
    if not isinstance(node, ast.Attribute) or node.attr not in {
        "create",
        "bulk_create",
        "update_or_create",
        "get_or_create",
        "update",
        "bulk_update",
        "save",
    }:
        return False
    return "LastPrice" in ast.unparse(node)


@pytest.mark.django_db
def test_vendor_that_gives_the_bars_leaves_the_last_price_alone(bitcoin, now):
    write_prices(venue="binance", prices=[Price("BTCUSDT", D("100"), None, None, now)], now=now)
    binance, yahoo = Pretended("binance"), Pretended("yahoo", price=55.0)
    binance.fails = SourceSilent("Binance was not reached.")
    with operator():
        SourceChoice.objects.create(instrument=bitcoin.instrument, source="yahoo", symbol="BTC-USD", priority=1)
    hour, since = Interval("1h"), now.replace(hour=0, minute=0)
    with registered(binance, yahoo):
        given = ask_for_candles(bitcoin, hour, since, now)
    write_candles(bitcoin, hour, given.candles, source=given.source, now=now)
    assert CandleRow.objects.filter(source="yahoo").count() > 5
    seen = last_price(bitcoin, now=now)
    assert (seen.last, seen.source) == (D("100"), "binance")


@pytest.mark.django_db
@pytest.mark.parametrize("vendor", ["yahoo", "alpha_vantage", "coingecko", "frankfurter"])
def test_price_in_a_vendors_name_finds_no_listing(bitcoin, now, vendor):
    written = write_prices(venue=vendor, prices=[Price("BTCUSDT", D("1"), None, None, now)], now=now)
    assert (written.written, written.unknown) == (0, ("BTCUSDT",))
    assert not LastPrice.objects.exists()


@pytest.fixture
def apple(db, now):
    """AAPL of a list: no venue here tells its price."""
    refresh_listings(venue="XNAS", listings=[listed_share("AAPL")], list_of=now.date(), now=now)
    return listing_of("XNAS", "AAPL")


def vendors(listing, price, *, now, at=None, source="yahoo"):
    told = Price("AAPL", D(price), None, None, at or now)
    return write_vendor_prices(source=source, prices={listing.pk: told}, now=now)


def test_vendors_price_is_kept_in_its_name_and_no_gate_reads_it(apple, now):
    assert vendors(apple, "190.5", now=now).written == 1
    row = LastPrice.objects.get()
    assert (row.last, row.source, row.is_vendors) == (D("190.5"), "yahoo", True)
    assert last_price(apple, now=now) is None


@pytest.mark.django_db
def test_vendor_never_writes_over_what_a_venue_lists(bitcoin, now):
    write_prices(venue="binance", prices=[Price("BTCUSDT", D("100"), None, None, now)], now=now)
    assert vendors(bitcoin, "1", now=now + dt.timedelta(hours=1)).written == 0
    assert last_price(bitcoin, now=now).last == D("100")


def test_venues_own_word_takes_the_place_of_a_vendors_however_new_that_is(apple, now):
    vendors(apple, "190.5", now=now, at=now + dt.timedelta(seconds=50))
    refresh_listings(
        venue="XNAS", listings=[share("AAPL", segment="equity", symbol="AAPL", calendar="XNAS", quote="USD")], now=now
    )
    write_prices(venue="XNAS", prices=[Price("AAPL", D("191"), None, None, now)], now=now)
    assert (last_price(apple, now=now).last, LastPrice.objects.get().source) == (D("191"), "XNAS")
    # And no vendor's takes its place again, were the listing a list's once more.
    with operator():
        Listing.objects.filter(pk=apple.pk).update(origin="list", is_tradable=False)
    assert vendors(apple, "5", now=now + dt.timedelta(hours=1)).written == 0
    assert last_price(apple, now=now).last == D("191")


def test_whoever_reads_a_last_price_for_a_decision_reads_the_venues_own():
    """Of the rooms that decide, none reads the table itself: the selector leaves vendors out."""
    wrong = [
        str(path.relative_to(ROOT))
        for room in ("exchanges", "signals", "trading")
        for path in (ROOT / room).rglob("*.py")
        if "LastPrice" in (text := path.read_text()) or ".last_price" in text.replace("selectors.last_price", "")
    ]
    assert wrong == []
