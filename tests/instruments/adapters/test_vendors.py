"""Each vendor's answers as its reference describes them, from a server on loopback. The payloads are of our own making:
Yahoo's chart service (no reference; form of 2026-11), https://www.alphavantage.co/documentation/,
https://docs.coingecko.com/reference/coins-id-ohlc and /simple-price, https://frankfurter.dev, all read 2026-11.
"""

import datetime as dt
import json
import time
from decimal import Decimal

import pytest
import time_machine

from instruments.adapters.alpha_vantage import AlphaVantage
from instruments.adapters.coingecko import CoinGecko
from instruments.adapters.frankfurter import Frankfurter
from instruments.adapters.yahoo import Yahoo
from instruments.domain.candles import Candle
from instruments.domain.prices import Price
from instruments.sources import Rate, SourceBusy, SourceFailure, SourceRefused, SourceSilent
from tests.venue_contract.replay import Reply, closed_port, serving

UTC = dt.UTC
D = Decimal
SINCE, UNTIL = dt.datetime(2024, 6, 6, tzinfo=UTC), dt.datetime(2024, 6, 12, tzinfo=UTC)
KEY = "K3yThatMustNotBeSeen"


@pytest.fixture
def vendor():
    with serving() as replay:
        yield replay


def told(body, status=200, **headers) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def stamp(*moment) -> int:
    return int(dt.datetime(*moment, tzinfo=UTC).timestamp())


#: A share split ten for one on Monday 2024-06-10: figures before it come divided by ten.
YAHOO_DAILY = {
    "chart": {
        "result": [
            {
                "meta": {
                    "symbol": "X",
                    "exchangeTimezoneName": "America/New_York",
                    "regularMarketPrice": 121.79,
                    "regularMarketTime": stamp(2024, 6, 10, 20),
                },
                "timestamp": [
                    stamp(2024, 6, 6, 13, 30),
                    stamp(2024, 6, 7, 13, 30),
                    stamp(2024, 6, 10, 13, 30),
                    stamp(2024, 6, 11, 13, 30),
                ],
                "events": {
                    "splits": {
                        "1718026200": {
                            "date": stamp(2024, 6, 10, 13, 30),
                            "numerator": 10.0,
                            "denominator": 1.0,
                            "splitRatio": "10:1",
                        }
                    }
                },
                "indicators": {
                    "quote": [
                        {
                            "open": [124.0, 119.8, 120.4, None],
                            "high": [125.6, 121.7, 123.1, None],
                            "low": [118.3, 118.0, 117.0, None],
                            "close": [121.0, 120.9, 121.8, None],
                            "volume": [6640, 4120, 308, None],
                        }
                    ]
                },
            }
        ],
        "error": None,
    }
}


def test_yahoo_tells_days_by_their_session_and_as_they_were_traded(vendor):
    vendor.answer(told(YAHOO_DAILY))
    found = Yahoo(address=vendor.address).candles("X Y", "1d", SINCE, UNTIL)
    assert found == [
        Candle(dt.datetime(2024, 6, 6, tzinfo=UTC), 1240.0, 1256.0, 1183.0, 1210.0, 664.0),
        Candle(dt.datetime(2024, 6, 7, tzinfo=UTC), 1198.0, 1217.0, 1180.0, 1209.0, 412.0),
        Candle(dt.datetime(2024, 6, 10, tzinfo=UTC), 120.4, 123.1, 117.0, 121.8, 308.0),
    ]
    [request] = vendor.requests
    assert (request.path, request.query["interval"], request.query["period1"]) == (
        "/v8/finance/chart/X%20Y",
        "1d",
        str(int(SINCE.timestamp())),
    )


def test_yahoo_tells_hours_in_utc(vendor):
    vendor.answer(told(YAHOO_DAILY))
    found = Yahoo(address=vendor.address).candles("X", "1h", SINCE, dt.datetime(2024, 6, 7, tzinfo=UTC))
    assert [(one.start, one.close) for one in found] == [(dt.datetime(2024, 6, 6, 13, 30, tzinfo=UTC), 121.0)]
    assert vendor.requests[0].query["interval"] == "60m"


def test_yahoo_tells_a_price_with_its_own_time(vendor):
    meta = {"currency": "USD", "regularMarketPrice": 121.79, "regularMarketTime": 1718049600}
    rows = [{"symbol": name, "response": [{"meta": {**meta, "symbol": name}}]} for name in ("EURUSD=X", "X")]
    vendor.answer(told({"spark": {"result": rows, "error": None}}))
    at = dt.datetime(2024, 6, 10, 20, tzinfo=UTC)
    assert Yahoo(address=vendor.address).prices(["X", "GONE", "EURUSD=X"]) == [
        Price("X", D("121.79"), None, None, at),
        Price("EURUSD=X", D("121.79"), None, None, at),
    ]
    [request] = vendor.requests
    wanted = {"symbols": "X,GONE,EURUSD=X", "range": "1d", "interval": "1d"}
    assert (request.path, request.query) == ("/v7/finance/spark", wanted)


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ({"spark": {"result": None, "error": {"code": "Bad Request"}}}, SourceRefused),
        ({"spark": {"result": [{"symbol": "X", "response": []}], "error": None}}, SourceFailure),
        ({"chart": {}}, SourceFailure),
        ([], SourceFailure),
    ],
    ids=str,
)
def test_yahoo_that_tells_no_prices_is_understood(vendor, body, failure):
    vendor.answer(told(body))
    with pytest.raises(failure) as caught:
        Yahoo(address=vendor.address).prices(["X"])
    assert type(caught.value) is failure


