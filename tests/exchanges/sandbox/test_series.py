"""What a price was: bars agree with each other and with the price, and say where they come from."""

import csv
import datetime as dt
import random
from importlib.resources import files
from itertools import pairwise

import pytest

from exchanges.sandbox.series import MadeDays, ReplayedDays, Series
from exchanges.sandbox.sessions import DAY, MINUTE, AlwaysOpen, GivenSessions, Span

FIRST = dt.date(2024, 1, 19)
TODAY = (dt.date(2026, 11, 20) - dt.date(1970, 1, 1)).days
OPENS = TODAY * DAY
LATER = OPENS + 3 * DAY
STEPS = (1, 3, 5, 15, 30, 60, 120, 240, 360, 480, 720, 1440)
IST = 19_800_000


def made(seed="a", **more):
    given = {"price": 100.0, "daily": 0.04, "volume": 10_000.0}
    return Series(days=MadeDays(seed=seed, **given), sessions=AlwaysOpen(), seed=seed, **more)


def replayed():
    return Series(days=ReplayedDays("btcusd", first=FIRST, origin="BTC/USD"), sessions=AlwaysOpen(), seed="a")


def of_shares(tell=None):
    """09:15 to 15:30 in India; shut at weekends and on the 20th."""

    def span(day):
        if day % 7 in (2, 3) or day == TODAY:
            return None
        midnight = day * DAY - IST
        return Span(midnight + 555 * MINUTE, midnight + 930 * MINUTE)

    days = MadeDays(seed="s", price=1500.0, daily=0.02, volume=1e6)
    return Series(days=days, sessions=GivenSessions(offset=IST, tell=tell or span), seed="s")


def bars(series, step, begin=OPENS, until=OPENS + DAY, now=LATER):
    return list(series.bars(step, begin, until, now=now))


def agrees(whole, parts):
    assert (whole.at, whole.open, whole.close) == (parts[0].at, parts[0].open, parts[-1].close)
    assert whole.high == max(one.high for one in parts)
    assert whole.low == min(one.low for one in parts)
    assert whole.volume == pytest.approx(sum(one.volume for one in parts), rel=1e-9)
    assert whole.trades == sum(one.trades for one in parts)


@pytest.mark.parametrize("series", [made(), replayed(), of_shares()], ids=["made", "replayed", "shares"])
@pytest.mark.parametrize("step", STEPS[1:])
def test_a_long_bar_is_what_its_minutes_are(series, step):
    begin = OPENS - 3 * DAY
    minutes = bars(series, 1, begin)
    for whole in bars(series, step, begin):
        agrees(whole, [one for one in minutes if whole.at <= one.at < whole.at + step * MINUTE])


@pytest.mark.parametrize("series", [made(), replayed()], ids=["made", "replayed"])
def test_minutes_keep_to_the_days_high_and_low_and_touch_both(series):
    for day in range(TODAY - 10, TODAY):
        opened, high, low, closed, _ = series.days.day(day)
        minutes = bars(series, 1, day * DAY, (day + 1) * DAY)
        assert len(minutes) == 1440
        assert (max(one.high for one in minutes), min(one.low for one in minutes)) == (high, low)
        assert (minutes[0].open, minutes[-1].close) == (opened, closed)
        for one, following in pairwise(minutes):
            assert one.close == following.open
            assert one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high


