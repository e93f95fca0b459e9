"""How far the kept bars are to be trusted, by the API: scores by day, findings with their reason, in pages."""

import datetime as dt

import pytest

from instruments.models import CheckedSeries, QualityFinding, QualityScore
from instruments.services.catalogue import refresh_listings
from instruments.services.quality import check_series
from kernel.ids import new_id
from kernel.tenancy.scope import operator
from tests.instruments.telling import spot
from tests.instruments.test_api import token_of
from tests.instruments.test_quality import BAD, HOUR, hours
from tests.instruments.test_quality import first as first
from tests.instruments.test_quality import series as series
from tests.instruments.test_quality import told as told

ROUTES = ["quality", "quality/scores", "quality/findings"]


@pytest.fixture
def ask(client, team, alice, series):
    headers = token_of(team, alice)

    def call(path, **query):
        return client.get(path if path.startswith("http") else f"/api/v1/{path}", query, headers=headers)

    return call


@pytest.fixture
def other(series, now):
    """A second series, with 120 findings of its own."""
    refresh_listings(venue="kraken", listings=[spot("ETH")], now=now)
    with operator():
        from instruments.models import Listing  # noqa: PLC0415 - beside its one use

        listing = Listing.objects.get(venue="kraken")
        looked = {"checked_at": now, "first_start": now, "last_start": now, "bars": 9, "score": 12.5}
        made = CheckedSeries.objects.create(listing=listing, interval="1d", **looked)
        days = [now - dt.timedelta(days=number) for number in range(120)]
        QualityFinding.objects.bulk_create(
            QualityFinding(series=made, kind="gap", severity="look", start=day, end=day, rows=0, detail="A day lacks")
            for day in days
        )
        QualityScore.objects.bulk_create(QualityScore(series=made, day=day.date(), score=12.5) for day in days)
    return made


def all_pages(ask, path, **query):
    found, answer = [], ask(path, limit=50, **query).json()
    while True:
        found += answer["results"]
        if answer["next"] is None:
            return found
        answer = ask(answer["next"]).json()


def test_series_are_told_with_score_and_whose_they_are(ask, series, bitcoin, other):
    rows = {one["id"]: one for one in ask("quality").json()["results"]}
    row = rows[str(series.pk)]
    assert {name: row[name] for name in ("venue", "symbol", "interval", "errors", "bars")} == {
        "venue": "binance",
        "symbol": "BTCUSDT",
        "interval": "1h",
        "errors": 1,
        "bars": 400,
    }
    assert (row["instrument"], row["listing"]) == (str(bitcoin.instrument_id), str(bitcoin.pk))
    assert [one["id"] for one in ask("quality", score_most=50).json()["results"]] == [str(other.pk)]


def test_finding_is_told_with_kind_severity_rows_and_reason(ask, series, told):
    [finding] = ask("quality/findings", severity="error").json()["results"]
    kept = QualityFinding.objects.get(severity="error")
    assert (finding["kind"], finding["rows"], finding["detail"]) == ("bad_tick", 1, kept.detail)
    assert finding["start"] == told[BAD].start.isoformat().replace("+00:00", "Z")
    assert (finding["series"], finding["symbol"]) == (str(series.pk), "BTCUSDT")


def test_scores_are_told_by_day(ask, series, told):
    rows = ask("quality/scores", series=series.pk, limit=200).json()["results"]
    days = [one["day"] for one in rows]
    assert days == sorted(days, reverse=True)
    bad = told[BAD].start.date().isoformat()
    assert {one["day"]: one["score"] for one in rows}[bad] == 40
    assert [one["day"] for one in ask("quality/scores", score_most=50).json()["results"]] == [bad]
    assert [one["day"] for one in ask("quality/scores", since=bad, until=bad).json()["results"]] == [bad]


@pytest.mark.parametrize("path", ["quality/scores", "quality/findings"])
@pytest.mark.parametrize("by_series", [True, False])
def test_every_row_is_on_one_page(ask, other, path, by_series):
    rows = all_pages(ask, path, **({"series": other.pk} if by_series else {}))
    assert len({one["id"] for one in rows}) == len(rows)
    assert len([one for one in rows if one["series"] == str(other.pk)]) == 120


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("name", "value"),
    [("venue", "kraken"), ("symbol", "ETHUSDT"), ("interval", "1d")],
)
def test_filter_leaves_the_others_out(ask, other, path, name, value):
    rows = ask(path, **{name: value}).json()["results"]
    assert {one[name] for one in rows} == {value}


@pytest.mark.parametrize("path", ROUTES)
def test_unknown_id_finds_nothing(ask, path):
    assert ask(path, listing=new_id()).json()["results"] == []
    assert ask(path, instrument=new_id()).json()["results"] == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("quality", {"score_most": "bad"}),
        ("quality", {"interval": "1 moon"}),
        ("quality", {"venue": "x" * 10_000}),
        ("quality/scores", {"since": "yesterday"}),
        ("quality/scores", {"series": "1"}),
        ("quality/findings", {"kind": "moon"}),
        ("quality/findings", {"severity": "\u202eerror"}),
        ("quality/findings", {"until": "99999-01-01"}),
    ],
)
def test_bad_filter_is_a_problem_that_names_it(ask, path, query):
    answer = ask(path, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert set(answer.json()["fields"]) == set(query)


@pytest.mark.parametrize("path", ROUTES)
def test_strange_cursor_is_a_problem(ask, path):
    assert ask(path, cursor="nonsense").status_code == 400


@pytest.mark.parametrize("path", ROUTES)
def test_nobody_without_a_token_is_told(client, path, series):
    assert client.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.parametrize("path", ROUTES)
def test_page_takes_as_many_questions_for_one_series_as_for_two(
    ask, path, bitcoin, now, django_assert_num_queries, request
):
    ask(path)
    with django_assert_num_queries(14) as one:
        ask(path)
    request.getfixturevalue("other")
    with django_assert_num_queries(14) as two:
        ask(path)
    assert len(one) == len(two)


def test_gone_finding_is_no_longer_told(ask, bitcoin, told, now):
    """What is told is the last look: a bar put right is no finding any more."""
    from instruments.services.candles import write_candles  # noqa: PLC0415 - beside its one use

    right = hours(told[0].start, 480)
    write_candles(bitcoin, HOUR, right[BAD : BAD + 1], source="binance", now=now)
    check_series(bitcoin.pk, HOUR, now=now, is_whole=True)
    assert ask("quality/findings", kind="bad_tick").json()["results"] == []
