"""What a venue lists comes into the catalogue each day, by its own words, and a failure leaves what is known."""

import datetime as dt
from decimal import Decimal

import pytest

from exchanges.catalogue import KnownCatalogue
from exchanges.domain.listed import NotForUs, listing_facts
from exchanges.domain.market import Listing as Told
from exchanges.domain.venues import venue_named
from exchanges.models import Connection
from exchanges.services.catalogues import look_for_old_catalogues, refresh_catalogue
from exchanges.services.snapshots import refresh_accounts
from instruments.domain.listings import Kind, OptionRight
from instruments.domain.rules import TradingRules
from instruments.models import CatalogueReading, Instrument
from instruments.selectors import UnknownListing, listing_of
from kernel.tenancy.scope import tenant
from tests.exchanges.rooms.conftest import connect, payload
from tests.venue_contract.replay import Reply, serving

pytestmark = pytest.mark.django_db(transaction=True)

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
KITE = {"token": "1", "segment": "NSE", "type": "EQ", "expiry": "", "strike": "", "lot": "1"}


@pytest.fixture
def kraken(settings, venue):
    """Kraken, on loopback, beside the Binance of `venue`."""
    with serving() as replay:
        settings.VENUE_ADDRESSES = {**settings.VENUE_ADDRESSES, "kraken": replay.address}
        yield replay


def kraken_listings():
    assets = payload("listings.answered", "kraken")
    return [assets, *_further("listings.answered", "kraken")]


def _further(name, venue):
    import json  # noqa: PLC0415 - here alone

    from tests.exchanges.rooms.conftest import PAYLOADS  # noqa: PLC0415

    data = json.loads((PAYLOADS / venue / f"{name}.json").read_text())
    return [Reply(one["status"], json.dumps(one["body"]).encode()) for one in data["then"]]


def told(symbol, exchange, base=None, name="", **facts):
    return listing_facts(
        Told(symbol, base or symbol, "INR", exchange, True, TradingRules(), name=name, facts={**KITE, **facts}),
        venue_named("zerodha"),
    )


def test_listings_come_in_by_the_venues_own_words_and_stay_findable_by_its_adapter(venue, now):
    venue.answer(payload("listings.answered"))
    assert refresh_catalogue("binance", "live", now=now)
    row = listing_of("binance", "BTCUSDT")
    assert (row.instrument.code, row.instrument.kind, row.calendar) == ("BTC/USDT", "spot", "always")
    reading = CatalogueReading.objects.get(pk="binance")
    assert (reading.told_at, reading.listings, reading.failure) == (now, reading.listings, "")
    assert reading.listings > 0
    known = KnownCatalogue("binance").listing("BTCUSDT")
    assert (known.base, known.quote, known.rules, known.order_types) == (
        "BTC",
        "USDT",
        row.rules,
        frozenset(known.order_types),
    )
    assert known.facts == {name: row.facts[name] for name in known.facts}


def test_sandbox_keeps_a_catalogue_of_its_own(venue, settings, now):
    settings.SANDBOX_ADDRESS = venue.address
    venue.answer(payload("listings.answered"))
    assert refresh_catalogue("binance", "sandbox", now=now)
    assert listing_of("binance.sandbox", "BTCUSDT").venue == "binance.sandbox"
    with pytest.raises(UnknownListing):
        listing_of("binance", "BTCUSDT")


def test_one_coin_of_two_venues_is_one_instrument_and_kraken_names_it_its_own_way(venue, kraken, now):
    venue.answer(payload("listings.answered"))
    kraken.answer(*kraken_listings())
    assert refresh_catalogue("binance", "live", now=now)
    refresh_catalogue("kraken", "live", now=now)
    assert CatalogueReading.objects.get(pk="kraken").failure == ""
    bitcoin = Instrument.objects.filter(base="BTC")
    assert bitcoin.filter(listings__venue="kraken").exists()
    assert not Instrument.objects.filter(base="XBT").exists()
    known = next(one for one in KnownCatalogue("kraken").listings() if one.facts["base_id"] == "XXBT")
    assert known.base == "XBT"


