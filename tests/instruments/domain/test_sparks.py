"""Which way a price went: the line, the figure, the sentence."""

import datetime as dt
from math import inf, nan

import pytest

from instruments.domain.sparks import HEIGHT, WIDTH, spark_of
from kernel.bars import Interval

DAY, HOUR = Interval("1d"), Interval("1h")
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
FIRST = dt.datetime(2026, 10, 21, tzinfo=dt.UTC)


def days(*closes):
    return [(FIRST + DAY.length * number, close) for number, close in enumerate(closes)]


def test_line_runs_from_edge_to_edge_and_the_dearest_close_is_on_top():
    spark = spark_of(days(100, 110, 90, 103.2), DAY, now=NOW)
    places = [tuple(map(float, one.split(","))) for one in spark.points.split()]
    assert [across for across, _ in places] == pytest.approx([2, 32.7, 63.3, 94], abs=0.1)
    assert min(range(4), key=lambda at: places[at][1]) == 1
    assert max(range(4), key=lambda at: places[at][1]) == 2
    assert all(0 <= across <= WIDTH and 0 <= down <= HEIGHT for across, down in places)


def test_words_say_how_far_over_how_long_and_as_of_when():
    closes = days(*[100.0] * 30, 103.2)
    assert spark_of(closes, DAY, now=NOW).words == "+3.2 % over 30 days, as of 20 Nov 2026"
    assert spark_of(closes[-2:], DAY, now=NOW).words == "+3.2 % over 1 day, as of 20 Nov 2026"


def test_loss_wears_a_true_minus_and_what_rounds_to_nothing_no_sign():
    assert (spark_of(days(100, 96.8), DAY, now=NOW).change_text, spark_of(days(100, 96.8), DAY, now=NOW).direction) == (
        "−3.2 %",
        "loss",
    )
    for close in (100.04, 99.96, 100):
        assert (
            spark_of(days(100, close), DAY, now=NOW).change_text,
            spark_of(days(100, close), DAY, now=NOW).direction,
        ) == ("0.0 %", "")


def test_bars_within_a_day_are_as_of_their_end():
    closes = [(FIRST, 100.0), (FIRST + dt.timedelta(days=2, hours=19), 101.0)]
    assert spark_of(closes, HOUR, now=NOW).words == "+1.0 % over 2 days, as of 23 Oct 2026, 20:00 UTC"


def test_price_that_stood_still_is_a_line_in_the_middle():
    assert {one.split(",")[1] for one in spark_of(days(5, 5, 5), DAY, now=NOW).points.split()} == {f"{HEIGHT / 2:.1f}"}


def test_below_nought_there_is_a_line_and_no_percentage():
    spark = spark_of(days(-36.98, 10), DAY, now=NOW)
    assert (spark.change, spark.change_text, spark.direction) == (None, "", "")
    assert spark.words == "Prices over 1 day, as of 22 Oct 2026"


@pytest.mark.parametrize("closes", [(), (1.0,), (1.0, nan), (inf, 2.0, nan)])
def test_fewer_than_two_numbers_are_no_line(closes):
    assert spark_of(days(*closes), DAY, now=NOW) is None


def test_what_is_long_ago_wears_its_year_in_the_list_too():
    closes = days(100, 101)
    assert spark_of(closes, DAY, now=NOW).until_text == "22 Oct"
    assert spark_of(closes, DAY, now=NOW.replace(year=2027)).until_text == "22 Oct 2026"
