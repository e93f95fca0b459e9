"""A venue's catalogue read again: what is new, changed, gone or back, and whose listing each is."""

import datetime as dt
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from accounts.models import AuditEntry
from instruments.domain.listings import InstrumentFacts, Kind, OptionRight
from instruments.domain.rules import Steps, TradingRules
from instruments.models import Instrument, Listing
from instruments.selectors import AmbiguousSymbol, UnknownListing, listing_of
from instruments.services.catalogue import DoubtfulCatalogue, Refreshed, refresh_listings
from kernel.tenancy.scope import ScopeConflict, operator, tenant
from tests.instruments.telling import RULES, share, spot

D = Decimal
pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def refresh(*listings, venue="binance", now, **options):
    return refresh_listings(venue=venue, listings=listings, now=now, **options)


def crowd(count):
    return [spot(f"C{number}") for number in range(count)]


def test_listing_comes_out_as_it_was_told(now):
    told = replace(spot(name="Bitcoin"), order_types=frozenset({"market", "limit"}), facts={"status": "TRADING"})
    assert refresh(told, now=now) == Refreshed(told=1, new=1)
    found = listing_of("binance", "BTCUSDT")
    assert found.rules == RULES
    assert (found.order_types, found.facts) == (["limit", "market"], {"status": "TRADING"})
    assert (found.first_seen_at, found.last_seen_at, found.gone_at, found.is_tradable) == (now, now, None, True)
    assert (found.instrument.kind, found.instrument.code, found.instrument.name) == (Kind.SPOT, "BTC/USDT", "Bitcoin")


def test_refreshing_twice_changes_nothing_but_when_it_was_seen(now):
    refresh(spot(), spot("ETH"), now=now)
    before = list(Listing.objects.values_list("pk", "first_seen_at"))
    assert refresh(spot(), spot("ETH"), now=now + DAY) == Refreshed(told=2)
    assert list(Listing.objects.values_list("pk", "first_seen_at")) == before
    assert set(Listing.objects.values_list("last_seen_at", flat=True)) == {now + DAY}
    with operator():
        assert AuditEntry.objects.filter(action="catalogue.refreshed").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"rules": replace(RULES, price=Steps(D("0.1")))},
        {"rules": replace(RULES, sell_band=RULES.buy_band)},
        {"rules": replace(RULES, least_binds_market=False)},
        {"rules": TradingRules()},
        {"is_tradable": False},
        {"order_types": frozenset()},
        {"facts": {"status": "HALT"}},
        {"calendar": "XBOM"},
    ],
    ids=str,
)
def test_whatever_a_venue_changes_is_changed_here(now, change):
    refresh(spot(), spot("ETH"), now=now)
    assert refresh(replace(spot(), **change), spot("ETH"), now=now + DAY) == Refreshed(told=2, changed=1)
    found = listing_of("binance", "BTCUSDT")
    for name, value in change.items():
        assert (frozenset(getattr(found, name)) if name == "order_types" else getattr(found, name)) == value


def test_listing_that_is_no_longer_told_is_gone_and_comes_back_as_the_same_row(now):
    refresh(spot(), spot("ETH"), now=now)
    first = listing_of("binance", "ETHUSDT")
    assert refresh(spot(), now=now + DAY) == Refreshed(told=1, gone=1)
    gone = listing_of("binance", "ETHUSDT")
    assert (gone.pk, gone.gone_at, gone.is_tradable, gone.last_seen_at) == (first.pk, now + DAY, False, now)
    assert gone.instrument.status == Instrument.Status.GONE
    assert refresh(spot(), now=now + 2 * DAY) == Refreshed(told=1)
    assert listing_of("binance", "ETHUSDT").gone_at == now + DAY
    assert refresh(spot(), spot("ETH"), now=now + 3 * DAY) == Refreshed(told=2, back=1)
    back = listing_of("binance", "ETHUSDT")
    assert (back.pk, back.gone_at, back.is_tradable, back.first_seen_at) == (first.pk, None, True, now)
    assert back.instrument.status == Instrument.Status.LISTED


