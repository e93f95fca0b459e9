"""What is missing is asked for, piece by piece, from where it was; and nothing is made up."""

import datetime as dt

import pytest

from instruments.candles import candles
from instruments.domain.grid import Gap
from instruments.models import CandleSeries, Disagreement, SourceChoice
from instruments.services.candles import write_candles
from instruments.services.collecting import collect, find_gaps, start_collection, start_keeping_up
from instruments.sources import SourceSilent
from kernel import clock
from kernel.bars import Interval, bar_start
from kernel.jobs.models import Job, JobState
from kernel.jobs.run import JobCancelled, JobRefused
from kernel.jobs.runner import run_next_job
from kernel.jobs.services import request_cancel
from kernel.tenancy.scope import operator, tenant
from tests.instruments.giving import Pretended, registered
from tests.instruments.telling import bars
from tests.jobs import enqueued as enqueued

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, MINUTE, DAY = map(Interval, ("1h", "1m", "1d"))
FOREVER = (dt.datetime(1990, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
SINCE = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
UNTIL = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)


@pytest.fixture
def binance(bitcoin):
    source = Pretended("binance", most=50)
    with registered(source):
        yield source


def begin(team, listing, interval=HOUR, since=SINCE, until=UNTIL):
    with tenant(team.pk):
        return start_collection(listing, interval, since, until, now=clock.now())


def job(team):
    with tenant(team.pk):
        return Job.objects.get()


def test_missing_bars_are_collected_in_pieces_and_the_job_says_so(team, bitcoin, binance, enqueued):
    begin(team, bitcoin)
    assert run_next_job("data")
    done = job(team)
    assert (done.state, done.error, done.done, done.total) == (JobState.DONE, "", 240, 240)
    assert done.result == {"new": 240, "by": {"binance": 240}, "missing": 0}
    assert len(candles(bitcoin, HOUR, *FOREVER)) == 240
    assert len(binance.asked) == 5
    assert ("instruments.check_series", str(bitcoin.pk), "1h") in enqueued
    # What is said of its market needs not wait for the hour's turn.
    assert ("instruments.reckon_figures_of", str(bitcoin.pk)) in enqueued


def test_only_what_is_missing_is_asked_for(team, bitcoin, binance, enqueued, now):
    told = bars(SINCE, 240, every=HOUR.length)
    write_candles(bitcoin, HOUR, [*told[:100], *told[110:]], source="binance", now=now)
    begin(team, bitcoin)
    run_next_job("data")
    assert [asked[2:] for asked in binance.asked] == [(told[100].start, told[110].start)]
    assert job(team).total == 10


def test_begun_again_it_goes_on_where_it_was(team, bitcoin, binance, enqueued):
    begin(team, bitcoin)
    tell = binance.tell

    def die_at_the_third(*asked):
        if len(binance.asked) == 3:
            raise KeyboardInterrupt
        return tell(*asked)

    binance.tell = die_at_the_third
    with pytest.raises(KeyboardInterrupt):
        run_next_job("data")
    with tenant(team.pk):
        half = Job.objects.get()
        assert (half.state, half.done) == (JobState.RUNNING, 100)
        Job.objects.update(state=JobState.QUEUED)
    assert len(candles(bitcoin, HOUR, *FOREVER)) == 100
    binance.tell = tell
    run_next_job("data")
    assert len(candles(bitcoin, HOUR, *FOREVER)) == 240
    assert [asked[2] for asked in binance.asked[3:]] == [SINCE + number * HOUR.length for number in (100, 150, 200)]


def test_it_stops_when_it_is_asked_to_and_keeps_what_it_has(team, bitcoin, binance, enqueued):
    begin(team, bitcoin)
    tell = binance.tell

    def ask_to_stop(*asked):
        if len(binance.asked) == 2:
            with tenant(team.pk):
                request_cancel(Job.objects.get(), now=clock.now())
        return tell(*asked)

    binance.tell = ask_to_stop
    run_next_job("data")
    assert job(team).state == JobState.CANCELLED
    assert len(candles(bitcoin, HOUR, *FOREVER)) == 100


def test_job_that_nobody_answers_fails_in_words(team, bitcoin, binance, enqueued):
    binance.fails = SourceSilent("Binance was not reached, or broke off.")
    begin(team, bitcoin)
    run_next_job("data")
    ended = job(team)
    assert ended.state == JobState.FAILED
    assert "No source gave 1h bars of BTCUSDT at binance: Binance was not reached" in ended.error


def test_hole_that_no_source_fills_stays_a_hole_and_is_shown(team, bitcoin, binance, enqueued):
    hole = (SINCE + 30 * HOUR.length, SINCE + 37 * HOUR.length)
    tell = binance.tell
    binance.tell = lambda *asked: [one for one in tell(*asked) if not hole[0] <= one.start < hole[1]]
    begin(team, bitcoin)
    run_next_job("data")
    assert (job(team).state, job(team).result["missing"], job(team).note) == (
        JobState.DONE,
        7,
        "7 bars are still missing",
    )
    series = CandleSeries.objects.get()
    assert (series.gap_runs, series.gap_bars) == (1, 7)
    assert series.gaps == [[hole[0].isoformat(), (hole[1] - HOUR.length).isoformat(), 7]]


def test_each_bar_names_who_gave_it_and_a_vendor_is_corrected_by_the_venue(team, bitcoin, enqueued):
    binance, yahoo = Pretended("binance", most=50), Pretended("yahoo", price=150.0, most=500)
    with operator():
        SourceChoice.objects.create(instrument=bitcoin.instrument, source="yahoo", symbol="BTC-USD", priority=1)
    with registered(binance, yahoo):
        binance.fails = SourceSilent("Binance was not reached.")
        begin(team, bitcoin, until=SINCE + 50 * HOUR.length)
        run_next_job("data")
        assert set(candles(bitcoin, HOUR, *FOREVER).source) == {"yahoo"}
    write_candles(bitcoin, HOUR, bars(SINCE, 10, every=HOUR.length), source="binance", now=clock.now())
    found = candles(bitcoin, HOUR, *FOREVER)
    assert found.source.tolist() == ["binance"] * 10 + ["yahoo"] * 40
    assert found.open.tolist() == [100.0] * 10 + [150.0] * 40
    assert {(row.kept_source, row.other_source) for row in Disagreement.objects.all()} == {("binance", "yahoo")}


def test_gaps_of_a_market_are_those_of_its_sessions(infosys, now):
    """None on a Saturday or on the holiday of the tenth; the evening of lights is a Sunday's."""
    days = [dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in (2, 3, 4, 6, 8, 9, 11, 12, 13)]
    write_candles(infosys, DAY, [bars(day, 1, every=DAY.length)[0] for day in days], source="zerodha", now=now)
    gaps = find_gaps(infosys, DAY, days[0], days[-1] + DAY.length, now=now)
    assert gaps == [Gap(dt.datetime(2026, 11, 5, tzinfo=dt.UTC), dt.datetime(2026, 11, 5, tzinfo=dt.UTC), 1)]


def test_bar_that_is_not_over_is_no_gap(bitcoin):
    at = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
    assert find_gaps(bitcoin, HOUR, at.replace(hour=6, minute=0), at.replace(hour=12, minute=0), now=at) == [
        Gap(at.replace(hour=6, minute=0), at.replace(hour=8, minute=0), 3)
    ]


def test_listing_without_a_source_is_refused_in_words(team, infosys, enqueued):
    with registered(), pytest.raises(JobRefused, match="No source gives 1h bars of NSE:INFY at zerodha"):
        collect(_Run(infosys))


class _Run:
    def __init__(self, listing):
        self.parameters = {
            "listing": str(listing.pk),
            "interval": "1h",
            "since": SINCE.isoformat(),
            "until": UNTIL.isoformat(),
        }
        self.resume_token = None

    def progress(self, *_, **__):
        raise JobCancelled


def test_minutes_of_what_is_wanted_are_kept_up(team, bitcoin, binance, enqueued, settings):
    binance.most_candles = 2000
    assert start_keeping_up(now=clock.now()) is False
    settings.PRICE_SYMBOLS = {"binance": ["BTCUSDT"]}
    assert start_keeping_up(now=clock.now()) is True
    assert start_keeping_up(now=clock.now()) is False
    assert run_next_job("data")
    last = CandleSeries.objects.get(interval="1m").last
    assert bar_start(clock.now(), MINUTE) - last <= 2 * MINUTE.length
    with operator():
        assert Job.objects.get().state == JobState.DONE
    assert start_keeping_up(now=clock.now()) is True
    run_next_job("data")
    assert CandleSeries.objects.get(interval="1m").gap_bars == 0
