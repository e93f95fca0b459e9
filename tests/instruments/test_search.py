"""Search over a small catalogue: what stands first, what is found by a slip, what bounds leave out."""

import datetime as dt
from decimal import Decimal

import pytest

from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts, OptionRight
from instruments.domain.universe import Universe
from instruments.markets import find, search_instruments, universe_keys
from instruments.models import Instrument, Listing, ListingFigures
from instruments.services.catalogue import refresh_listings
from instruments.services.finding import index_instruments, index_unfound
from kernel.tenancy.scope import operator
from tests.instruments.telling import RULES, share, spot


@pytest.fixture
def catalogue(db, now):
    refresh_listings(
        venue="binance",
        listings=[
            spot(name="Bitcoin"),
            spot("BTC", "EUR", name="Bitcoin"),
            spot("WBTC", name="Wrapped Bitcoin"),
            spot("ETH", name="Ethereum"),
            spot("BCH", name="Bitcoin Cash"),
        ],
        now=now,
    )
    refresh_listings(venue="kraken", listings=[spot(symbol="XBTUSDT")], now=now)
    refresh_listings(
        venue="zerodha",
        listings=[
            share(isin="INE009A01021", name="Infosys Ltd."),
            share("RELIANCE", isin="INE002A01018", name="Reliance Industries"),
            share("NESTLEIND", name="Nestlé India"),
        ],
        now=now,
    )


@pytest.fixture
def seek(catalogue, now):
    return lambda words: [one.instrument.code for one in search_instruments(words, now=now)]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("BTC/USDT", "BTC/USDT"),
        ("btcusdt", "BTC/USDT"),
        ("btc-usdt", "BTC/USDT"),
        ("btc", "BTC/USDT"),
        ("xbtusdt", "BTC/USDT"),
        ("bitcoin", "BTC/USDT"),
        ("xbt", "BTC/USDT"),
        ("ether", "ETH/USDT"),
        ("INFY", "INFY/INR"),
        ("infosys", "INFY/INR"),
        ("infosys ltd", "INFY/INR"),
        ("INE009A01021", "INFY/INR"),
        ("ine002a", "RELIANCE/INR"),
        ("nestle", "NESTLEIND/INR"),
        ("Nestlé", "NESTLEIND/INR"),
        ("btc eur", "BTC/EUR"),
    ],
)
def test_what_is_meant_stands_first(seek, words, first):
    assert seek(words)[0] == first


@pytest.mark.parametrize(
    ("slip", "first"),
    [("bitcion", "BTC/USDT"), ("etherium", "ETH/USDT"), ("infosis", "INFY/INR"), ("relaince", "RELIANCE/INR")],
)
def test_slip_of_the_hand_finds_what_was_meant(catalogue, now, slip, first):
    found = find(Universe(), slip, now=now)
    assert found.listings[0].instrument.code == first
    assert found.also


@pytest.mark.parametrize("words", ["", "   ", "zzzzzzzz", "\x00", "%", "_", "' OR 1=1 --", "🚀", "x" * 10_000])
def test_what_nothing_is_named_finds_nothing(seek, words):
    assert seek(words) == []


def test_better_known_of_two_stands_first(seek):
    assert seek("btc")[:2] == ["BTC/USDT", "BTC/EUR"]
    assert seek("bitcoin")[-1] in {"WBTC/USDT", "BCH/USDT"}


def test_new_name_is_found_at_once_and_a_gone_one_last(catalogue, seek, now):
    refresh_listings(
        venue="binance", listings=[spot(name="Bitcoin"), spot("NEW", name="Newcoin")], now=now, may_lose_most=True
    )
    assert seek("newcoin") == ["NEW/USDT"]
    assert Instrument.objects.get(code="ETH/USDT").places == 0
    assert seek("ethereum") == ["ETH/USDT"]
    assert find(Universe(), "ethereum", now=now).listings == ()


def test_home_listing_goes_where_it_is_still_listed(catalogue, now):
    bitcoin = Instrument.objects.get(code="BTC/USDT")
    assert bitcoin.home.venue == "binance"
    refresh_listings(venue="binance", listings=[spot("ETH")], now=now, may_lose_most=True)
    bitcoin.refresh_from_db()
    assert (bitcoin.home.venue, bitcoin.places) == ("kraken", 1)


def test_indexing_twice_changes_nothing(catalogue):
    assert index_instruments() == 0
    with operator():
        Instrument.objects.filter(code="BTC/USDT").update(search="", terms="")
    assert index_unfound() == 1
    assert index_unfound() == 0


def figures(code, **told):
    listing = Listing.objects.get(home_of__code=code)
    with operator():
        ListingFigures.objects.create(listing=listing, reckoned_at=listing.last_seen_at, **told)