def test_instrument_is_not_gone_while_another_venue_lists_it(now):
    refresh(spot(), spot("ETH"), now=now)
    refresh(spot("ETH", symbol="ETH/USDT"), venue="kraken", now=now)
    refresh(spot(), now=now + DAY)
    assert Instrument.objects.get(code="ETH/USDT").status == Instrument.Status.LISTED


def test_two_venues_list_one_instrument_under_their_own_names(now):
    refresh(spot(), now=now)
    refresh(spot(symbol="XBTUSDT"), venue="kraken", now=now)
    assert Instrument.objects.count() == 1
    assert listing_of("kraken", "XBTUSDT").instrument == listing_of("binance", "BTCUSDT").instrument


def test_the_symbol_is_never_read(now):
    refresh(spot("ETH", "BTC", symbol="BTCUSDT"), now=now)
    assert listing_of("binance", "BTCUSDT").instrument.code == "ETH/BTC"


def test_symbol_that_means_something_else_is_another_listing(now):
    refresh(spot("LUNA", symbol="LUNAUSDT"), now=now)
    old = listing_of("binance", "LUNAUSDT")
    assert refresh(spot("LUNA2", symbol="LUNAUSDT"), now=now + DAY) == Refreshed(told=1, new=1, gone=1)
    new = listing_of("binance", "LUNAUSDT")
    assert new.pk != old.pk
    assert new.instrument.code == "LUNA2/USDT"
    old.refresh_from_db()
    assert (old.gone_at, old.is_tradable) == (now + DAY, False)


def test_isin_finds_the_instrument_whatever_it_is_called(now):
    refresh(share("INFY", isin="INE009A01021"), venue="zerodha", now=now)
    refresh(share("INFOSYS", segment="BSE", isin="INE009A01021", name="Infosys"), venue="other", now=now)
    only = Instrument.objects.get()
    assert (only.code, only.name) == ("INFY/INR", "Infosys")


def test_one_isin_told_by_two_segments_at_once_is_one_instrument(now):
    told = [share("INFY", isin="INE009A01021"), share("INFOSYS", segment="BSE", isin="INE009A01021")]
    assert refresh(*told, venue="zerodha", now=now).new == 2
    assert refresh(*told, venue="zerodha", now=now + DAY) == Refreshed(told=2)
    assert Instrument.objects.count() == 1


def test_contracts_that_wear_the_isin_of_their_underlying_stay_apart(now):
    dates = [dt.date(2026, 11, 26), dt.date(2026, 12, 31)]
    told = [
        replace(
            spot(symbol=f"F{date}"),
            instrument=InstrumentFacts(Kind.FUTURE, "INFY", "INR", isin="INE009A01021", expiry=date),
        )
        for date in dates
    ]
    assert refresh(*told, now=now).new == 2
    assert refresh(*told, now=now) == Refreshed(told=2)
    assert list(Instrument.objects.values_list("expiry", flat=True)) == dates


def test_same_letters_in_another_currency_are_another_instrument(now):
    refresh(share("INFY", isin="INE009A01021"), venue="zerodha", now=now)
    refresh(share("INFY", segment="NYSE", quote="USD", isin="US4567881085", calendar="XNYS"), venue="alpaca", now=now)
    assert set(Instrument.objects.values_list("code", flat=True)) == {"INFY/INR", "INFY/USD"}


def test_contradicting_isin_is_refused_and_the_rest_is_kept(now):
    refresh(share("INFY", isin="INE009A01021"), venue="zerodha", now=now)
    result = refresh(share("INFY", isin="INE000000000"), share("TCS"), venue="other", now=now)
    assert result == Refreshed(
        told=1,
        new=1,
        refused=(("NSE:INFY", "INFY/INR has the ISIN INE009A01021, and here INE000000000"),),
    )