def test_yahoo_names_an_unknown_symbol(vendor):
    vendor.answer(told({"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}))
    with pytest.raises(SourceRefused, match="Not Found"):
        Yahoo(address=vendor.address).candles("X", "1d", SINCE, UNTIL)


ALPHA_DAILY = {
    "Meta Data": {"1. Information": "Daily Prices", "2. Symbol": "IBM", "5. Time Zone": "US/Eastern"},
    "Time Series (Daily)": {
        "2024-06-07": {
            "1. open": "168.18",
            "2. high": "171.31",
            "3. low": "168.06",
            "4. close": "170.01",
            "5. volume": "3475495",
        },
        "2024-06-06": {
            "1. open": "167.38",
            "2. high": "168.44",
            "3. low": "166.80",
            "4. close": "168.20",
            "5. volume": "2207263",
        },
        "2024-01-02": {"1. open": "1", "2. high": "1", "3. low": "1", "4. close": "1", "5. volume": "1"},
    },
}


def test_alpha_vantage_tells_days_oldest_first(vendor):
    vendor.answer(told(ALPHA_DAILY))
    found = AlphaVantage(key=KEY, address=vendor.address).candles("IBM", "1d", SINCE, UNTIL)
    assert found == [
        Candle(dt.datetime(2024, 6, 6, tzinfo=UTC), 167.38, 168.44, 166.8, 168.2, 2207263.0),
        Candle(dt.datetime(2024, 6, 7, tzinfo=UTC), 168.18, 171.31, 168.06, 170.01, 3475495.0),
    ]
    assert vendor.requests[0].query == {
        "function": "TIME_SERIES_DAILY",
        "symbol": "IBM",
        "outputsize": "full",
        "datatype": "json",
        "apikey": KEY,
    }


def test_alpha_vantage_tells_hours_of_new_york_in_utc(vendor):
    row = ALPHA_DAILY["Time Series (Daily)"]["2024-06-07"]
    vendor.answer(
        told({"Meta Data": {"6. Time Zone": "US/Eastern"}, "Time Series (60min)": {"2024-06-07 10:00:00": row}})
    )
    [one] = AlphaVantage(key=KEY, address=vendor.address).candles("IBM", "1h", SINCE, UNTIL)
    assert one.start == dt.datetime(2024, 6, 7, 14, tzinfo=UTC)
    assert (vendor.requests[0].query["month"], vendor.requests[0].query["adjusted"]) == ("2024-06", "false")


def test_alpha_vantage_tells_currencies_by_the_day_without_volume(vendor):
    row = {
        name: value for name, value in ALPHA_DAILY["Time Series (Daily)"]["2024-06-07"].items() if "volume" not in name
    }
    vendor.answer(told({"Meta Data": {"6. Time Zone": "UTC"}, "Time Series FX (Daily)": {"2024-06-07": row}}))
    [one] = AlphaVantage(key=KEY, address=vendor.address).candles("EUR/USD", "1d", SINCE, UNTIL)
    assert (one.start, one.volume) == (dt.datetime(2024, 6, 7, tzinfo=UTC), 0.0)
    assert vendor.requests[0].query["function"] == "FX_DAILY"


def test_alpha_vantage_tells_a_rate(vendor):
    body = {
        "Realtime Currency Exchange Rate": {
            "5. Exchange Rate": "83.50120000",
            "6. Last Refreshed": "2024-06-07 12:00:00",
        }
    }
    vendor.answer(told(body))
    assert AlphaVantage(key=KEY, address=vendor.address).rates("USD", ["INR"]) == [
        Rate("USD", "INR", D("83.50120000"), dt.date(2024, 6, 7), "alpha_vantage")
    ]


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ({"Information": "rate limit is 25 requests per day"}, SourceBusy),
        ({"Note": "Thank you for using"}, SourceBusy),
        ({"Error Message": "Invalid API call"}, SourceRefused),
        ({"Meta Data": {}}, SourceFailure),
        ([], SourceFailure),
        ({**ALPHA_DAILY, "Time Series (Daily)": {"2024-06-07": {"1. open": "n/a"}}}, SourceFailure),
    ],
    ids=str,
)
def test_alpha_vantage_says_everything_with_status_200_and_is_understood(vendor, body, failure):
    vendor.answer(told(body))
    with pytest.raises(failure) as caught:
        AlphaVantage(key=KEY, address=vendor.address).candles("IBM", "1d", SINCE, UNTIL)
    assert type(caught.value) is failure
    assert KEY not in str(caught.value)


def test_alpha_vantage_without_a_key_is_not_asked(vendor):
    vendor.answer(told(ALPHA_DAILY))
    with pytest.raises(SourceRefused, match="the operator sets ALPHA_VANTAGE_KEY"):
        AlphaVantage(key="", address=vendor.address).candles("IBM", "1d", SINCE, UNTIL)
    assert vendor.requests == []


@time_machine.travel(dt.datetime(2024, 6, 10, 12, 10, tzinfo=UTC), tick=False)
def test_coingecko_names_bars_by_their_close_and_we_by_their_start(vendor):
    rows = [
        [stamp(2024, 6, 10, 8) * 1000, 69000, 69500, 68900, 69400.5],
        [stamp(2024, 6, 10, 12) * 1000, 69400, 69900, 69300, 69800],
    ]
    vendor.answer(told([*rows, [stamp(2024, 6, 10, 12, 7) * 1000, 1, 1, 1, 1]]))
    found = CoinGecko(key=KEY, address=vendor.address).candles("bitcoin/usd", "4h", SINCE, UNTIL)
    assert found == [
        Candle(dt.datetime(2024, 6, 10, 4, tzinfo=UTC), 69000.0, 69500.0, 68900.0, 69400.5, 0.0),
        Candle(dt.datetime(2024, 6, 10, 8, tzinfo=UTC), 69400.0, 69900.0, 69300.0, 69800.0, 0.0),
    ]
    [request] = vendor.requests
    assert (request.path, request.query) == ("/api/v3/coins/bitcoin/ohlc", {"vs_currency": "usd", "days": "30"})
    assert request.headers["x-cg-demo-api-key"] == KEY


def test_coingecko_tells_prices_of_many_at_once(vendor):
    at = dt.datetime(2024, 6, 10, 12, tzinfo=UTC)
    vendor.answer(told({"bitcoin": {"usd": 69432.1, "last_updated_at": int(at.timestamp())}}))
    # Of what it does not know it says nothing.
    assert CoinGecko(address=vendor.address).prices(["bitcoin/usd", "nocoin/usd", "bitcoin/xyz"]) == [
        Price("bitcoin/usd", D("69432.1"), None, None, at)
    ]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "../../x/usd", "bitcoin/us d", "bitcoin/"])
