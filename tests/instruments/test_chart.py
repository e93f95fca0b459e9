"""An instrument's chart, its bars as a table, and its book: what the page's script is told, and what a look brings."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from instruments import marks
from instruments.domain.books import Depth, Level
from instruments.looks import looked_at
from instruments.marks import Mark, MarkKind
from instruments.models import CheckedSeries, QualityFinding
from instruments.services.books import write_books
from instruments.services.candles import write_candles
from instruments.services.catalogue import refresh_listings
from instruments.services.history import RESTS, fetch_history, lacks_history
from instruments.services.quality import check_series
from kernel import clock
from kernel.bars import Interval, bar_start
from kernel.ids import new_id
from kernel.jobs.models import Job, JobState
from kernel.tenancy.scope import current_workspace_id, operator
from tests.instruments.giving import Pretended, registered
from tests.instruments.telling import bars, spot
from tests.jobs import enqueued as enqueued

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = Interval("1h")


@pytest.fixture
def go(client, team, alice, bitcoin):
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")

    def ask(name, listing=bitcoin, **query):
        return client.get(reverse(name, args=[team.slug, bitcoin.instrument_id, listing.pk]), query)

    return ask


@pytest.fixture
def instrument_page(go, client, team, bitcoin):
    def ask():
        return client.get(reverse("instrument", args=[team.slug, bitcoin.instrument_id])).content.decode()

    return ask


def keep(listing, count, *, source="binance", interval=HOUR):
    """The last so many bars that are over by now."""
    first = bar_start(clock.now(), interval) - interval.length * count
    write_candles(listing, interval, bars(first, count, every=interval.length), source=source, now=clock.now())
    return first


def test_script_is_told_the_last_bars_in_columns_and_the_one_that_forms(go, bitcoin):
    first = keep(bitcoin, 600)
    told = go("chart-bars", interval="1h").json()
    assert {len(told[name]) for name in ("start", "open", "high", "low", "close", "volume", "source")} == {500}
    assert told["start"][-1] == (first + HOUR.length * 599).timestamp() * 1000
    assert (told["sources"], told["is_coming"], told["missing"], told["behind"]) == (["binance"], False, 0, 0)
    start, ends = told["forming"]
    assert (ends - start, start - told["start"][-1]) == (3_600_000, 3_600_000)
    assert abs(told["now"] - clock.unix_milliseconds()) < 30_000


def test_script_is_told_what_is_missing_among_the_bars_and_after_them(go, bitcoin):
    first = bar_start(clock.now(), HOUR) - HOUR.length * 20
    for begin, count in ((0, 5), (8, 7)):
        told = bars(first + HOUR.length * begin, count, every=HOUR.length)
        write_candles(bitcoin, HOUR, told, source="binance", now=clock.now())
    told = go("chart-bars", interval="1h").json()
    assert (len(told["start"]), told["missing"], told["behind"]) == (12, 8, 5)


def test_older_bars_are_told_up_to_where_the_script_has_them(go, bitcoin):
    first = keep(bitcoin, 600)
    until = int((first + HOUR.length * 100).timestamp() * 1000)
    told = go("chart-bars", interval="1h", until=until).json()
    assert (told["start"][0], len(told["start"]), told["start"][-1]) == (
        first.timestamp() * 1000, 100, until - 3_600_000,
    )  # fmt: skip


@pytest.mark.parametrize("odd", ["", "x" * 10_000, "-1", "9" * 30, "٣", "1e3", "\x00"])
def test_odd_questions_are_the_usual_one(go, bitcoin, odd):
    keep(bitcoin, 3)
    answer = go("chart-bars", interval=odd, until=odd)
    assert (answer.status_code, answer.json()["interval"]) == (200, "1h")
    assert go("bars", interval=odd, until=odd).status_code == 200


def test_listing_of_another_instrument_is_not_there(go, bitcoin, now):
    refresh_listings(venue="kraken", listings=[spot("ETH")], now=now)
    stranger = bitcoin.__class__.objects.get(venue="kraken")
    nobody = bitcoin.__class__(pk=new_id())
    for name in ("chart-bars", "bars", "book"):
        assert [go(name, one).status_code for one in (stranger, nobody)] == [404, 404]


def test_who_opens_the_chart_looks_at_its_price_and_book(go, bitcoin):
    go("bars")
    assert looked_at("binance", now=clock.now()) == set()
    go("chart-bars")
    assert looked_at("binance", now=clock.now()) == {"BTCUSDT"}


def test_bars_that_lack_are_fetched_once(go, bitcoin, enqueued):
    with registered(Pretended("binance")):
        assert go("chart-bars", interval="1h").json()["is_coming"]
        assert [one for one in enqueued if one[0] == "instruments.fetch_history"] == [
            ("instruments.fetch_history", str(bitcoin.pk), "1h")
        ]
        now = clock.now()
        job = fetch_history(bitcoin.pk, HOUR, now=now)
        assert job.parameters["interval"] == "1h"
        assert (now - dt.datetime.fromisoformat(job.parameters["since"])) // HOUR.length == 500
        # Under way, then ended: a source that has nothing is not asked by every look.
        assert fetch_history(bitcoin.pk, HOUR, now=now).pk == job.pk
        with operator():
            Job.objects.filter(pk=job.pk).update(state=JobState.DONE, ended_at=now)
        assert fetch_history(bitcoin.pk, HOUR, now=now + RESTS / 2) is None
        assert fetch_history(bitcoin.pk, HOUR, now=now + RESTS * 2).pk != job.pk


def test_nothing_is_fetched_where_there_is_enough_or_nobody_gives_it(bitcoin):
    with registered(Pretended("kraken")):
        assert not lacks_history(bitcoin, HOUR)
    with registered(Pretended("binance")):
        assert lacks_history(bitcoin, HOUR)
        keep(bitcoin, 300)
        assert not lacks_history(bitcoin, HOUR)
        assert fetch_history(bitcoin.pk, HOUR, now=clock.now()) is None


def test_table_says_what_the_chart_draws_and_leads_further_back(go, bitcoin):
    first = keep(bitcoin, 130)
    page = go("bars", interval="1h").content.decode()
    assert page.count("<tr>") == 101
    assert f"{first + HOUR.length * 129:%H:%M}" in page
    older = go("bars", interval="1h", until=int((first + HOUR.length * 30).timestamp() * 1000)).content.decode()
    assert older.count("<tr>") == 31
    assert 'rel="next"' in page
    assert 'rel="next"' not in older


def test_table_of_nothing_says_so(go):
    assert "No bars are kept" in go("bars").content.decode()


def test_book_is_drawn_with_its_age_and_says_so_where_there_is_none(go, bitcoin):
    assert "No book was heard yet" in go("book").content.decode()
    levels = [tuple(Level(Decimal(price), Decimal(3)) for price in side) for side in ([99, 98], [101])]
    write_books(venue="binance", books=[Depth("BTCUSDT", *levels, None)], now=clock.now())
    page = go("book").content.decode()
    assert (page.count("<tr>"), "Spread 2 USDT, 198.0 basis points" in page) == (3, True)
    assert f'data-hear="book:{bitcoin.pk}"' in page


def test_figures_of_a_book_have_as_many_places_each_so_that_no_level_is_rounded_into_another(go, bitcoin):
    bids = (Level(Decimal("99.125"), Decimal(3)), Level(Decimal("99.12"), Decimal("0.25")))
    write_books(venue="binance", books=[Depth("BTCUSDT", bids, (), None)], now=clock.now())
    page = go("book").content.decode()
    assert [f"<span>{price}</span>" in page for price in ("99.125", "99.120")] == [True, True]
    assert [f">{quantity}</td>" in page for quantity in ("3.00", "0.25")] == [True, True]


def test_page_asks_as_many_questions_whatever_it_shows(go, bitcoin, client, team):
    address = reverse("instrument", args=[team.slug, bitcoin.instrument_id])
    client.get(address)
    counts = []
    for count in (1, 400):
        keep(bitcoin, count)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        assert page.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def told_of(series, *findings):
    with operator():
        QualityFinding.objects.bulk_create(
            QualityFinding(series=series, kind=kind, severity=severity, start=start, end=end, rows=1, detail=detail)
            for kind, severity, start, end, detail in findings
        )


@pytest.fixture
def first(bitcoin):
    """Of 130 bars that were looked at, and nothing found in them yet."""
    first = keep(bitcoin, 130)
    check_series(bitcoin.pk, HOUR, now=clock.now())
    with operator():
        QualityFinding.objects.all().delete()
    return first


def test_what_was_found_is_marked_at_its_bar_in_chart_and_table(go, bitcoin, first):
    series = CheckedSeries.objects.get(listing=bitcoin)
    odd = first + HOUR.length * 100
    told_of(
        series,
        ("bad_tick", "error", odd, odd, "Its high is 23 usual moves above."),
        ("rounded", "warning", first - HOUR.length * 9, odd, "All end in .00."),
        ("stale", "look", first - HOUR.length * 9, first - HOUR.length, "Over before these bars."),
    )
    told = go("chart-bars", interval="1h").json()["marks"]
    assert told == [
        [first.timestamp() * 1000, "quality", "warning", "Rounded, warning: All end in .00."],
        [odd.timestamp() * 1000, "quality", "error", "Bad tick, error: Its high is 23 usual moves above."],
    ]
    assert go("chart-bars", interval="4h").json()["marks"] == []
    rows = go("bars", interval="1h").content.decode().split("<tr>")
    assert [f"{odd:%H:%M}" in row for row in rows if "Bad tick, error" in row] == [True]


def test_marks_before_older_bars_come_with_those(go, bitcoin, first):
    series = CheckedSeries.objects.get(listing=bitcoin)
    early, late = first + HOUR.length * 10, first + HOUR.length * 40
    told_of(series, *(("extreme", "look", at, at, f"{at:%d %H}") for at in (early, late)))
    until = int((first + HOUR.length * 30).timestamp() * 1000)
    assert [one[0] / 1000 for one in go("chart-bars", interval="1h", until=until).json()["marks"]] == [
        early.timestamp()
    ]


def test_other_rooms_mark_in_the_scope_of_the_workspace(go, bitcoin, first, team, instrument_page, monkeypatch):
    """What signals and fills will do: who is asked reads his own rows, and no others can be read."""
    asked = []

    def mark(listing, interval, since, until, most):
        asked.append((listing, interval, since, current_workspace_id(), most))
        yield Mark(since + HOUR.length * 3, MarkKind.FILL, "buy", "Bought 2 at 101.")

    monkeypatch.setattr("instruments.marks._markings", {**marks._markings, MarkKind.FILL: mark})
    told = go("chart-bars", interval="1h").json()["marks"]
    assert told == [[(first + HOUR.length * 3).timestamp() * 1000, "fill", "buy", "Bought 2 at 101."]]
    assert asked == [(bitcoin, HOUR, first, team.pk, marks.MOST)]
    page = instrument_page()
    assert "Your fills" in page
    assert "Signals" not in page


def test_mark_of_an_unknown_manner_is_none(now):
    with pytest.raises(ValueError, match="buy, sell"):
        Mark(now, MarkKind.FILL, "hold", "")


def test_footer_says_how_far_the_bars_are_to_be_trusted(instrument_page, bitcoin):
    assert "Their quality was not looked at yet" in instrument_page()
    keep(bitcoin, 130)
    series = check_series(bitcoin.pk, HOUR, now=clock.now())
    page = instrument_page()
    assert f"Quality {series.score:.1f} of 100</a>, checked" in page
    assert str(series.pk) in page