def test_later_venue_fills_what_the_first_left_empty_and_overwrites_nothing(now):
    refresh(spot(), now=now)
    refresh(spot(name="Bitcoin"), venue="kraken", now=now)
    refresh(spot(name="Something else"), venue="coinbase", now=now)
    assert Instrument.objects.get().name == "Bitcoin"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (InstrumentFacts(Kind.FUTURE, "BTC", "USDT"), "BTC/USDT perpetual"),
        (InstrumentFacts(Kind.FUTURE, "BTC", "USDT", expiry=dt.date(2026, 12, 25)), "BTC/USDT 2026-12-25"),
        (
            InstrumentFacts(
                Kind.OPTION, "NIFTY", "INR", expiry=dt.date(2026, 12, 29), strike=D("24000.00"), right=OptionRight.PUT
            ),
            "NIFTY/INR 2026-12-29 24000 put",
        ),
        (InstrumentFacts(Kind.EQUITY, "BRK.B", "USD", code="BRK.B on NYSE"), "BRK.B on NYSE"),
    ],
)
def test_derivatives_are_found_by_their_facts(now, facts, code):
    told = replace(spot(symbol="X"), instrument=facts)
    refresh(told, now=now)
    refresh(replace(told, symbol="Y"), venue="kraken", now=now)
    assert Instrument.objects.get().code == code


WRONG = [
    (replace(spot(), symbol=""), "a symbol has 1 to 80 signs, got 0"),
    (replace(spot(), symbol="x" * 10_000), "a symbol has 1 to 80 signs, got 10000"),
    (replace(spot(), symbol="BTC\x00USDT"), "a symbol has no blank at its ends and no control sign"),
    (spot(" BTC", symbol="X"), "a base has no blank"),
    (spot(quote=""), "a quote has 1 to 40 signs"),
    (spot(code="bitcoin"), "spot is known by base and quote"),
    (spot(isin="123"), "an ISIN has 12 signs"),
    (spot(expiry=dt.date(2026, 1, 1)), "spot does not expire"),
    (spot(strike=D(1)), "spot has neither strike nor right"),
    (spot(multiplier=D(0)), "a multiplier is above nought"),
    (replace(spot(), instrument=InstrumentFacts(Kind.OPTION, "A", "B")), "an option has an expiry, a strike"),
    (replace(spot(), rules=TradingRules(price=Steps(D("1e-19")))), "price_tick: 1E-19 has more than 18 places"),
    (replace(spot(), rules=TradingRules(quantity=Steps(most=D("1e21")))), "quantity_most: 1E+21 has more than 20"),
    (replace(spot(), calendar="XMOON"), "There is no calendar 'XMOON'"),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG, ids=[reason for _, reason in WRONG])
def test_one_listing_that_cannot_be_kept_holds_back_no_other(now, wrong, reason):
    result = refresh(wrong, spot("ETH"), now=now)
    assert (result.told, result.new) == (1, 1)
    [(symbol, said)] = result.refused
    assert symbol == wrong.symbol
    assert said.startswith(reason)


def test_listing_whose_new_rules_cannot_be_kept_is_no_longer_traded_by_the_old_ones(now):
    refresh(spot(), spot("ETH"), now=now)
    wrong = replace(spot(), rules=TradingRules(price=Steps(D("1e-19"))))
    assert refresh(wrong, spot("ETH"), now=now + DAY).gone == 1
    assert not listing_of("binance", "BTCUSDT").is_tradable


def test_tick_of_eighteen_decimals_is_kept_to_the_last(now):
    refresh(replace(spot(), rules=TradingRules(price=Steps(D("0.000000000000000001")))), now=now)
    assert listing_of("binance", "BTCUSDT").rules.price.step == D("0.000000000000000001")


def test_what_is_told_twice_alike_is_one_and_told_twice_otherwise_is_none(now):
    assert refresh(spot(), spot(), now=now) == Refreshed(told=1, new=1)
    result = refresh(spot("ETH"), spot(), replace(spot(), is_tradable=False), spot(), now=now)
    assert result == Refreshed(told=1, new=1, gone=1, refused=(("BTCUSDT", "it is told twice, and not alike"),))


def test_long_names_and_strange_scripts_do_no_harm(now):
    refresh(spot(name="🚀" * 10_000), spot("币安人生", symbol="币安人生USDT", name="עברית"), now=now)
    assert len(listing_of("binance", "BTCUSDT").instrument.name) == 200
    assert listing_of("binance", "币安人生USDT").instrument.code == "币安人生/USDT"


def test_empty_catalogue_is_doubted_and_nothing_is_gone(now):
    refresh(spot(), now=now)
    with pytest.raises(DoubtfulCatalogue, match="told no listing"):
        refresh(now=now + DAY)
    assert listing_of("binance", "BTCUSDT").is_tradable


