"""Candles in and out: closed bars alone, each once, and a correction never takes the place of what was known before."""

import datetime as dt
import threading

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instruments.domain.candles import BadCandle, Candle
from instruments.models import CandleRow, Listing
from instruments.selectors import candles_of
from instruments.services.candles import CandlesWritten, make_candle_months, write_candles
from kernel.bars import Interval
from kernel.jobs.periodic import periodics
from kernel.tenancy.scope import operator
from tests.instruments.telling import bars

HOUR, MINUTE, DAY, WEEK = map(Interval, ("1h", "1m", "1d", "1w"))
UTC = dt.UTC
FIRST = dt.datetime(2026, 11, 20, 3, tzinfo=UTC)
LATER = dt.datetime(2030, 1, 1, tzinfo=UTC)
FOREVER = (dt.datetime(1990, 1, 1, tzinfo=UTC), LATER)


def write(listing, candles, *, now, interval=HOUR, source="binance"):
    return write_candles(listing, interval, candles, source=source, now=now)


def read(listing, interval=HOUR, since=FOREVER[0], until=FOREVER[1], **options):
    return candles_of(listing, interval, since, until, **options)


def rows(listing):
    values = CandleRow.objects.filter(listing_id=listing.pk).values_list("start", "revision", "close", "known_at")
    return list(values.order_by("start", "revision"))


def test_bars_come_out_as_they_went_in(bitcoin, now):
    told = bars(FIRST, 6, every=HOUR.length, price=0.1 + 0.2)
    assert write(bitcoin, reversed(told), now=now) == CandlesWritten(new=6)
    assert read(bitcoin) == told
    assert {one.start.tzinfo for one in read(bitcoin)} == {UTC}


def test_range_takes_its_first_moment_and_leaves_its_last(bitcoin, now):
    told = bars(FIRST, 6, every=HOUR.length)
    write(bitcoin, told, now=now)
    assert read(bitcoin, since=told[1].start, until=told[4].start) == told[1:4]


def test_bar_that_is_not_over_is_not_kept(bitcoin, now):
    """At half past nine the bars of nine and of ten o'clock are still open."""
    told = bars(FIRST, 8, every=HOUR.length)
    assert write(bitcoin, told, now=now) == CandlesWritten(new=6, unfinished=2)
    assert read(bitcoin)[-1].start == now.replace(hour=8, minute=0)
    assert write(bitcoin, told, now=now.replace(hour=10, minute=0)) == CandlesWritten(new=1, unchanged=6, unfinished=1)


def test_writing_twice_keeps_each_bar_once(bitcoin, now):
    told = bars(FIRST, 6, every=HOUR.length)
    write(bitcoin, told, now=now)
    assert write(bitcoin, told, now=now) == CandlesWritten(unchanged=6)
    assert write(bitcoin, told + told, now=now) == CandlesWritten(unchanged=6)
    assert CandleRow.objects.count() == 6


def test_bar_is_known_from_its_close_and_a_correction_from_when_it_came(bitcoin, now):
    told = bars(FIRST, 2, every=HOUR.length)
    write(bitcoin, told, now=now)
    corrected = [told[0]._replace(close=99.5), told[1]]
    assert write(bitcoin, corrected, now=now + HOUR.length) == CandlesWritten(revised=1, unchanged=1)
    assert rows(bitcoin) == [
        (FIRST, 1, told[0].close, FIRST + HOUR.length),
        (FIRST, 2, 99.5, now + HOUR.length),
        (told[1].start, 1, told[1].close, FIRST + 2 * HOUR.length),
    ]
    assert read(bitcoin) == corrected
    assert read(bitcoin, as_known_at=now) == told
    assert read(bitcoin, as_known_at=FIRST + HOUR.length) == told[:1]
    assert read(bitcoin, as_known_at=FIRST) == []


def test_figures_that_go_and_come_back_are_three_revisions(bitcoin, now):
    told = bars(FIRST, 1, every=HOUR.length)
    for close in (1.0, 2.0, 1.0, 1.0):
        write(bitcoin, [told[0]._replace(close=close)], now=now)
    assert [(revision, close) for _, revision, close, _ in rows(bitcoin)] == [(1, 1.0), (2, 2.0), (3, 1.0)]


def test_another_source_that_agrees_changes_nothing_and_one_that_does_not_is_told_back(bitcoin, now):
    told = bars(FIRST, 3, every=HOUR.length)
    write(bitcoin, told, now=now)
    other = [told[0], told[1]._replace(high=500.0), told[2], *bars(told[2].start + HOUR.length, 1, every=HOUR.length)]
    assert write(bitcoin, other, now=now, source="yahoo") == CandlesWritten(
        new=1, unchanged=2, disagreeing=(told[1].start,)
    )
    assert read(bitcoin)[:3] == told
    assert set(CandleRow.objects.values_list("source", flat=True)) == {"binance", "yahoo"}