def test_coingecko_takes_a_coin_and_a_currency_alone(vendor, symbol):
    with pytest.raises(SourceRefused, match="bitcoin/usd"):
        CoinGecko(address=vendor.address).candles(symbol, "4h", SINCE, UNTIL)


def test_frankfurter_tells_the_rates_of_a_day_and_no_bars(vendor):
    vendor.answer(told({"amount": 1.0, "base": "EUR", "date": "2024-06-07", "rates": {"INR": 90.94, "USD": 1.0898}}))
    source = Frankfurter(address=vendor.address)
    day = dt.date(2024, 6, 7)
    assert source.rates("EUR", ["USD", "INR"]) == [
        Rate("EUR", "USD", D("1.0898"), day, "frankfurter"),
        Rate("EUR", "INR", D("90.94"), day, "frankfurter"),
    ]
    assert source.intervals == frozenset()
    with pytest.raises(SourceRefused):
        source.candles("EUR/USD", "1d", SINCE, UNTIL)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(manner="reset"), SourceSilent),
        (Reply(manner="cut"), SourceSilent),
        (Reply(500, b"{}"), SourceSilent),
        (Reply(302, b"", {"Location": "http://169.254.169.254/"}), SourceSilent),
        (Reply(429, b"{}", {"Retry-After": "17"}), SourceBusy),
        (Reply(401, b"{}"), SourceRefused),
        (Reply(404, b"{}"), SourceRefused),
        (Reply(200, b"<html>"), SourceFailure),
        (Reply(200, b'{"chart": NaN}'), SourceFailure),
        (Reply(200, b"[]"), SourceFailure),
        (Reply(200, b"\xff\xfe"), SourceFailure),
    ],
    ids=lambda one: (
        getattr(one, "manner", "") + str(getattr(one, "status", "")) if isinstance(one, Reply) else one.__name__
    ),
)
def test_answer_that_is_none_fails_in_one_of_our_words(vendor, reply, failure):
    vendor.answer(reply)
    with pytest.raises(failure) as caught:
        Yahoo(address=vendor.address).candles("X", "1d", SINCE, UNTIL)
    assert type(caught.value) is failure
    assert len(vendor.requests) == 1
    if failure is SourceBusy:
        assert caught.value.wait == 17


def test_silent_vendor_is_left_within_the_patience_of_a_failover(vendor):
    vendor.answer(Reply(manner="silent"))
    began = time.monotonic()
    with pytest.raises(SourceSilent, match="gave no whole answer within 3 s"):
        Yahoo(address=vendor.address).candles("X", "1d", SINCE, UNTIL)
    assert time.monotonic() - began < 4.5


def test_vendor_that_is_not_there_is_silent():
    with pytest.raises(SourceSilent, match="was not reached"):
        Yahoo(address=closed_port()).candles("X", "1d", SINCE, UNTIL)