def test_catalogue_that_contradicts_everything_known_is_doubted(now):
    refresh(share("INFY", isin="INE009A01021"), venue="zerodha", now=now)
    with pytest.raises(DoubtfulCatalogue, match="Everything other told contradicts what is known"):
        refresh(share("INFY", isin="INE000000000"), venue="other", now=now)
    assert Listing.objects.count() == 1


def test_catalogue_cut_short_is_doubted_unless_it_is_meant(now):
    everything = crowd(40)
    refresh(*everything, now=now)
    with pytest.raises(DoubtfulCatalogue, match="no longer tells 21 of 40 listings"):
        refresh(*everything[:19], spot("NEW"), now=now + DAY)
    assert Listing.objects.filter(gone_at=None).count() == 40
    assert not Instrument.objects.filter(code="NEW/USDT").exists()
    assert refresh(*everything[:20], now=now + DAY).gone == 20
    assert refresh(*everything[:1], now=now + DAY, may_lose_most=True).gone == 19


def test_what_has_expired_may_go_all_at_once(now):
    expiring = [
        replace(
            spot(symbol=f"F{number}"),
            instrument=InstrumentFacts(Kind.FUTURE, f"F{number}", "INR", expiry=now.date()),
        )
        for number in range(30)
    ]
    refresh(spot(), *expiring, now=now)
    with pytest.raises(DoubtfulCatalogue):
        refresh(spot(), now=now)
    assert refresh(spot(), now=now + DAY).gone == 30


def test_only_the_segments_that_were_told_lose_anything(now):
    refresh(share("INFY"), share("INFY", segment="BSE"), venue="zerodha", now=now)
    result = refresh(share("TCS"), venue="zerodha", now=now + DAY, segments={"NSE"})
    assert (result.new, result.gone) == (1, 1)
    assert listing_of("zerodha", "BSE:INFY").gone_at is None
    stray = refresh(share("TCS"), share("A", segment="BSE"), venue="zerodha", now=now + DAY, segments={"NSE"})
    assert stray.refused == (("BSE:A", "it is of the segment BSE, which was not asked for"),)


def test_unknown_symbol_is_an_error_in_words(now, bitcoin):
    with pytest.raises(UnknownListing, match="binance lists nothing by the name 'DOGEUSDT'"):
        listing_of("binance", "DOGEUSDT")
    with pytest.raises(UnknownListing):
        listing_of("kraken", "BTCUSDT")
    with pytest.raises(UnknownListing):
        listing_of("binance", "btcusdt")


def test_symbol_in_two_segments_must_name_one(now):
    refresh(share("INFY", symbol="INFY"), share("INFY", segment="BSE", symbol="INFY"), venue="zerodha", now=now)
    with pytest.raises(AmbiguousSymbol, match="segments BSE, NSE"):
        listing_of("zerodha", "INFY")
    assert listing_of("zerodha", "INFY", "BSE").segment == "BSE"
    refresh(share("INFY", symbol="INFY"), venue="zerodha", now=now + DAY)
    assert listing_of("zerodha", "INFY").segment == "NSE"


def test_refresh_is_audited_with_its_figures(now):
    refresh(spot(), spot("ETH"), now=now)
    with operator():
        [entry] = AuditEntry.objects.filter(action="catalogue.refreshed")
    assert (entry.target, entry.facts) == ("binance", {"new": 2, "changed": 0, "gone": 0, "back": 0})
    assert entry.workspace_id is None


def test_member_of_a_workspace_refreshes_nothing(team, now):
    with tenant(team.pk), pytest.raises(ScopeConflict):
        refresh(spot(), now=now)


def test_ten_thousand_listings_take_few_questions_and_seconds(now, django_assert_max_num_queries):
    everything = crowd(10_000)
    began = time.process_time()
    with django_assert_max_num_queries(40):
        assert refresh(*everything, now=now).new == 10_000
    with django_assert_max_num_queries(30):
        assert refresh(*everything, now=now + DAY) == Refreshed(told=10_000)
    assert time.process_time() - began < 10
