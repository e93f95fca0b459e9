"""Books in: the one told last, whole and exact, with its age."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instruments.domain.books import MOST_LEVELS, Depth, Level
from instruments.models import OrderBook
from instruments.selectors import book_of, listing_of
from instruments.services.books import BooksWritten, write_books
from instruments.services.catalogue import refresh_listings
from tests.instruments.telling import share, spot

D = Decimal
SECOND = dt.timedelta(seconds=1)


def levels(*told):
    return tuple(Level(D(price), D(quantity)) for price, quantity in told)


def depth(bids=(("99", "1"),), asks=(("100", "2"),), *, symbol="BTCUSDT", at=None, segment=None):
    return Depth(symbol, levels(*bids), levels(*asks), at, segment)


def write(*books, now, venue="binance"):
    return write_books(venue=venue, books=books, now=now)


def test_book_comes_out_to_the_last_digit_with_its_age_and_spread(bitcoin, now):
    tiny = "0.000000000000000003"
    assert write(depth([("99.1", tiny), ("99", "5")], [("100", "7")], at=now - SECOND), now=now) == BooksWritten(1)
    seen = book_of(bitcoin, now=now + 2 * SECOND)
    assert seen.bids == levels(("99.1", tiny), ("99", "5"))
    assert (seen.spread, seen.age, seen.source) == (D("0.9"), 3 * SECOND, "binance")


def test_the_book_told_last_takes_the_place_of_the_one_before(bitcoin, now):
    write(depth([("99", "1"), ("98", "1")]), now=now)
    write(depth([], [("101", "3")]), now=now + SECOND)
    seen = book_of(bitcoin, now=now + SECOND)
    assert (seen.bids, seen.asks, seen.spread, seen.heard_at) == ((), levels(("101", "3")), None, now + SECOND)
    assert OrderBook.objects.count() == 1


def test_where_none_was_heard_there_is_none(bitcoin, now):
    assert book_of(bitcoin, now=now) is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (depth([("100", "1")], [("100", "1")]), "its best bid 100 is not under its best ask 100"),
        (depth([("98", "1"), ("99", "1")]), "its bids do not stand from the best on, each price once"),
        (depth(asks=[("101", "1"), ("100", "1")]), "its asks do not stand from the best on, each price once"),
        (depth([("99", "1"), ("99", "2")]), "its bids do not stand from the best on, each price once"),
        (depth([("99", "0")]), "bid 1 offers 0 at 99"),
        (depth([("-1", "1")]), "bid 1 offers 1 at -1"),
        (depth(asks=[("100", "0.0000000000000000001")]), "ask 1: "),
        (depth(at=dt.datetime(2026, 1, 1)), "has no time zone"),
    ],
)
def test_book_that_cannot_be_is_refused_in_words_and_holds_back_no_other(bitcoin, now, told, words):
    refresh_listings(venue="binance", listings=[spot(), spot(base="ETH")], now=now)
    done = write(told, depth(symbol="ETHUSDT"), now=now)
    [(symbol, reason)] = done.refused
    assert (symbol, done.written, book_of(bitcoin, now=now)) == ("BTCUSDT", 1, None)
    assert words in reason


def test_time_ahead_of_ours_is_refused(bitcoin, now):
    [(_, reason)] = write(depth(at=now + dt.timedelta(minutes=2)), now=now).refused
    assert "ahead of ours" in reason


def test_more_levels_than_anybody_looks_at_are_left_out(bitcoin, now):
    many = [(str(1000 - number), "1") for number in range(MOST_LEVELS + 5)]
    write(depth(many, []), now=now)
    assert book_of(bitcoin, now=now).bids == levels(*many[:MOST_LEVELS])


def test_symbol_of_nobody_and_of_two_segments_is_named(infosys, now):
    refresh_listings(venue="zerodha", listings=[share(), share(segment="other", symbol="NSE:INFY")], now=now)
    told = [depth(symbol="NSE:INFY"), depth(symbol="NOPE"), depth(symbol="NSE:INFY", segment="other")]
    assert write(*told, now=now, venue="zerodha") == BooksWritten(written=1, unknown=("NOPE", "NSE:INFY"))
    assert book_of(listing_of("zerodha", "NSE:INFY", "other"), now=now) is not None


def test_many_books_cost_as_many_queries_as_one(bitcoin, now):
    refresh_listings(venue="binance", listings=[spot(), spot(base="ETH"), spot(base="SOL")], now=now)
    counts = []
    for symbols in (["BTCUSDT"], ["BTCUSDT", "ETHUSDT", "SOLUSDT"]):
        with CaptureQueriesContext(connection) as queries:
            write(*(depth(symbol=one) for one in symbols), now=now)
        counts.append(len(queries))
    assert counts[0] == counts[1]
