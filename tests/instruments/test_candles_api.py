"""Candles by API: columns as arrays, paged by time, and nothing read again while nothing has changed."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.doors import access_of
from accounts.models import Membership
from accounts.services.tokens import create_token
from instruments.models import CandleSeries, CorporateAction
from instruments.services.candles import write_candles
from instruments.services.filing import file_month
from kernel import clock
from kernel.bars import Interval
from kernel.tenancy.access import Right
from kernel.tenancy.scope import operator, tenant
from tests.instruments.telling import bars

pytestmark = pytest.mark.django_db
HOUR, DAY = Interval("1h"), Interval("1d")
FIRST = dt.datetime(2026, 10, 30, tzinfo=dt.UTC)


@pytest.fixture
def ask(client, team, alice):
    with tenant(team.pk):
        access = access_of(Membership.objects.get(person=alice))
        _, secret = create_token(
            access=access, name="t", scopes={Right.VIEW}, now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    headers = {"Authorization": f"Bearer {secret.reveal()}"}

    def get(address="/api/v1/candles/", *, etag=None, **query):
        more = {"If-None-Match": etag} if etag else {}
        return client.get(address, query, headers={**headers, **more})

    return get


@pytest.fixture
def told(bitcoin, now):
    rows = bars(FIRST, 100, every=HOUR.length)
    write_candles(bitcoin, HOUR, rows, source="binance", now=now)
    return rows


def test_columns_say_all_of_each_bar(ask, bitcoin, told):
    got = ask(listing=bitcoin.pk, interval="1h", since=FIRST.isoformat(), limit=2)
    assert got.status_code == 200
    body = got.json()
    further = body.pop("next")
    millisecond = int(FIRST.timestamp() * 1000)
    assert body == {
        "listing": str(bitcoin.pk),
        "venue": "binance",
        "symbol": "BTCUSDT",
        "interval": "1h",
        "adjusted": False,
        "start": [millisecond, millisecond + 3_600_000],
        "open": [100.0, 100.0],
        "high": [102.0, 102.0],
        "low": [99.0, 99.0],
        "close": [100.0, 100.125],
        "volume": [10.0, 11.0],
        "known_at": [millisecond + 3_600_000, millisecond + 7_200_000],
        "source": [0, 0],
        "sources": ["binance"],
    }
    assert ask(further).json()["close"] == [one.close for one in told[2:4]]


def test_pages_lead_through_all_of_it_once(ask, bitcoin, told, now):
    file_month(CandleSeries.objects.get(), dt.date(2026, 10, 1), now=now)
    got, closes = (
        ask(venue="binance", symbol="BTCUSDT", interval="1h", since="2026-01-01T00:00:00Z", limit=30).json(),
        [],
    )
    while True:
        closes += got["close"]
        if got["next"] is None:
            break
        got = ask(got["next"]).json()
    assert closes == [one.close for one in told]


def test_without_a_beginning_the_last_bars_are_told(ask, bitcoin, told):
    assert ask(listing=bitcoin.pk, interval="1h", limit=7).json()["close"] == [one.close for one in told[-7:]]
    until = told[50].start.isoformat()
    assert ask(listing=bitcoin.pk, interval="1h", limit=7, until=until).json()["close"] == [
        one.close for one in told[43:50]
    ]


def test_nothing_is_told_again_while_nothing_has_changed(ask, bitcoin, told, now):
    query = {"listing": bitcoin.pk, "interval": "1h", "limit": 5}
    first = ask(**query)
    again = ask(**query, etag=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert ask(**{**query, "limit": 6}, etag=first["ETag"]).status_code == 200
    write_candles(bitcoin, HOUR, [told[-1]._replace(close=1.0)], source="binance", now=now)
    changed = ask(**query, etag=first["ETag"])
    assert (changed.status_code, changed.json()["close"][-1]) == (200, 1.0)
    assert changed["ETag"] != first["ETag"]
    assert ask(**query, as_known_at=(now - dt.timedelta(seconds=1)).isoformat()).json()["close"][-1] == told[-1].close


def test_second_answer_is_bytes_that_are_kept(ask, bitcoin, told):
    query = {"listing": bitcoin.pk, "interval": "1h", "limit": 5}
    ask(**query)
    with CaptureQueriesContext(connection) as questions:
        ask(**query)
    about_bars = [one["sql"] for one in questions if "instruments_candle" in one["sql"]]
    assert len(about_bars) == 1


def test_longer_bars_are_made_when_they_are_not_kept(ask, bitcoin, told):
    got = ask(listing=bitcoin.pk, interval="4h", since=FIRST.isoformat(), limit=2).json()
    assert got["open"] == [100.0, 100.0]
    assert got["close"] == [told[3].close, told[7].close]


def test_adjusted_series_has_the_split_in_it_and_the_raw_one_not(ask, bitcoin, now):
    rows = bars(FIRST, 4, every=DAY.length)
    write_candles(bitcoin, DAY, rows, source="binance", now=now)
    query = {"listing": bitcoin.pk, "interval": "1d", "since": FIRST.isoformat()}
    raw = ask(**query, adjusted="true")
    with operator():
        CorporateAction.objects.create(
            instrument=bitcoin.instrument, kind="split", ex_date=rows[2].start.date(), ratio=4, source="x", known_at=now
        )
    got = ask(**query, adjusted="true", etag=raw["ETag"])
    assert got.json()["open"] == [25.0, 25.0, 100.0, 100.0]
    assert got.json()["volume"] == [40.0, 44.0, 12.0, 13.0]
    assert ask(**query).json()["open"] == [100.0] * 4


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"interval": "7 minutes"}, 400, "an interval looks like 1m"),
        ({"interval": "x" * 10_000}, 400, "20 characters"),
        ({"limit": "0"}, 400, "greater than or equal to 1"),
        ({"limit": "10001"}, 400, "less than or equal to 10000"),
        ({"limit": "many"}, 400, "valid integer"),
        ({"since": "yesterday"}, 400, "Datetime has wrong format"),
        ({"since": "9999-12-31T23:59:59Z"}, 200, ""),
        ({"since": "0001-01-01T00:00:00Z"}, 200, ""),
        ({"until": "0001-01-01T00:00:00Z"}, 200, '"start":[]'),
        ({"as_known_at": "0001-01-01T00:00:00Z"}, 200, '"start":[]'),
        ({"interval": "999w", "limit": "10000"}, 200, '"start":[]'),
        ({"listing": "nobody"}, 400, "valid UUID"),
        ({"listing": "01a1ff2a-1685-7000-b9b6-b5917095d391"}, 404, "There is no listing of this id"),
        ({"listing": None, "venue": "binance"}, 400, "Name a listing by its id, or by venue and symbol"),
        ({"listing": None, "venue": "binance", "symbol": "🚀\u202e"}, 404, "lists nothing by the name"),
        ({"listing": None, "venue": "a\x00b", "symbol": "x"}, 400, "Null characters"),
    ],
    ids=lambda one: str(one)[:60].encode("ascii", "replace").decode(),
)
def test_question_that_cannot_be_answered_is_refused_in_words(ask, bitcoin, told, change, status, words):
    query = {"listing": str(bitcoin.pk), "interval": "1h", **change}
    got = ask(**{name: value for name, value in query.items() if value is not None})
    assert (got.status_code, words in got.content.decode()) == (status, True), got.content[:500]


def test_without_a_listing_the_series_are_told_that_there_are(ask, bitcoin, told):
    [row] = ask().json()["results"]
    assert (row["listing"], row["listing__symbol"], row["interval"], row["count"], row["sources"]) == (
        str(bitcoin.pk),
        "BTCUSDT",
        "1h",
        100,
        ["binance"],
    )


def test_listing_without_bars_tells_none(ask, infosys):
    got = ask(listing=infosys.pk, interval="1h").json()
    assert (got["start"], got["sources"], got["next"]) == ([], [], None)


def test_broken_file_is_said_and_no_shorter_series(ask, bitcoin, told, settings, tmp_path, now):
    settings.CANDLE_STORE = str(tmp_path)
    file = file_month(CandleSeries.objects.get(), dt.date(2026, 10, 1), now=now)
    (tmp_path / file.name).write_bytes(b"x")
    got = ask(listing=bitcoin.pk, interval="1h", since=FIRST.isoformat())
    assert (got.status_code, got.json()["code"]) == (503, "CANDLES_BROKEN")
    assert "is not what was written" in got.json()["detail"]


def test_nothing_is_told_without_a_token(client, bitcoin):
    assert client.get("/api/v1/candles/", {"listing": bitcoin.pk, "interval": "1h"}).status_code == 401