def test_intervals_and_listings_stay_apart(bitcoin, infosys, now):
    told = bars(FIRST, 2, every=HOUR.length)
    write(bitcoin, told, now=now)
    write(bitcoin, told, now=now, interval=MINUTE)
    write(infosys, told[:1], now=now)
    assert (len(read(bitcoin)), len(read(bitcoin, MINUTE)), len(read(infosys))) == (2, 2, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"close": float("nan")}, r"Row 2: the bar of .* has a figure that is no number"),
        ({"high": float("inf")}, r"Row 2: .* has a figure that is no number"),
        ({"start": FIRST.replace(tzinfo=None)}, r"Row 2: the bar's start 2026-11-20 03:00:00 has no time zone"),
        ({"start": FIRST + dt.timedelta(minutes=7)}, r"Row 2: no bar of 1h begins at 2026-11-20 03:07"),
        ({"start": FIRST, "close": 7.0}, r"Row 2: the bar of 2026-11-20 03:00 UTC is told twice, with other figures"),
    ],
    ids=str,
)
def test_row_that_cannot_be_kept_is_named_and_nothing_is_half_written(bitcoin, now, change, words):
    told = bars(FIRST, 3, every=HOUR.length)
    told[1] = told[1]._replace(**change)
    with pytest.raises(BadCandle, match=words):
        write(bitcoin, told, now=now)
    assert CandleRow.objects.count() == 0


def test_local_times_are_understood_by_their_zone(bitcoin, now):
    india = dt.timezone(dt.timedelta(hours=5, minutes=30))
    write(bitcoin, [Candle(dt.datetime(2026, 11, 20, 9, 30, tzinfo=india), 1, 2, 1, 2, 3)], now=now)
    assert read(bitcoin)[0].start == dt.datetime(2026, 11, 20, 4, tzinfo=UTC)


def test_odd_prices_are_for_the_quality_rules_and_are_kept(bitcoin, now):
    odd = [Candle(FIRST, -37.63, 1e-300, 5e300, 1.7e308, 0.0)]
    write(bitcoin, odd, now=now)
    assert read(bitcoin) == odd


def test_daily_bar_of_a_market_is_known_from_the_end_of_its_session(infosys):
    friday = dt.datetime(2026, 11, 20, tzinfo=UTC)
    told = bars(friday, 1, every=DAY.length)
    closes = dt.datetime(2026, 11, 20, 10, tzinfo=UTC)
    before = write(infosys, told, now=closes - dt.timedelta(seconds=1), interval=DAY)
    assert before == CandlesWritten(unfinished=1)
    assert write(infosys, told, now=closes, interval=DAY) == CandlesWritten(new=1)
    assert CandleRow.objects.get().known_at == closes


def test_daily_bar_at_indian_midnight_is_refused_because_it_would_be_the_day_before(infosys, now):
    india = dt.timezone(dt.timedelta(hours=5, minutes=30))
    told = [Candle(dt.datetime(2026, 11, 19, tzinfo=india), 1, 2, 1, 2, 3)]
    with pytest.raises(BadCandle, match="no bar of 1d begins at 2026-11-19 00:00:00\\+05:30"):
        write(infosys, told, now=now, interval=DAY)


@pytest.mark.parametrize(
    ("day", "known"),
    [
        # A holiday, and a Saturday on which nobody traded: late, and never early.
        (dt.date(2026, 11, 10), dt.datetime(2026, 11, 10, 18, 30, tzinfo=UTC)),
        (dt.date(2023, 11, 18), dt.datetime(2023, 11, 18, 18, 30, tzinfo=UTC)),
        # Before the calendar begins.
        (dt.date(1995, 5, 18), dt.datetime(1995, 5, 18, 18, 30, tzinfo=UTC)),
    ],
)
def test_bar_of_a_day_without_a_known_session_is_known_from_the_end_of_that_day(infosys, now, day, known):
    told = bars(dt.datetime.combine(day, dt.time(), tzinfo=UTC), 1, every=DAY.length)
    write(infosys, told, now=now, interval=DAY)
    assert CandleRow.objects.get().known_at == known


def test_last_bar_of_a_session_ends_with_it(infosys, now):
    """NSE's hours begin at a quarter past; the last has fifteen minutes."""
    told = bars(dt.datetime(2026, 11, 19, 3, 45, tzinfo=UTC), 7, every=HOUR.length)
    write(infosys, told, now=now)
    known = list(CandleRow.objects.order_by("start").values_list("known_at", flat=True))
    assert known == [*(one.start + HOUR.length for one in told[:6]), dt.datetime(2026, 11, 19, 10, tzinfo=UTC)]


