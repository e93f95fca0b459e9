"""What somebody sees: wanted of the streams for two minutes, and as long as the page says that it is open."""

import datetime as dt

import pytest

from instruments.looks import LASTS, look_at, looked_at
from instruments.wanted import wanted_symbols
from kernel import clock

SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _nothing_is_wanted(settings):
    settings.PRICE_SYMBOLS = {}


def test_look_lasts_two_minutes_and_is_of_one_market(now):
    look_at("binance", "BTCUSDT", now=now)
    look_at("binance", "ETHUSDT", now=now + 30 * SECOND)
    assert looked_at("binance", now=now + LASTS - SECOND) == {"BTCUSDT", "ETHUSDT"}
    assert looked_at("kraken", now=now) == set()
    assert looked_at("binance", now=now + LASTS) == {"ETHUSDT"}
    assert looked_at("binance", now=now + LASTS + 30 * SECOND) == set()


def test_page_that_stays_open_keeps_it_and_one_told_late_ends_nothing(now):
    look_at("binance", "BTCUSDT", now=now + 60 * SECOND)
    look_at("binance", "BTCUSDT", now=now)
    assert looked_at("binance", now=now + LASTS + 59 * SECOND) == {"BTCUSDT"}


def test_what_is_seen_is_wanted_of_the_streams(db):
    look_at("binance", "BTCUSDT", now=clock.now())
    assert wanted_symbols("binance") == {"BTCUSDT"}


def test_without_redis_nobody_looks_and_no_page_fails(now, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    look_at("binance", "BTCUSDT", now=now)
    assert looked_at("binance", now=now) == set()