def test_what_stands_in_the_way_is_noted_and_what_is_known_stays(venue, now):
    venue.answer(payload("listings.answered"))
    refresh_catalogue("binance", "live", now=now)
    venue.answer(Reply(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}))
    later = now + DAY
    assert not refresh_catalogue("binance", "live", now=later)
    reading = CatalogueReading.objects.get(pk="binance")
    assert (reading.told_at, reading.failed_at) == (now, later)
    assert "no answer that can be read" in reading.failure
    assert listing_of("binance", "BTCUSDT").is_tradable


def test_catalogue_that_was_cut_short_is_not_believed(venue, now):
    whole = payload("listings.answered")
    venue.answer(whole)
    refresh_catalogue("binance", "live", now=now)
    venue.answer(Reply(200, b'{"symbols": []}'))
    assert not refresh_catalogue("binance", "live", now=now + DAY)
    assert listing_of("binance", "BTCUSDT").gone_at is None


def test_catalogues_are_read_each_day_for_venues_that_somebody_uses_and_no_others(team, alice, now, enqueued, venue):
    assert look_for_old_catalogues(now=now) == 0
    connect(team, alice, now=now)
    enqueued.clear()
    assert look_for_old_catalogues(now=now) == 1
    assert enqueued == [("exchanges.refresh_catalogue", "binance", "live")]
    # While it is under way, and after it was told, nobody asks again.
    assert look_for_old_catalogues(now=now + 14 * MINUTE) == 0
    assert look_for_old_catalogues(now=now + 15 * MINUTE) == 1
    venue.answer(payload("listings.answered"))
    refresh_catalogue("binance", "live", now=now + HOUR)
    assert look_for_old_catalogues(now=now + DAY) == 0
    assert look_for_old_catalogues(now=now + DAY + HOUR) == 1


def test_closed_connection_asks_for_no_catalogue(team, alice, now, enqueued):
    one = connect(team, alice, now=now)
    with tenant(team.pk):
        Connection.objects.filter(pk=one.pk).update(closed_at=now)
    assert look_for_old_catalogues(now=now) == 0


def test_krakens_balances_wait_for_its_list_of_assets(team, alice, now, kraken, enqueued):
    keys = {"api_key": "k" * 56, "secret": "c2VjcmV0" * 10 + "c2VjcmV0c2U="}
    one = connect(team, alice, now=now, venue_name="kraken", fields=keys)
    kraken.answer(*kraken_listings(), payload("balances.answered", "kraken"))
    refresh_accounts(team.pk, one.pk, now=now)
    with tenant(team.pk):
        snapshot = one.accounts.get().snapshots.get(kind="balances")
        assert {row["asset"] for row in snapshot.rows} >= {"XBT"}
        assert not any(row["asset"].startswith("XX") for row in snapshot.rows)


def test_contracts_of_kite_are_told_apart_and_one_company_is_one():
    future = told("NFO:NIFTY26DECFUT", "NFO", name="NIFTY", type="FUT", segment="NFO-FUT", expiry="2026-12-29")
    call = told(
        "NFO:NIFTY26DEC24000CE", "NFO", name="NIFTY", type="CE", segment="NFO-OPT", expiry="2026-12-29", strike="24000"
    )
    assert (future.instrument.kind, future.instrument.base, future.instrument.expiry) == (
        Kind.FUTURE,
        "NIFTY",
        dt.date(2026, 12, 29),
    )
    assert (call.instrument.kind, call.instrument.right, call.instrument.strike) == (
        Kind.OPTION,
        OptionRight.CALL,
        Decimal(24000),
    )
    both = {told(f"{exchange}:INFY", exchange, base="INFY").instrument.full_code for exchange in ("NSE", "BSE")}
    assert both == {"INFY/INR"}
    assert told("NSE:NIFTY 50", "NSE", segment="INDICES").instrument.kind is Kind.INDEX
    assert future.calendar == "XBOM"


@pytest.mark.parametrize(
    ("facts", "exchange", "said"),
    [
        ({"type": "SWAP"}, "NFO", "type SWAP"),
        ({"type": "FUT"}, "NFO", "an expiry"),
        ({"type": "PE", "expiry": "2026-12-29"}, "NFO", "a strike"),
        ({}, "GLOBAL", "segment GLOBAL"),
    ],
)
def test_listing_that_cannot_be_told_apart_is_left_out_with_the_reason(facts, exchange, said):
    with pytest.raises(NotForUs, match=said):
        told("X:Y", exchange, **facts)