@pytest.mark.parametrize("series", [made(), replayed()], ids=["made", "replayed"])
def test_price_lies_inside_its_minutes_bar(series):
    chance = random.Random(1)
    minutes = {one.at: one for one in bars(series, 1)}
    for _ in range(5000):
        at = OPENS + chance.randrange(DAY)
        bar = minutes[at // MINUTE * MINUTE]
        assert bar.low <= series.price(at) <= bar.high


@pytest.mark.parametrize("step", [1, 5, 60, 1440])
def test_the_bar_that_is_not_over_grows_and_never_shrinks(step):
    series, before = made(), None
    begin = OPENS + 600 * MINUTE // (step * MINUTE) * step * MINUTE
    for now in range(begin, begin + min(step, 7) * MINUTE, 1700):
        (bar,) = bars(series, step, begin, begin + step * MINUTE, now=now)
        assert bar.close == pytest.approx(series.price(now), rel=1e-12)
        if before is not None:
            assert bar.open == before.open
            assert bar.high >= before.high
            assert bar.low <= before.low
            assert bar.volume > before.volume
            assert bar.trades >= before.trades
        before = bar
    over = bars(series, step, begin, begin + step * MINUTE)[0]
    assert over.high >= before.high
    assert over.low <= before.low


def test_the_future_has_no_bars():
    now = OPENS + 61 * MINUTE + 1
    assert [one.at for one in bars(made(), 60, now=now)] == [OPENS, OPENS + 60 * MINUTE]


def test_the_same_seed_makes_the_same_and_another_another():
    assert bars(made("a"), 5) == bars(made("a"), 5) != bars(made("b"), 5)


def test_days_that_are_replayed_are_the_real_ones_under_later_dates():
    text = files("exchanges.sandbox.data").joinpath("btcusd.csv").read_text()
    real = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    begin = (FIRST - dt.date(1970, 1, 1)).days * DAY
    told = bars(replayed(), 1440, begin, begin + len(real) * DAY, now=begin + (len(real) + 1) * DAY)
    names = ("open", "high", "low", "close", "volume")
    assert [tuple(getattr(one, name) for name in names) for one in told] == [
        tuple(float(row[name]) for name in names) for row in real
    ]


def test_replay_that_is_over_goes_on_where_it_ended():
    days = replayed().days
    count = len(days._rows)
    assert days.day(days.first + count)[0] == pytest.approx(days.day(days.first + count - 1)[3], rel=1e-9)


def test_what_is_made_says_so():
    assert "SYNTHETIC" in made().days.origin
    assert "SYNTHETIC" in replayed().days.origin
    assert "BTC/USD" in replayed().days.origin


def test_spike_is_in_the_price_and_in_every_bar_and_is_over_after_it():
    series = made()
    begins = OPENS + 90 * MINUTE + 20_000
    before = bars(series, 60)
    series.spikes.append((begins, begins + 70_000, 0.8))
    lows = {step: min(one.low for one in bars(series, step)) for step in STEPS}
    assert len(set(lows.values())) == 1
    during = [series.price(at) for at in range(begins, begins + 70_000, 500)]
    assert lows[1] <= min(during) < 0.85 * before[1].low
    for at in range(begins - 60_000, begins + 130_000, 250):
        (bar,) = bars(series, 1, at // MINUTE * MINUTE, at // MINUTE * MINUTE + 1)
        assert bar.low <= series.price(at) <= bar.high
        (running,) = bars(series, 1, at // MINUTE * MINUTE, at + 1, now=at)
        assert bar.low <= running.low <= running.close <= running.high <= bar.high
    after = bars(series, 60)
    assert (after[0], after[2:]) == (before[0], before[2:])


def test_what_accounts_traded_is_inside_every_bar_and_few_minutes_are_kept():
    series = made()
    at = OPENS + 90 * MINUTE + 5
    for step in STEPS:
        before = {one.at: one for one in bars(series, step)}
        series.note(at, 500.0, 2.0)
        wider = [one for one in bars(series, step) if one != before[one.at]]
        assert [(one.at <= at < one.at + step * MINUTE, one.high) for one in wider if one.high == 500.0] == [
            (True, 500.0)
        ]
    agrees(bars(series, 1440)[0], bars(series, 1))
    for n in range(10_000):
        series.note(OPENS + n * MINUTE, 1.0, 1.0)
    assert len(series._traded) == 4000


# ---- sessions ----


def test_price_stands_still_while_the_market_is_shut():
    series = of_shares()
    closes = series.sessions.span(TODAY - 1).closes
    last = series.price(closes - 1)
    for later in (0, 3_600_000, DAY // 2, DAY, DAY + DAY // 2):
        assert series.price(closes + later) == last
    opens = series.sessions.span(TODAY + 3).opens
    assert series.price(opens - 1) == last != series.price(opens + 3_600_000)


def test_bars_are_inside_sessions_alone():
    series = of_shares()
    for step, count in ((1, 375), (60, 7), (1440, 1)):
        told = bars(series, step, OPENS - 4 * DAY, LATER + DAY, now=LATER + DAY)
        by_day = {}
        for one in told:
            span = series.sessions.span((one.at + IST) // DAY)
            assert span.opens <= one.at < span.closes
            by_day[span.opens] = by_day.get(span.opens, 0) + 1
        assert set(by_day.values()) == {count}
        assert series.sessions.span(TODAY) is None
        assert len(by_day) == sum(series.sessions.span(day) is not None for day in range(TODAY - 4, TODAY + 4))


def test_calendar_that_is_shut_for_ever_is_refused():
    with pytest.raises(LookupError, match="forty days"):
        of_shares(tell=lambda day: None).price(OPENS)
