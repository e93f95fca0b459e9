"""The page says who gives, what is missing, who took whose place and who contradicts whom; and starts a collection."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instruments.models import CandleSeries, Disagreement, Failover, SourceStanding
from instruments.selectors import listing_of
from instruments.services.candles import write_candles
from instruments.services.catalogue import refresh_listings
from instruments.services.collecting import note_gaps
from kernel.bars import Interval
from kernel.jobs.models import Job
from kernel.tenancy.scope import operator, tenant
from tests.accounts.rooms.conftest import browser_of
from tests.instruments.giving import Pretended, registered
from tests.instruments.telling import bars, spot
from tests.jobs import enqueued as enqueued

pytestmark = pytest.mark.django_db
HOUR = Interval("1h")
FIRST = dt.datetime(2026, 11, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def sources():
    with registered(Pretended("binance"), Pretended("yahoo")):
        yield


@pytest.fixture
def page(team):
    return f"/w/{team.slug}/data-health/"


def fill(listing, now):
    """A row of everything about this listing."""
    told = bars(FIRST, 100, every=HOUR.length)
    write_candles(listing, HOUR, [*told[:40], *told[43:]], source="binance", now=now)
    note_gaps(listing, HOUR, now=now)
    write_candles(listing, HOUR, [told[5]._replace(high=333.25)], source="yahoo", now=now)
    with operator():
        whose = {"listing": listing, "interval": "1h"}
        SourceStanding.objects.create(
            **whose, source="binance", state="resting", since=now, failures=1, trouble="It was silent.", trouble_at=now
        )
        SourceStanding.objects.create(**whose, source="yahoo", state="well", since=now, answered_at=now)
        Failover.objects.create(**whose, before="binance", after="yahoo", reason="It was silent.", seconds=3.2, at=now)


def test_empty_page_says_what_will_stand_there(alice, page):
    html = browser_of(alice).get(page).content.decode()
    for words in ("No bars are kept yet", "No source has taken", "No two sources contradict", "NOT ASKED"):
        assert words in html


def test_everything_that_is_wrong_is_shown_with_both_values(alice, page, bitcoin, now):
    fill(bitcoin, now)
    assert (CandleSeries.objects.get().gap_bars, Disagreement.objects.count()) == (3, 1)
    html = browser_of(alice).get(page).content.decode()
    for words in (
        "3 BARS",
        "in 1 place;",
        "binance → yahoo",
        "It was silent.",
        "3.2 s",
        "333.25",
        "226.7 %",
        "RESTS",
        "GIVES",
    ):
        assert words in html, words


def test_page_takes_as_many_questions_for_one_series_as_for_three(alice, page, bitcoin, now):
    browser = browser_of(alice)
    fill(bitcoin, now)
    browser.get(page)
    counts = []
    for names in ((), ("ETH", "SOL")):
        if names:
            refresh_listings(venue="binance", listings=[spot(), *(spot(name) for name in names)], now=now)
        for name in names:
            fill(listing_of("binance", f"{name}USDT"), now)
        with CaptureQueriesContext(connection) as questions:
            browser.get(page)
        counts.append(len(questions))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_member_collects_and_sees_how_far_it_is(alice, team, page, bitcoin, enqueued):
    told = {"instrument": "BTC/USDT", "venue": "", "interval": "1h", "days": "3"}
    assert browser_of(alice).post(page, told).status_code == 302
    with tenant(team.pk):
        job = Job.objects.get()
    assert (job.kind, job.title, job.requested_by) == (
        "instruments.collect",
        "Collect 1h of BTCUSDT at binance",
        alice.pk,
    )
    assert ("kernel.run_next_job", "data") in enqueued
    assert "Collect 1h of BTCUSDT" in browser_of(alice).get(page).content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"instrument": "DOGE/USDT"}, "The catalogue has nothing by the name"),
        ({"instrument": "x" * 10_000}, "at most 120 characters"),
        ({"instrument": "\u202eעברית🚀"}, "The catalogue has nothing by the name"),
        ({"instrument": ""}, "required"),
        ({"interval": "2s"}, "not one of the available choices"),
        ({"interval": "4h"}, "No source gives 4h bars"),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "ten"}, "whole number"),
        ({"days": "3650", "interval": "1m"}, "Take fewer days, or longer bars"),
    ],
    ids=lambda one: str(one)[:40].encode("ascii", "replace").decode(),
)
def test_wish_that_cannot_be_met_is_refused_and_kept(alice, team, page, bitcoin, enqueued, change, words):
    told = {"instrument": "BTC/USDT", "venue": "", "interval": "1h", "days": "3", **change}
    got = browser_of(alice).post(page, told)
    assert got.status_code == 422
    assert words in got.content.decode()
    with tenant(team.pk):
        assert not Job.objects.exists()


def test_who_may_only_look_sees_no_form_and_collects_nothing(bob, team, page, bitcoin, enqueued):
    assert "Collect what is missing" not in browser_of(bob).get(page).content.decode()
    told = {"instrument": "BTC/USDT", "venue": "", "interval": "1h", "days": "3"}
    assert browser_of(bob).post(page, told).status_code == 403


def test_stranger_finds_no_page(charlie, page):
    assert browser_of(charlie).get(page).status_code == 404
