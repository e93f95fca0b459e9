"""What anybody may ask of the market: candles that fold into one another, tickers that follow from them, listings."""

import datetime as dt
from itertools import pairwise

import pytest

SYMBOL = "ETHUSDT"
DAY, HOUR = 86_400_000, 3_600_000


def klines(client, interval, **told):
    answer = client.get("klines", symbol=SYMBOL, interval=interval, **told)
    assert answer.status == 200, answer
    return answer.told


def date(at):
    return dt.datetime.fromtimestamp(at / 1000, dt.UTC)


def folded(rows):
    return [rows[0][1], max(rows, key=lambda one: float(one[2]))[2], min(rows, key=lambda one: float(one[3]))[3],
            rows[-1][4]]  # fmt: skip


def test_long_candles_begin_where_they_should(client):
    assert {date(row[0]).weekday() for row in klines(client, "1w", limit=20)} == {0}
    assert {date(row[0]).day for row in klines(client, "1M", limit=20)} == {1}
    assert {row[0] // DAY % 3 for row in klines(client, "3d", limit=20)} == {0}
    for interval in ("1w", "1M", "3d"):
        rows = klines(client, interval, limit=5)
        assert [row[6] + 1 for row in rows[:-1]] == [row[0] for row in rows[1:]], "one ends where the next begins"


@pytest.mark.parametrize(
    ("long", "short", "count"), [("1w", "1d", 7), ("3d", "1d", 3), ("1d", "1h", 24), ("1h", "1m", 60)]
)
def test_candles_fold_into_longer_ones(client, long, short, count):
    one = klines(client, long, limit=4)[1]
    parts = klines(client, short, startTime=one[0], endTime=one[6], limit=1000)
    assert len(parts) == count
    assert folded(parts) == one[1:5]
    assert sum(float(row[5]) for row in parts) == pytest.approx(float(one[5]), rel=1e-6)
    assert all(0 < float(row[9]) < float(row[5]) for row in parts), "buyers took a part of it"


def test_days_of_another_zone_begin_at_its_midnight(client):
    for zone, hours in (("8", 8), ("-1:00", -1), ("05:30", 5.5), ("0", 0)):
        rows = klines(client, "1d", timeZone=zone, limit=4)
        assert {(row[0] + hours * HOUR) % DAY for row in rows} == {0}, zone
    parts = klines(client, "1h", startTime=rows[1][0], endTime=rows[1][6])
    assert folded(parts) == rows[1][1:5]
    assert client.get("klines", symbol=SYMBOL, interval="1d", timeZone="15").told["code"] == -1130


def test_span_is_counted_from_the_right_end(client):
    rows = klines(client, "1m", limit=10)
    assert klines(client, "1m", startTime=rows[2][0], limit=3)[0][0] == rows[2][0]
    assert klines(client, "1m", endTime=rows[7][0], limit=3) == rows[5:8]
    assert klines(client, "1m", startTime=rows[2][0], endTime=rows[4][0]) == rows[2:5]
    assert klines(client, "1m", startTime=rows[2][0] * 1000, limit=1)[0][0] == rows[2][0], "microseconds are times too"
    assert klines(client, "1m", startTime=client.now() + 10**9) == []
    assert len(klines(client, "1h", limit=5000)) == 1000
    assert len(klines(client, "1d", startTime=0, limit=2)) == 2
    assert client.get("klines", symbol=SYMBOL, interval="2m").error == (400, -1120, "Invalid interval.")


def test_running_candle_grows_and_ends_at_the_last_price(client):
    one = klines(client, "1m", limit=1)[0]
    assert float(one[4]) == pytest.approx(client.last(SYMBOL), rel=0.002)


def test_day_ticker_follows_from_the_candles(client):
    told = client.get("ticker/24hr", symbol=SYMBOL).told
    rows = klines(client, "15m", limit=97)
    assert float(told["highPrice"]) <= max(float(row[2]) for row in rows)
    assert float(told["volume"]) == pytest.approx(sum(float(row[5]) for row in rows), rel=0.05)
    assert float(told["priceChange"]) == pytest.approx(float(told["lastPrice"]) - float(told["openPrice"]), abs=0.01)
    assert float(told["weightedAvgPrice"]) == pytest.approx(float(told["quoteVolume"]) / float(told["volume"]))
    assert told["closeTime"] - told["openTime"] == pytest.approx(DAY, abs=100)


def test_windows_roll_and_begin_on_a_minute(client):
    for size, length in (("5m", 300_000), ("2h", 2 * HOUR), ("7d", 7 * DAY)):
        told = client.get("ticker", symbol=SYMBOL, windowSize=size).told
        assert told["openTime"] % 60_000 == client.get("ticker", symbol="BTCUSDT").told["openTime"] % 60_000
        assert 0 <= told["closeTime"] - told["openTime"] - length < 60_000
    for size in ("0m", "60m", "24h", "8d", "1", "h"):
        assert client.get("ticker", symbol=SYMBOL, windowSize=size).status == 400
    assert client.get("ticker").told["code"] == -1102


def test_several_symbols_come_in_a_list_and_one_alone(client):
    two = client.get("ticker/price", symbols='["BTCUSDT","ETHUSDT"]').told
    assert [one["symbol"] for one in two] == ["BTCUSDT", "ETHUSDT"]
    assert isinstance(client.get("ticker/bookTicker").told, list)
    assert isinstance(client.get("ticker/bookTicker", symbol=SYMBOL).told, dict)
    assert client.get("ticker/price", symbol=SYMBOL, symbols='["BTCUSDT"]').told["code"] == -1128
    assert client.get("ticker/price", symbols='["BTCUSDT","BTCUSDT"]').told["code"] == -1151
    assert client.get("ticker/24hr", symbol=SYMBOL, symbolStatus="HALT").told["code"] == -1220


def test_trades_follow_one_another(client):
    trades = client.get("trades", symbol=SYMBOL, limit=50).told
    numbers = [one["id"] for one in trades]
    assert numbers == sorted(set(numbers))
    assert client.get("historicalTrades", symbol=SYMBOL, fromId=numbers[2], limit=2).told[0]["id"] == numbers[2]
    found = client.get("aggTrades", symbol=SYMBOL, limit=1000).told
    assert all(one["l"] < later["f"] for one, later in pairwise(found))


def test_listings_are_told_with_all_kinds_of_filters(client):
    info = client.get("exchangeInfo").told
    kinds = [{one["filterType"] for one in symbol["filters"]} for symbol in info["symbols"]]
    assert all(
        found >= {
            "PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "NOTIONAL", "PERCENT_PRICE_BY_SIDE", "MAX_NUM_ORDERS",
            "MAX_NUM_ALGO_ORDERS", "ICEBERG_PARTS", "TRAILING_DELTA",
        }
        for found in kinds
    )  # fmt: skip
    assert {one["rateLimitType"] for one in info["rateLimits"]} == {"REQUEST_WEIGHT", "ORDERS", "RAW_REQUESTS"}
    assert len(client.get("exchangeInfo", permissions="SPOT").told["symbols"]) == len(info["symbols"])
    assert client.get("exchangeInfo", permissions='["MARGIN","LEVERAGED"]').told["symbols"] == []
    assert client.get("exchangeInfo", permissions="FLYING").told["code"] == -1130
    assert client.get("exchangeInfo", symbol=SYMBOL, permissions="SPOT").told["code"] == -1128
    one = client.get("exchangeInfo", symbols=f'["{SYMBOL}"]', showPermissionSets="false").told["symbols"]
    assert (len(one), one[0]["permissionSets"]) == (1, [])


def test_average_is_near_the_price(client):
    told = client.get("avgPrice", symbol=SYMBOL).told
    assert told["mins"] == 5
    assert float(told["price"]) == pytest.approx(client.last(SYMBOL), rel=0.02)


def test_futures_and_margin_have_nothing(client):
    for path in ("/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo"):
        assert client.ask("GET", path).told["symbols"] == []
    assert client.signed("GET", "/sapi/v1/margin/allPairs").told == []
    assert {one["coin"] for one in client.signed("GET", "/sapi/v1/capital/config/getall").told} >= {"BTC", "USDT"}
