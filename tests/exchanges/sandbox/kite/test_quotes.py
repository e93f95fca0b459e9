"""What the sandbox's Kite tells of its markets."""

import datetime as dt
import gzip

import pytest

from exchanges.sandbox.sessions import Span
from tests.exchanges.sandbox.kite.asking import NOW, Venue


@pytest.fixture
def venue():
    return Venue()


@pytest.fixture
def user(venue):
    return venue.open().log_in()


def candles(user, interval, begin, until, token=408065):
    return user.ask("GET", f"/instruments/historical/{token}/{interval}", {"from": begin, "to": until})["candles"]


def test_quote_agrees_with_the_candles_of_the_day(venue, user):
    quote = user.ask("GET", "/quote", {"i": "NSE:INFY"})["NSE:INFY"]
    before, today = candles(user, "day", "2026-11-19", "2026-11-20")
    assert (before[0], today[0]) == ("2026-11-19T00:00:00+0530", "2026-11-20T00:00:00+0530")
    assert quote["ohlc"]["close"] == before[4]
    assert quote["ohlc"]["open"] == today[1]
    assert quote["ohlc"]["low"] <= quote["last_price"] <= quote["ohlc"]["high"]
    assert quote["lower_circuit_limit"] == pytest.approx(before[4] * 0.8, abs=0.1)
    assert quote["net_change"] == pytest.approx(quote["last_price"] - before[4])
    assert quote["buy_quantity"] >= sum(one["quantity"] for one in quote["depth"]["buy"])


def test_coarse_candles_hold_fine_ones(user):
    fine = candles(user, "minute", "2026-11-19 10:00:00", "2026-11-19 10:14:00")
    (coarse,) = candles(user, "15minute", "2026-11-19 10:00:00", "2026-11-19 10:14:00")
    assert len(fine) == 15
    assert coarse[:5] == [fine[0][0], fine[0][1], max(one[2] for one in fine), min(one[3] for one in fine), fine[-1][4]]
    assert abs(coarse[5] - sum(one[5] for one in fine)) <= 15


@pytest.mark.parametrize(
    ("interval", "count"),
    [
        ("minute", 60),
        ("3minute", 20),
        ("5minute", 12),
        ("10minute", 6),
        ("15minute", 4),
        ("30minute", 2),
        ("60minute", 1),
    ],
)
def test_every_interval_has_its_candles(user, interval, count):
    assert len(candles(user, interval, "2026-11-19 10:00:00", "2026-11-19 10:59:00")) == count


def test_price_is_one_at_both_exchanges_and_the_crowds_differ(user):
    told = user.ask("GET", "/quote", {"i": ["NSE:SBIN", "BSE:SBIN"]})
    nse, bse = told["NSE:SBIN"], told["BSE:SBIN"]
    assert nse["ohlc"]["close"] == bse["ohlc"]["close"]
    assert nse["last_price"] == pytest.approx(bse["last_price"], rel=0.002)
    assert nse["depth"] != bse["depth"]


def test_index_is_quoted_and_has_no_depth(user):
    told = user.ask("GET", "/quote", {"i": "NSE:NIFTY 50"})["NSE:NIFTY 50"]
    assert set(told) == {"instrument_token", "timestamp", "last_price", "net_change", "ohlc"}
    assert candles(user, "day", "2026-11-19", "2026-11-19", token=256265)[0][5] == 0


def test_instruments_are_packed_for_whom_takes_them_so(venue):
    plain = venue.send("GET", "/instruments/NSE")
    packed = venue.send("GET", "/instruments/NSE", headers={"accept-encoding": "gzip, deflate"})
    assert dict(packed.headers) == {"content-encoding": "gzip"}
    assert gzip.decompress(packed.body) == plain.body
    assert plain.body.count(b"(SYNTHETIC)") == plain.body.count(b"\n") - 1 == 16


class Weekdays:
    offset = 19_800_000

    def span(self, day):
        if (day + 3) % 7 >= 5:
            return None
        midnight = day * 86_400_000 - self.offset
        return Span(midnight + 33_300_000, midnight + 55_800_000)


def test_shut_market_tells_the_last_day_it_was_open():
    sunday = int(dt.datetime(2026, 11, 22, 6, 0, tzinfo=dt.UTC).timestamp() * 1000)
    venue = Venue(at=sunday, sessions=Weekdays())
    user = venue.open().log_in()
    days = candles(user, "day", "2026-11-16", "2026-11-22")
    assert [one[0][8:10] for one in days] == ["16", "17", "18", "19", "20"]
    quote = user.ask("GET", "/quote", {"i": "NSE:INFY"})["NSE:INFY"]
    assert (quote["ohlc"]["open"], quote["ohlc"]["close"]) == (days[-1][1], days[-2][4])
    assert quote["last_price"] == pytest.approx(days[-1][4], abs=0.1)
    minutes = candles(user, "minute", "2026-11-20 09:00:00", "2026-11-20 16:00:00")
    assert (len(minutes), minutes[0][0][11:16], minutes[-1][0][11:16]) == (375, "09:15", "15:29")
    assert sunday > NOW
