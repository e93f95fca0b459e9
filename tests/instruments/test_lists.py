"""The shipped lists: how much they hold, what they may not override, and that running twice changes nothing."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from exchanges.catalogue import KnownCatalogue
from instruments.domain.listings import Kind, Origin, why_not_kept
from instruments.domain.lists import LISTS, aliases, shipped_list
from instruments.markets import search_instruments
from instruments.models import CatalogueReading, Instrument, Listing, Watchlist, WatchlistEntry
from instruments.services import lists
from instruments.services.catalogue import refresh_listings
from instruments.services.lists import load_lists
from instruments.watched import symbols_watched
from kernel.tenancy.scope import tenant
from tests.instruments.telling import share, spot

#: What the product is to hold at the least.
DUE = {"crypto_pairs": 500, "us_nasdaq_listed": 500, "forex_pairs": 50, "commodities": 30}


@pytest.mark.parametrize("name", LISTS)
def test_every_row_of_a_list_can_be_kept(name):
    told = [facts for rows in shipped_list(name).markets.values() for facts in rows]
    assert [(facts.symbol, fault) for facts in told if (fault := why_not_kept(facts))] == []
    assert len(told) >= DUE.get(name, 1)
    assert not any(facts.is_tradable for facts in told)


@pytest.mark.parametrize("name", LISTS)
def test_symbol_means_one_thing_in_its_segment(name):
    counted = Counter(
        (market, facts.segment, facts.symbol) for market, rows in shipped_list(name).markets.items() for facts in rows
    )
    assert [key for key, number in counted.items() if number > 1] == []


def test_unknown_list_is_named():
    with pytest.raises(LookupError, match="There is no list 'moon'"):
        shipped_list("moon")


def test_every_alias_is_of_something_that_is_listed():
    listed = {
        (facts.instrument.kind.value, facts.instrument.base)
        for name in LISTS
        for rows in shipped_list(name).markets.values()
        for facts in rows
    }
    by_base = {base for _, base in aliases() if not any((kind, base) in listed for kind in Kind)}
    assert by_base == set()


@pytest.mark.django_db
def test_all_lists_load_and_load_again_to_nothing_new(now):
    loaded = load_lists(now=now)
    kinds = Counter(Instrument.objects.values_list("kind", flat=True))
    assert kinds["spot"] >= 500
    assert kinds["equity"] + kinds["etf"] >= 500
    assert kinds["forex"] >= 50
    assert kinds["commodity"] >= 30
    assert [one.refused for one in loaded] == [()] * len(LISTS)
    before = Instrument.objects.count(), Listing.objects.count()
    assert all(one.is_known for one in load_lists(now=now))
    again = load_lists(again=True, now=now + dt.timedelta(days=1))
    assert [(one.new, one.changed, one.gone) for one in again] == [(0, 0, 0)] * len(LISTS)
    assert (Instrument.objects.count(), Listing.objects.count()) == before
    assert CatalogueReading.objects.filter(pk="list crypto_pairs").exists()
    # Luna of Kraken is everybody else's LUNC.
    assert Listing.objects.get(venue="kraken", symbol="LUNAUSD").instrument.code == "LUNC/USD"
    assert [one.instrument.code for one in search_instruments("gold", now=now)][:1] == ["XAU/USD"]


@pytest.fixture
def short(monkeypatch, now):
    """The list of crypto pairs, cut to these."""

    def cut(*facts, as_of=dt.date(2026, 8, 21)):
        one = lists.shipped_list("forex_pairs")
        made = type(one)("crypto_pairs", as_of, {"binance": facts})
        monkeypatch.setattr(lists, "shipped_list", lambda name: made)
        return lists.load_lists(["crypto_pairs"], again=True, now=now)[0]

    return cut


def listed(*pairs):
    return [spot(base, quote, is_tradable=False) for base, quote in pairs]


def row(symbol):
    return Listing.objects.get(venue="binance", symbol=symbol)


@pytest.mark.django_db
def test_lists_row_wears_its_origin_and_date_and_cannot_be_traded(short):
    short(*listed(("BTC", "USDT")))
    assert (row("BTCUSDT").origin, row("BTCUSDT").as_of) == (Origin.LIST, dt.date(2026, 8, 21))
    assert not row("BTCUSDT").is_tradable


@pytest.mark.django_db
def test_what_a_newer_list_lacks_is_marked_and_not_deleted(short, now):
    short(*listed(("BTC", "USDT"), ("ETH", "USDT")))
    done = short(*listed(("BTC", "USDT")), as_of=dt.date(2026, 9, 1))
    assert (done.new, done.gone) == (0, 1)
    assert row("ETHUSDT").gone_at == now
    assert row("ETHUSDT").instrument.status == Instrument.Status.GONE


@pytest.mark.django_db
def test_venue_takes_a_lists_row_over_and_keeps_its_key(short, now):
    short(*listed(("BTC", "USDT")))
    key = row("BTCUSDT").pk
    refresh_listings(venue="binance", listings=[spot()], now=now)
    assert (row("BTCUSDT").pk, row("BTCUSDT").origin, row("BTCUSDT").as_of) == (key, Origin.VENUE, None)
    assert row("BTCUSDT").is_tradable


@pytest.mark.django_db
def test_list_never_overrides_what_a_venue_told(short, now):
    refresh_listings(venue="binance", listings=[spot()], now=now)
    done = short(spot("BTC", "USDT", is_tradable=False), spot("ETH", is_tradable=False))
    assert done.told == 0
    assert row("BTCUSDT").is_tradable
    assert row("BTCUSDT").origin == Origin.VENUE
    assert not Listing.objects.filter(symbol="ETHUSDT").exists()


@pytest.mark.django_db
def test_venue_that_tells_few_of_a_long_list_is_believed(short, now):
    """What a list told is no measure of how much a venue should tell."""
    short(*[spot(f"X{number}", is_tradable=False) for number in range(100)])
    done = refresh_listings(venue="binance", listings=[spot("X1"), spot("X2")], now=now)
    assert (done.told, done.gone) == (2, 98)
    assert Listing.objects.filter(gone_at=None).count() == 2


@pytest.mark.django_db
def test_lists_row_of_a_segment_that_the_venue_does_not_tell_stays(short, now):
    short(spot("BTC", segment="perpetual", is_tradable=False, symbol="BTCUSDT_PERP"), *listed(("ETH", "USDT")))
    refresh_listings(venue="binance", listings=[spot()], now=now)
    assert row("BTCUSDT_PERP").gone_at is None
    assert row("ETHUSDT").gone_at == now


@pytest.mark.django_db
def test_lists_row_is_no_word_of_the_venues(short, now, team):
    """Nothing is asked of a venue, and nothing listened to, by what a list says of it."""
    short(*listed(("BTC", "USDT")))
    with tenant(team.pk):
        watchlist = Watchlist.objects.create(workspace=team, name="Coins")
        instrument = Instrument.objects.get(code="BTC/USDT")
        WatchlistEntry.objects.create(workspace=team, watchlist=watchlist, instrument=instrument)
    assert KnownCatalogue("binance").listing("BTCUSDT") is None
    assert list(KnownCatalogue("binance").listings()) == []
    assert symbols_watched("binance") == set()
    refresh_listings(venue="binance", listings=[spot()], now=now)
    assert KnownCatalogue("binance").listing("BTCUSDT").symbol == "BTCUSDT"
    assert symbols_watched("binance") == {"BTCUSDT"}


@pytest.mark.parametrize("market", ["binance", "bybit", "coinbase", "kraken"])
def test_symbol_of_a_venue_stands_in_one_segment_alone(market):
    """Two segments with one symbol would make every price of it ambiguous."""
    counted = Counter(facts.symbol for name in LISTS for facts in shipped_list(name).markets.get(market, ()))
    assert [symbol for symbol, number in counted.items() if number > 1] == []


@pytest.mark.django_db
def test_one_symbol_of_two_countries_is_two_instruments(now):
    refresh_listings(venue="zerodha", listings=[share("INFY")], now=now)
    refresh_listings(venue="XNYS", listings=[share("INFY", segment="equity", symbol="INFY", quote="USD")], now=now)
    assert sorted(Instrument.objects.values_list("code", flat=True)) == ["INFY/INR", "INFY/USD"]


@pytest.mark.django_db
def test_freeze_quantity_is_kept(now):
    told = share("INFY")
    kept = type(told)(**{name: getattr(told, name) for name in told.__slots__} | {"freeze_quantity": Decimal(1800)})
    refresh_listings(venue="zerodha", listings=[kept], now=now)
    assert Listing.objects.get().freeze_quantity == 1800


@pytest.mark.django_db
def test_command_names_a_list_that_is_not_there():
    with pytest.raises(CommandError, match="There is no list 'moon'"):
        call_command("load_lists", "moon")
