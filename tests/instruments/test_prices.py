"""Prices in: the newest of each listing, exact, with its age; an older one never takes its place."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instruments.domain.prices import Price, PriceSeen
from instruments.models import LastPrice
from instruments.selectors import last_price, listing_of
from instruments.services.catalogue import refresh_listings
from instruments.services.prices import PricesWritten, write_prices
from tests.instruments.telling import share, spot

D = Decimal
SECOND = dt.timedelta(seconds=1)


def price(last="100", *, symbol="BTCUSDT", at=None, segment=None):
    return Price(symbol, None if last is None else D(last), D("99.5"), D("100.5"), at, segment)


def write(*prices, now, venue="binance"):
    return write_prices(venue=venue, prices=prices, now=now)


def test_price_comes_out_to_the_last_digit_with_its_age(bitcoin, now):
    assert write(price("0.300000000000000004", at=now - SECOND), now=now) == PricesWritten(written=1)
    assert last_price(bitcoin, now=now + 2 * SECOND) == PriceSeen(
        last=D("0.300000000000000004"),
        bid=D("99.5"),
        ask=D("100.5"),
        at=now - SECOND,
        heard_at=now,
        source="binance",
        age=3 * SECOND,
    )


def test_price_without_the_venues_time_is_as_old_as_its_hearing(bitcoin, now):
    write(price(), now=now)
    assert last_price(bitcoin, now=now + SECOND).age == SECOND


def test_clock_of_the_venue_that_is_ahead_makes_no_negative_age(bitcoin, now):
    write(price(at=now + SECOND), now=now)
    assert last_price(bitcoin, now=now).age == dt.timedelta(0)


def test_where_nothing_was_heard_there_is_no_price(bitcoin, now):
    assert last_price(bitcoin, now=now) is None


def test_older_price_never_takes_the_place_of_a_newer(bitcoin, now):
    write(price("2", at=now), now=now)
    assert write(price("1", at=now - SECOND), now=now + SECOND) == PricesWritten(late=1)
    assert last_price(bitcoin, now=now).last == D(2)
    assert LastPrice.objects.get().heard_at == now


@pytest.mark.parametrize(
    ("first", "second", "is_newer"),
    [
        # (venue's time, when heard), in seconds
        ((0, 0), (0, 1), True),
        ((0, 1), (0, 0), False),
        ((None, 0), (None, 1), True),
        ((None, 1), (None, 0), False),
        ((0, 1), (None, 2), True),
        ((None, 2), (1, 3), False),
        ((None, 2), (3, 3), True),
    ],
)
def test_newer_is_by_the_venues_time_or_else_by_ours(bitcoin, now, first, second, is_newer):
    for last, (at, heard) in (("1", first), ("2", second)):
        write(price(last, at=None if at is None else now + at * SECOND), now=now + heard * SECOND)
    assert last_price(bitcoin, now=now).last == (D(2) if is_newer else D(1))


def test_of_several_in_one_batch_the_newest_is_kept(bitcoin, now):
    batch = [price("1", at=now - 2 * SECOND), price("3", at=now), price("2", at=now - SECOND)]
    assert write(*batch, now=now) == PricesWritten(written=1, late=2)
    assert last_price(bitcoin, now=now).last == D(3)


def test_telling_is_kept_whole(bitcoin, now):
    """Quotes of now beside a trade of then would wear one age between them."""
    write(price("1", at=now - SECOND), now=now)
    write(price(None, at=now), now=now)
    seen = last_price(bitcoin, now=now)
    assert (seen.last, seen.bid, seen.at) == (None, D("99.5"), now)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Price("BTCUSDT", None, None, None, None), "it has no price"),
        (price("NaN"), "last: NaN is not a number that can be stored"),
        (price("Infinity"), "last: Infinity is not a number"),
        (price("1e-19"), "last: 1E-19 has more than 18 places"),
        (price("1e20"), "last: 1E+20 has more than 20 digits"),
        (price(at=dt.datetime(2026, 11, 20, 9, 30)), "its time 2026-11-20 09:30:00 has no time zone"),
        (price(at=dt.datetime(2026, 11, 20, 9, 31, 1, tzinfo=dt.UTC)), "its time 2026-11-20 09:31:01+00:00 is ahead"),
        (price("sNaN"), "last: sNaN is not a number"),
    ],
    ids=str,
)
def test_price_that_cannot_be_kept_holds_back_no_other(bitcoin, now, wrong, reason):
    refresh_listings(venue="binance", listings=[spot(), spot("ETH")], now=now)
    result = write(wrong, price(symbol="ETHUSDT"), now=now)
    assert result.written == 1
    [(symbol, said)] = result.refused
    assert symbol == "BTCUSDT"
    assert said.startswith(reason)
    assert last_price(bitcoin, now=now) is None


def test_symbol_that_nobody_knows_is_told_back(bitcoin, now):
    assert write(price(symbol="DOGEUSDT"), price(), now=now) == PricesWritten(written=1, unknown=("DOGEUSDT",))
    assert write(price(), now=now, venue="kraken") == PricesWritten(unknown=("BTCUSDT",))


def test_delisted_symbol_has_no_new_price(bitcoin, now):
    refresh_listings(venue="binance", listings=[spot("ETH")], now=now)
    assert write(price(), now=now) == PricesWritten(unknown=("BTCUSDT",))


def test_symbol_in_two_segments_must_name_one(db, now):
    both = [share("INFY", symbol="INFY"), share("INFY", segment="BSE", symbol="INFY")]
    refresh_listings(venue="zerodha", listings=both, now=now)
    assert write(price(symbol="INFY"), now=now, venue="zerodha").unknown == ("INFY",)
    told = [price("1", symbol="INFY", segment="NSE"), price("2", symbol="INFY", segment="BSE")]
    assert write(*told, now=now, venue="zerodha").written == 2
    assert last_price(listing_of("zerodha", "INFY", "BSE"), now=now).last == D(2)


def test_nothing_told_is_nothing_written(db, now):
    assert write(now=now) == PricesWritten()


def test_batch_takes_the_same_number_of_questions_with_1_and_300_prices(db, now, django_assert_num_queries):
    refresh_listings(venue="binance", listings=[spot(f"C{number}") for number in range(300)], now=now)
    for count in (1, 300):
        batch = [price(symbol=f"C{number}USDT") for number in range(count)]
        with django_assert_num_queries(7):
            assert write(*batch, now=now).written == count


MOMENTS = st.integers(0, 5).map(lambda number: dt.datetime(2026, 11, 20, 9, 0, number, tzinfo=dt.UTC))
TELLINGS = st.lists(st.tuples(st.decimals(0, 10, places=3), st.none() | MOMENTS), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TELLINGS, min_size=1, max_size=4))
def test_in_whatever_order_prices_come_time_never_goes_back(bitcoin, batches):
    moment = dt.datetime(2026, 11, 20, 9, 0, 3, tzinfo=dt.UTC)
    before = last_price(bitcoin, now=moment)
    for batch in batches:
        moment += SECOND
        result = write(*(price(str(last), at=at) for last, at in batch), now=moment)
        assert result.written + result.late == len(batch)
        after = last_price(bitcoin, now=moment)
        assert (after.last, after.at) in [*batch, *([(before.last, before.at)] if before else [])]
        assert before is None or (after.at or after.heard_at) >= (before.at or before.heard_at)
        before = after
