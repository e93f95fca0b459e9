"""The next source gives when the first does not, the first has its place back when well, and all of it is kept."""

import datetime as dt
import itertools
import time

import pytest

from instruments.domain.candles import Candle
from instruments.domain.failover import TABLE, Event, Standing, State, after, in_turn, in_use, newcomer
from instruments.models import Failover, SourceChoice, SourceStanding
from instruments.services.asking import NobodyGave, ask_for_candles, choices_of
from instruments.sources import SourceBusy, SourceFailure, SourceSilent
from kernel.bars import Interval
from kernel.tenancy.scope import operator
from tests.instruments.giving import Pretended, registered

HOUR = Interval("1h")
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
SINCE, UNTIL = NOW.replace(hour=0, minute=0), NOW.replace(hour=6, minute=0)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def binance():
    return Pretended("binance")


@pytest.fixture
def yahoo():
    return Pretended("yahoo", price=101.0)


@pytest.fixture
def ask(bitcoin, binance, yahoo):
    """Asks for six hours, `later` than the time before."""
    with operator():
        SourceChoice.objects.create(instrument=bitcoin.instrument, source="yahoo", symbol="BTC-USD", priority=1)
    moment = [NOW]

    def ask_now(later=0):
        moment[0] += dt.timedelta(seconds=later)
        return ask_for_candles(bitcoin, HOUR, SINCE, UNTIL, now=lambda: moment[0]).source

    with registered(binance, yahoo):
        yield ask_now


def changes():
    return list(Failover.objects.order_by("at", "pk").values_list("before", "after", "reason"))


def test_every_state_knows_every_event():
    assert set(TABLE) == set(itertools.product(State, Event))


def test_failing_source_rests_longer_each_time_and_never_for_ever():
    standing, rests = newcomer(NOW), []
    for _ in range(12):
        standing = after(standing, Event.SILENT, now=NOW)
        rests.append((standing.rests_until - NOW).total_seconds())
    assert rests[:4] == [30, 60, 120, 240]
    assert rests[-1] == 1800


def test_source_has_its_place_back_after_two_good_answers_on_end():
    standing = after(newcomer(NOW), Event.FAILED, now=NOW, words="broken")
    others = {"a": standing}
    assert (in_use(["a", "b"], others), in_turn(["a", "b"], others, now=NOW)) == ("b", ["b", "a"])
    later = NOW + 31 * SECOND
    assert in_turn(["a", "b"], others, now=later) == ["a", "b"]
    others["a"] = after(standing, Event.GAVE, now=later)
    assert (others["a"].state, in_use(["a", "b"], others)) == (State.TRIED, "b")
    others["a"] = after(others["a"], Event.GAVE, now=later)
    assert (others["a"].state, others["a"].failures, in_use(["a", "b"], others)) == (State.WELL, 0, "a")


def test_when_all_rest_all_are_asked():
    resting = Standing(State.RESTING, NOW, 1, NOW + 30 * SECOND)
    assert in_turn(["a", "b"], {"a": resting, "b": resting}, now=NOW) == ["a", "b"]
    assert in_use([], {}) is None


def test_own_venue_is_asked_first_and_by_its_own_symbol(ask, bitcoin, binance, yahoo):
    assert ask() == "binance"
    assert (binance.asked[0][0], yahoo.asked) == ("BTCUSDT", [])
    with operator():
        SourceChoice.objects.create(instrument=bitcoin.instrument, source="binance", symbol="BTCUSDT", priority=2)
    assert ask() == "yahoo"
    assert yahoo.asked[0][0] == "BTC-USD"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (SourceSilent("Binance gave no whole answer within 3 s."), "no whole answer"),
        (SourceFailure("Binance answers nonsense."), "nonsense"),
        (SourceBusy("Binance asked for quiet.", wait=20), "asked for quiet"),
        (ZeroDivisionError(), "something failed on our side"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_next_source_gives_when_the_first_fails_and_it_is_kept_why(ask, binance, failure, words):
    binance.fails = failure
    assert ask() == "yahoo"
    [(before, now_used, reason)] = changes()
    assert (before, now_used) == ("binance", "yahoo")
    assert words in reason
    row = SourceStanding.objects.get(source="binance")
    assert (row.state, row.failures, row.rests_until) == ("resting", 1, NOW + 30 * SECOND)


POOR = {
    "high below low": lambda one: one._replace(high=one.low - 1),
    "nought": lambda one: one._replace(open=0.0, low=0.0),
    "no number": lambda one: one._replace(close=float("nan")),
    "yesterday's price": lambda one: Candle(one.start, 7, 7, 7, 7, 7),
    "of another day": lambda one: one._replace(start=one.start - dt.timedelta(days=1)),
}


@pytest.mark.parametrize("change", POOR.values(), ids=POOR)
def test_answer_that_nobody_should_keep_is_as_bad_as_none(ask, binance, change):
    binance.tell = lambda *asked: [change(one) for one in binance.usual(*asked)]
    assert ask() == "yahoo"
    assert SourceStanding.objects.get(source="binance").state == "resting"


def test_who_rests_is_not_asked_and_is_back_when_he_is_well(ask, binance, yahoo):
    binance.fails = SourceSilent("Binance gave no whole answer within 3 s.")
    assert ask() == "yahoo"
    assert ask(later=5) == "yahoo"
    assert len(binance.asked) == 1
    binance.fails = None
    assert ask(later=30) == "binance"
    assert [one[:2] for one in changes()] == [("binance", "yahoo")]
    assert ask(later=1) == "binance"
    assert changes()[1] == ("yahoo", "binance", "It answers again.")
    assert SourceStanding.objects.get(source="binance").state == "well"


def test_change_takes_less_than_five_seconds(ask, binance):
    binance.waits, binance.fails = 3.0, SourceSilent("Binance gave no whole answer within 3 s.")
    began = time.monotonic()
    assert ask() == "yahoo"
    assert time.monotonic() - began < 5
    assert 3 <= Failover.objects.get().seconds < 5


def test_when_nobody_gives_it_is_said_why(ask, binance, yahoo):
    binance.fails, yahoo.fails = SourceSilent("Binance was not reached."), SourceBusy("Yahoo asked for quiet.", wait=9)
    with pytest.raises(NobodyGave, match=r"Binance was not reached\.; Yahoo asked for quiet\.") as caught:
        ask()
    assert caught.value.wait == 9


def test_intervals_that_a_source_does_not_have_are_not_asked_of_it(bitcoin, ask):
    assert [one.source.name for one in choices_of(bitcoin, HOUR)] == ["binance", "yahoo"]
    with pytest.raises(NobodyGave, match="No source gives 3m bars of BTCUSDT at binance"):
        ask_for_candles(bitcoin, Interval("3m"), SINCE, UNTIL)
