"""Vendors' last prices of what no venue here lists: asked for what is wanted, several at once, within the budget."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string

from instruments import tasks
from instruments.adapters.frankfurter import Frankfurter
from instruments.adapters.yahoo import Yahoo
from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts
from instruments.domain.prices import Price
from instruments.looks import look_at
from instruments.models import LastPrice, Listing, SourceChoice, Watchlist, WatchlistEntry
from instruments.selectors import last_price, price_row
from instruments.services import vendor_prices
from instruments.services.catalogue import refresh_listings
from instruments.services.vendor_prices import ask_vendor_prices, is_due
from instruments.sources import Budget, Rate, SourceRefused, SourceSilent
from kernel import clock
from kernel.tenancy.scope import operator, tenant
from tests.instruments.giving import registered
from tests.instruments.telling import RULES, listed_share
from tests.jobs import enqueued as enqueued
from tests.venue_contract.replay import Reply, serving

pytestmark = pytest.mark.django_db
D = Decimal


class Vendor:
    """Tells a price of everything it knows; each request is kept."""

    title, intervals, most_candles = "Vendor", frozenset(), 0

    def __init__(self, name="yahoo", *, known=None, at_once=20, budget=None):
        self.name, self.known, self.prices_at_once, self.budget = name, known, at_once, budget
        self.asked, self.fails = [], None

    def prices(self, symbols):
        self.asked.append(tuple(symbols))
        if self.fails is not None:
            raise self.fails
        now = clock.now() - dt.timedelta(seconds=90)
        return [Price(one, D("190.25"), None, None, now) for one in symbols if self.known is None or one in self.known]


class Rates(Vendor):
    rates_at_once = 10

    def __init__(self):
        super().__init__("frankfurter")
        del self.prices_at_once

    prices = property()

    def rates(self, base, quotes):
        self.asked.append((base, *quotes))
        return [Rate(base, quote, D("1.0898"), dt.date(2026, 11, 20), self.name) for quote in quotes]


@pytest.fixture(autouse=True)
def _nobody_was_asked(settings):
    settings.VENDOR_PRICES = {"XNAS": ["yahoo"], "fx": ["frankfurter"]}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def shares(now):
    told = [listed_share(one) for one in ("AAPL", "BRK.B", "MSFT")]
    refresh_listings(venue="XNAS", listings=told, list_of=now.date(), now=now)
    return {row.symbol: row for row in Listing.objects.filter(venue="XNAS")}


@pytest.fixture
def pairs(now):
    told = [
        ListingFacts(f"EUR{one}", "forex", InstrumentFacts(Kind.FOREX, "EUR", one), RULES, False, "forex")
        for one in ("USD", "INR")
    ]
    refresh_listings(venue="fx", listings=told, list_of=now.date(), now=now)
    return {row.symbol: row for row in Listing.objects.filter(venue="fx")}


def see(*listings):
    for one in listings:
        look_at(one.venue, one.symbol, now=clock.now())


def test_price_of_what_is_looked_at_is_asked_in_one_request_and_shown_with_source_and_age(shares):
    vendor = Vendor()
    see(shares["AAPL"], shares["BRK.B"])
    with registered(vendor):
        assert ask_vendor_prices() == 2
    [asked] = vendor.asked
    # By the names that the vendor has for them; MSFT is looked at by nobody.
    assert sorted(asked) == ["AAPL", "BRK-B"]
    row = price_row(shares["AAPL"].pk)
    assert (row.last, row.source) == (D("190.25"), "yahoo")
    assert 80 < (clock.now() - row.moment).total_seconds() < 200
    drawn = render_to_string("instruments/partials/_price.html", {"row": row})
    assert "as <bdi>yahoo</bdi> tells" in drawn
    assert 'class="figure-age old"' in drawn
    assert last_price(shares["AAPL"], now=clock.now()) is None


def test_nothing_is_asked_until_the_operator_says_so(shares, settings):
    settings.VENDOR_PRICES = {}
    vendor = Vendor()
    see(shares["AAPL"])
    with registered(vendor):
        assert not is_due(now=clock.now())
        assert ask_vendor_prices() == 0
    assert vendor.asked == []


def test_nothing_is_asked_while_nobody_looks(shares):
    vendor = Vendor()
    with registered(vendor):
        assert not is_due(now=clock.now())
        assert ask_vendor_prices() == 0
    assert vendor.asked == []


def test_what_somebody_watches_is_asked_for(shares, team, now):
    with tenant(team.pk):
        watchlist = Watchlist.objects.create(workspace=team, name="Shares", made_at=now)
        WatchlistEntry.objects.create(workspace=team, watchlist=watchlist, instrument=shares["MSFT"].instrument)
    vendor = Vendor()
    with registered(vendor):
        assert is_due(now=clock.now())
        ask_vendor_prices()
    assert vendor.asked == [("MSFT",)]


def test_price_just_told_is_not_asked_for_again(shares):
    vendor = Vendor()
    see(shares["AAPL"])
    with registered(vendor):
        ask_vendor_prices()
        ask_vendor_prices()
    assert len(vendor.asked) == 1


def test_requests_are_as_large_as_the_vendor_takes(shares):
    vendor = Vendor(at_once=2)
    see(*shares.values())
    with registered(vendor):
        assert ask_vendor_prices() == 3
    assert sorted(map(len, vendor.asked)) == [1, 2]


def test_half_of_the_budget_is_left_to_bars_and_the_oldest_come_first(shares):
    vendor = Vendor(at_once=1, budget=Budget(4, 86_400))
    see(*shares.values())
    with registered(vendor):
        assert ask_vendor_prices() == 2
        first = {name for [name] in vendor.asked}
        assert ask_vendor_prices() == 0
        cache.delete_many([f"source:yahoo:{clock.unix_milliseconds() // 1000 // 86_400}"])
        assert ask_vendor_prices() == 1
    assert {name for [name] in vendor.asked} > first


def test_name_that_the_vendor_does_not_know_is_left_alone(shares):
    vendor = Vendor(known={"AAPL"})
    see(shares["AAPL"], shares["MSFT"])
    with registered(vendor):
        assert ask_vendor_prices() == 1
        cache.delete("vendor-prices:asked:yahoo:AAPL")
        ask_vendor_prices()
    assert [sorted(one) for one in vendor.asked] == [["AAPL", "MSFT"], ["AAPL"]]


def test_name_that_spoils_a_request_holds_up_no_other(shares):
    vendor = Vendor()

    def prices(symbols):
        vendor.asked.append(tuple(symbols))
        if "MSFT" in symbols:
            raise SourceRefused("Yahoo does not take the question.")
        return [Price(one, D("1"), None, None, clock.now()) for one in symbols]

    vendor.prices = prices
    see(shares["AAPL"], shares["MSFT"])
    with registered(vendor):
        assert ask_vendor_prices() == 1
    assert LastPrice.objects.get().listing_id == shares["AAPL"].pk


def test_vendor_that_is_silent_rests_and_the_next_one_is_asked(shares, settings):
    settings.VENDOR_PRICES = {"XNAS": ["yahoo"]}
    yahoo, other = Vendor(), Vendor("coingecko")
    yahoo.fails = SourceSilent("Yahoo was not reached.")
    see(shares["AAPL"])
    with operator():
        SourceChoice.objects.create(instrument=shares["AAPL"].instrument, source="yahoo", symbol="AAPL", priority=1)
        SourceChoice.objects.create(
            instrument=shares["AAPL"].instrument, source="coingecko", symbol="apple/usd", priority=2
        )
    with registered(yahoo, other):
        assert ask_vendor_prices() == 0
        assert ask_vendor_prices() == 1
    assert (yahoo.asked, other.asked) == ([("AAPL",)], [("apple/usd",)])


def test_defect_of_one_adapter_is_a_failure_of_that_vendor(shares):
    vendor = Vendor()
    vendor.fails = RuntimeError("a defect")
    see(shares["AAPL"])
    with registered(vendor):
        assert ask_vendor_prices() == 0
        assert ask_vendor_prices() == 0
    assert len(vendor.asked) == 1


def test_reference_rates_are_asked_by_their_base_and_are_as_old_as_they_are(pairs):
    vendor = Rates()
    see(*pairs.values())
    with registered(vendor):
        assert ask_vendor_prices() == 2
        assert ask_vendor_prices() == 0
    [asked] = vendor.asked
    assert (asked[0], sorted(asked[1:])) == ("EUR", ["INR", "USD"])
    row = LastPrice.objects.get(pk=pairs["EURUSD"].pk)
    # Four in the afternoon in Frankfurt.
    assert (row.last, row.at) == (D("1.0898"), dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC))


def test_two_at_once_do_not_ask_twice(shares):
    vendor = Vendor()
    see(shares["AAPL"])
    cache.set(vendor_prices._TURN, 1)
    with registered(vendor):
        assert ask_vendor_prices() == 0
    assert vendor.asked == []


def test_venue_that_lists_it_is_not_told_by_a_vendor(bitcoin, settings):
    settings.VENDOR_PRICES = {"binance": ["yahoo"]}
    vendor = Vendor()
    see(bitcoin)
    with registered(vendor):
        assert not is_due(now=clock.now())
        ask_vendor_prices()
    assert vendor.asked == []


def test_task_hands_the_asking_to_those_who_may_wait(shares, enqueued, django_capture_on_commit_callbacks):
    see(shares["AAPL"])
    with django_capture_on_commit_callbacks(execute=True):
        tasks.look_for_vendor_prices()
    assert [name for name, *_ in enqueued] == ["instruments.ask_vendor_prices"]


def test_real_adapters_over_the_wire(shares, pairs):
    """Yahoo's and Frankfurter's own forms, from a server on loopback, into what the page shows."""
    see(shares["AAPL"], pairs["EURUSD"])
    spark = (
        b'{"spark":{"result":[{"symbol":"AAPL","response":[{"meta":{"regularMarketPrice":190.123456789012345,'
        b'"regularMarketTime":1750000000}}]}],"error":null}}'
    )
    latest = b'{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"USD":1.0898}}'
    with serving() as one, serving() as two:
        one.answer(Reply(200, spark))
        two.answer(Reply(200, latest))
        with registered(Yahoo(address=one.address), Frankfurter(address=two.address)):
            assert ask_vendor_prices() == 2
    assert {row.source: row.last for row in LastPrice.objects.all()} == {
        "yahoo": D("190.123456789012345"),
        "frankfurter": D("1.0898"),
    }
