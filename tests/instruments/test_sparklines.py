"""The line beside each row of Markets and of a watchlist: of the bars that are kept, by one question a page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instruments.models import Listing
from instruments.services.candles import write_candles
from instruments.services.watchlists import make_watchlist, watch_instrument
from instruments.sparklines import sparks_of
from kernel import clock
from kernel.bars import Interval
from kernel.tenancy.scope import tenant
from tests.instruments.telling import bars
from tests.instruments.test_pages import go as go
from tests.instruments.test_pages import pairs as pairs
from tests.instruments.test_pages import words

DAY, HOUR = Interval("1d"), Interval("1h")


def listing_of(symbol):
    return Listing.objects.get(symbol=symbol)


@pytest.fixture
def keep(pairs, now):
    """Puts daily bars of a symbol up to yesterday; closes climb by an eighth each, from the price."""

    def write(symbol, count=40, *, interval=DAY, price=100.0, until=None):
        end = until or now.replace(hour=0, minute=0, second=0, microsecond=0)
        first = end - interval.length * count
        told = bars(first, count, every=interval.length, price=price)
        write_candles(listing_of(symbol), interval, told, source="binance", now=now)
        return told

    return write


def test_line_spans_the_last_thirty_days(keep):
    told = keep("BTCUSDT")
    [spark] = sparks_of([listing_of("BTCUSDT").pk], now=clock.now()).values()
    assert spark.days == 30
    assert spark.change == pytest.approx(told[-1].close / told[-31].close - 1)
    assert spark.until == told[-1].start
    assert len(spark.points.split()) == 31


def test_hours_give_one_close_a_day(keep):
    told = keep("BTCUSDT", 100, interval=HOUR)
    [spark] = sparks_of([listing_of("BTCUSDT").pk], now=clock.now()).values()
    by_day = {one.start.date(): one.close for one in told}
    assert len(spark.points.split()) == len(by_day)
    assert spark.change == pytest.approx(told[-1].close / by_day[told[0].start.date()] - 1)


def test_days_are_taken_before_hours(keep):
    keep("BTCUSDT", 5, interval=HOUR, price=7.0)
    told = keep("BTCUSDT", 10)
    assert sparks_of([listing_of("BTCUSDT").pk], now=clock.now())[listing_of("BTCUSDT").pk].until == told[-1].start


def test_correction_is_drawn_and_not_what_stood_before(keep, now):
    told = keep("BTCUSDT")
    listing = listing_of("BTCUSDT")
    last = told[-1]._replace(close=101.9, high=110.0)
    write_candles(listing, DAY, [last], source="binance", now=now)
    assert sparks_of([listing.pk], now=clock.now())[listing.pk].change == pytest.approx(101.9 / told[-31].close - 1)


def test_bars_of_long_ago_are_told_with_their_own_date(keep, now):
    keep("BTCUSDT", until=now.replace(year=2022, hour=0, minute=0, second=0, microsecond=0))
    assert "2022" in sparks_of([listing_of("BTCUSDT").pk], now=clock.now())[listing_of("BTCUSDT").pk].words


def test_markets_draw_a_line_where_there_are_bars_and_a_dash_where_there_are_none(go, keep):
    keep("BTCUSDT")
    answer = go("markets")
    page = answer.content.decode()
    assert page.count('<svg class="sparkline') == 1
    spark = sparks_of([listing_of("BTCUSDT").pk], now=clock.now())[listing_of("BTCUSDT").pk]
    assert f'aria-label="{spark.words}"' in page
    assert spark.words.startswith("+")
    assert words(answer).count("No bars to draw") == 3
    assert "style=" not in page


def test_watchlist_draws_the_same_line(go, keep, team, alice):
    from accounts.doors import access_of  # noqa: PLC0415 - beside its one use
    from accounts.models import Membership  # noqa: PLC0415

    keep("BTCUSDT")
    with tenant(team.pk):
        access = access_of(Membership.objects.get(person=alice))
        made = make_watchlist(access=access, name="Coins", now=clock.now())
        for symbol in ("BTCUSDT", "ETHUSDT"):
            watch_instrument(access=access, watchlist=made, instrument=listing_of(symbol).instrument, now=clock.now())
    answer = go("watchlist", made.pk)
    assert answer.content.decode().count('<svg class="sparkline') == 1
    assert words(answer).count("No bars to draw") == 1


def test_one_question_whether_one_row_has_bars_or_three(go, keep):
    counts = []
    for symbols in (["BTCUSDT"], ["ETHUSDT", "SOLUSDT"]):
        for symbol in symbols:
            keep(symbol)
        go("markets")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            go("markets")
        counts.append(len(asked))
        assert sum("instruments_candle " in one["sql"] for one in asked) == 1
    assert counts[0] == counts[1]


def test_nothing_is_asked_for_no_rows(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert sparks_of([], now=clock.now()) == {}