@pytest.fixture
def known(catalogue):
    figures(
        "BTC/USDT",
        price=Decimal(90_000),
        turnover=1e9,
        spread=0.0001,
        volatility=0.02,
        trades_since=dt.date(2020, 1, 1),
    )
    figures("ETH/USDT", price=Decimal(3000), turnover=5e8, spread=0.002, volatility=0.05)
    figures("INFY/INR", price=Decimal(1500))


@pytest.mark.parametrize(
    ("universe", "codes"),
    [
        (Universe(kinds=frozenset({Kind.EQUITY})), {"INFY/INR", "RELIANCE/INR", "NESTLEIND/INR"}),
        (Universe(quotes=frozenset({"EUR"})), {"BTC/EUR"}),
        (Universe(venues=frozenset({"kraken"})), {"BTC/USDT"}),
        (Universe(price_least=Decimal(2000)), {"BTC/USDT", "ETH/USDT"}),
        (Universe(price_most=Decimal(2000)), {"INFY/INR"}),
        (Universe(turnover_least=6e8), {"BTC/USDT"}),
        (Universe(spread_most=0.001), {"BTC/USDT"}),
        (Universe(volatility_least=0.03), {"ETH/USDT"}),
        (Universe(volatility_most=0.03), {"BTC/USDT"}),
        (Universe(days_least=365), {"BTC/USDT"}),
        (Universe(days_least=36_000), set()),
        (Universe(kinds=frozenset({Kind.SPOT}), turnover_least=1.0, volatility_most=0.03), {"BTC/USDT"}),
    ],
)
def test_universe_holds_what_its_bounds_say_and_not_what_is_not_known(known, now, universe, codes):
    assert {one.instrument.code for one in find(universe, now=now).listings} == codes


def test_words_and_bounds_hold_together(known, now):
    bound = Universe(price_least=Decimal(1))
    assert [one.instrument.code for one in find(bound, "bitcoin", now=now).listings] == ["BTC/USDT"]


def test_most_traded_stands_first_then_the_better_known(known, now):
    found = [one.instrument.code for one in find(Universe(), now=now).listings]
    assert found[:2] == ["BTC/USDT", "ETH/USDT"]
    assert len(found) == len(set(found)) == 8


def test_pages_hold_each_once(known, now):
    whole = [one.pk for one in find(Universe(), now=now).listings]
    paged = [one.pk for after in range(0, 9, 3) for one in find(Universe(), now=now, at_most=3, after=after).listings]
    assert paged == whole
    assert find(Universe(), now=now, at_most=3).has_more
    assert not find(Universe(), now=now, at_most=3, after=6).has_more


def test_keys_of_a_universe_are_bounded(known, now):
    assert len(universe_keys(Universe(), now=now, at_most=2)) == 2


@pytest.fixture
def contracts(catalogue, now):
    """Options on one share at two strikes and two ends, and its future."""
    told = []
    for symbol, day, strike, right in (
        ("INFY26NOV1500CE", 24, 1500, OptionRight.CALL),
        ("INFY26NOV1500PE", 24, 1500, OptionRight.PUT),
        ("INFY26DEC1500CE", 29, 1500, OptionRight.CALL),
        ("INFY26NOV1600CE", 24, 1600, OptionRight.CALL),
    ):
        month = 11 if "NOV" in symbol else 12
        expiry = dt.date(2026, month, day)
        facts = InstrumentFacts(
            Kind.OPTION, "INFY", "INR", code=f"NFO:{symbol}", expiry=expiry, strike=Decimal(strike), right=right
        )
        told.append(ListingFacts(f"NFO:{symbol}", "NFO", facts, RULES, True, "XBOM"))
    future = InstrumentFacts(Kind.FUTURE, "INFY", "INR", code="NFO:INFY26NOVFUT", expiry=dt.date(2026, 11, 24))
    told.append(ListingFacts("NFO:INFY26NOVFUT", "NFO", future, RULES, True, "XBOM"))
    refresh_listings(venue="kite", listings=told, now=now)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("infy 1500 ce", ["NFO:INFY26NOV1500CE", "NFO:INFY26DEC1500CE"]),
        ("INFY 1500 CALL", ["NFO:INFY26NOV1500CE", "NFO:INFY26DEC1500CE"]),
        ("infy 1500 pe", ["NFO:INFY26NOV1500PE"]),
        ("1600 infy", ["NFO:INFY26NOV1600CE"]),
        ("infy fut", ["NFO:INFY26NOVFUT"]),
        ("INFY26NOV1500CE", ["NFO:INFY26NOV1500CE"]),
        ("infy26dec", ["NFO:INFY26DEC1500CE"]),
    ],
)
def test_contract_is_found_as_people_write_it_and_the_next_to_end_stands_first(contracts, seek, words, first):
    assert seek(words) == first


def test_share_stands_before_its_contracts_and_a_currency_finds_no_contract(contracts, seek):
    assert seek("infy")[0] == "INFY/INR"
    assert {code for code in seek("inr") if code.startswith("NFO:")} == set()
