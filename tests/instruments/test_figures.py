"""The daily figures of listings: of daily bars, or of shorter ones that make whole days; and of the last price."""

import datetime as dt
from decimal import Decimal

import pytest

from instruments.domain.candles import Candle
from instruments.domain.prices import Price
from instruments.models import CandleRow, CandleSeries, ListingFigures
from instruments.services.candles import write_candles
from instruments.services.figures import reckon_figures
from instruments.services.filing import file_month
from instruments.services.prices import write_prices
from instruments.tasks import reckon_figures_of
from kernel.bars import Interval
from tests.instruments.telling import bars

D = Decimal
DAY, HOUR, MINUTE = map(Interval, ("1d", "1h", "1m"))


@pytest.fixture
def midnight(now):
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def figures(now):
    reckon_figures(now=now)
    return ListingFigures.objects.get()


def test_figures_are_of_the_days_that_are_over(bitcoin, midnight, now):
    days = [
        Candle(midnight - DAY.length * (20 - number), 100.0, 102.0, 99.0, 100.0 + number % 2, 10.0 + number)
        for number in range(20)
    ]
    write_candles(bitcoin, DAY, days, source="binance", now=now)
    found = figures(now)
    assert found.turnover == pytest.approx(29 * (102 + 99 + 101) / 3)
    assert found.volatility == pytest.approx(0.01021, abs=1e-4)
    assert (found.price, found.spread, found.trades_since) == (D(101), None, days[0].start.date())


def test_days_are_made_of_hours_where_all_of_them_are_there(bitcoin, midnight, now):
    begin = midnight - DAY.length * 3
    hours = bars(begin, 24, every=HOUR.length) + bars(begin + DAY.length, 23, every=HOUR.length)
    write_candles(bitcoin, HOUR, hours, source="binance", now=now)
    found = figures(now)
    whole = hours[:24]
    volume = sum(one.volume for one in whole)
    assert found.turnover == pytest.approx(volume * (102 + 99 + whole[-1].close) / 3)
    assert (found.price, found.volatility) == (D(repr(whole[-1].close)), None)


def test_first_bar_is_known_though_its_month_lies_in_a_file_or_it_is_of_minutes(
    bitcoin, midnight, now, settings, tmp_path
):
    settings.CANDLE_STORE = str(tmp_path)
    months_ago = midnight - DAY.length * 150
    write_candles(bitcoin, DAY, bars(months_ago, 150, every=DAY.length), source="binance", now=now)
    file_month(CandleSeries.objects.get(), months_ago.date().replace(day=1), now=now)
    assert not CandleRow.objects.filter(start__lt=months_ago + DAY.length).exists()
    assert figures(now).trades_since == months_ago.date()
    write_candles(bitcoin, MINUTE, bars(months_ago - DAY.length, 5, every=MINUTE.length), source="binance", now=now)
    assert figures(now).trades_since == (months_ago - DAY.length).date()


def test_figures_of_one_listing_are_reckoned_when_its_bars_came(bitcoin, midnight, now):
    write_candles(bitcoin, DAY, bars(midnight - DAY.length * 20, 20, every=DAY.length), source="binance", now=now)
    reckon_figures_of(str(bitcoin.pk))
    assert ListingFigures.objects.get().trades_since == (midnight - DAY.length * 20).date()


def test_last_price_goes_before_the_last_close_and_tells_the_spread_while_it_is_new(bitcoin, now):
    told = Price("BTCUSDT", D("100"), D("99"), D("101"), now - dt.timedelta(hours=1))
    write_prices(venue="binance", prices=[told], now=now)
    found = figures(now)
    assert (found.price, found.spread, found.turnover) == (D("100"), pytest.approx(0.02), None)
    assert figures(now + dt.timedelta(days=2)).spread is None