def test_week_is_known_from_the_end_of_its_last_session(infosys, now):
    write(infosys, bars(dt.datetime(2026, 11, 9, tzinfo=UTC), 1, every=WEEK.length), now=now, interval=WEEK)
    assert CandleRow.objects.get().known_at == dt.datetime(2026, 11, 13, 10, tzinfo=UTC)


def test_history_from_far_back_makes_its_months(bitcoin, now):
    told = [Candle(dt.datetime(year, 5, 1, tzinfo=UTC), 1, 2, 1, 2, 3) for year in (1995, 2009, 2017)]
    assert write(bitcoin, told, now=now, interval=DAY) == CandlesWritten(new=3)
    assert read(bitcoin, DAY) == told


def test_months_are_made_ahead_and_making_them_twice_makes_none(db, now):
    far = now + dt.timedelta(days=900)
    assert make_candle_months(now=far) == 4
    assert make_candle_months(now=far) == 0


def test_clock_makes_months_each_day():
    [periodic] = [one for one in periodics() if one.task == "instruments.make_candle_months"]
    assert periodic.every == dt.timedelta(days=1)


def test_bar_at_the_turn_of_the_month_stands_in_the_month_of_utc(bitcoin, now):
    told = bars(dt.datetime(2026, 10, 31, 23, tzinfo=UTC), 2, every=HOUR.length)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone TO 'Asia/Kolkata'")
    write(bitcoin, told, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone TO 'UTC'")
        cursor.execute("SELECT tableoid::regclass::text FROM instruments_candle ORDER BY start")
        assert [name for (name,) in cursor.fetchall()] == ["instruments_candle_202610", "instruments_candle_202611"]
    assert read(bitcoin) == told


def test_batch_takes_the_same_number_of_questions_with_1_and_3000_bars(bitcoin, now, django_assert_num_queries):
    first = dt.datetime(2026, 11, 1, tzinfo=UTC)
    write(bitcoin, bars(first, 1, every=MINUTE.length), now=now, interval=MINUTE)
    for day, count in ((2, 1), (5, 3000)):
        with django_assert_num_queries(11):
            write(bitcoin, bars(first.replace(day=day), count, every=MINUTE.length), now=now, interval=MINUTE)


@pytest.mark.django_db(transaction=True)
def test_each_commit_leaves_the_connection_ready_for_the_next(now, bitcoin):
    told = bars(FIRST, 4, every=HOUR.length)
    assert [write(bitcoin, told[:count], now=now).new for count in (1, 3, 4)] == [1, 2, 1]


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_bar_make_one_revision_each_or_none(now, bitcoin):
    told = bars(FIRST, 200, every=MINUTE.length)
    begin = threading.Barrier(4)
    results: list[CandlesWritten] = []

    def work(close):
        try:
            begin.wait()
            changed = [one._replace(close=close) for one in told]
            results.append(write(bitcoin, changed, now=now, interval=MINUTE))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(close,)) for close in (1.0, 1.0, 2.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert sum(one.new for one in results) == 200
    assert sum(one.revised for one in results) in {200, 400, 600}
    assert len(rows(bitcoin)) == sum(one.new + one.revised for one in results)


FIGURES = st.floats(allow_nan=False, allow_infinity=False)
TOLD = st.dictionaries(st.integers(0, 30), st.tuples(FIGURES, FIGURES, FIGURES, FIGURES, FIGURES), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TOLD, min_size=1, max_size=4))
def test_whatever_is_told_the_last_telling_is_read_and_every_earlier_one_is_still_there(bitcoin, batches):
    with operator():
        listing = _another(bitcoin)
    standing: dict[int, tuple] = {}
    history: dict[int, list[tuple]] = {}
    moment = FIRST + dt.timedelta(days=5)
    for batch in batches:
        told = [Candle(FIRST + hour * HOUR.length, *figures) for hour, figures in batch.items()]
        result = write(listing, told, now=moment)
        differing = {hour for hour, figures in batch.items() if standing.get(hour) != figures}
        new = differing - standing.keys()
        assert result == CandlesWritten(len(new), len(differing - new), len(batch) - len(differing))
        standing |= batch
        for hour in differing:
            history.setdefault(hour, []).append(batch[hour])
        moment += HOUR.length
    assert read(listing) == [Candle(FIRST + hour * HOUR.length, *standing[hour]) for hour in sorted(standing)]
    assert len(rows(listing)) == sum(map(len, history.values()))


def _another(listing: Listing) -> Listing:
    """A listing that has no bars yet."""
    names = [field.attname for field in Listing._meta.concrete_fields if field.name != "id"]
    values = {name: getattr(listing, name) for name in names}
    return Listing.objects.create(**values | {"symbol": f"another {Listing.objects.count()}"})
