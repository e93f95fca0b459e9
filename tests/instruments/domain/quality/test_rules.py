"""What each rule sees, and that nothing is seen where nothing is wrong."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.domain.quality.findings import Finding, Kind, Severity
from instruments.domain.quality.repairs import propose_repairs
from instruments.domain.quality.rules import RULES, check_bars
from instruments.domain.quality.score import day_scores, score_of
from instruments.domain.quality.vendors import find_disagreements
from instruments.domain.session_arrays import DAY
from tests.instruments.domain.quality.series import COLUMNS, added, at, changed, only, scaled, walk

STOCK = walk()
CRYPTO = walk("always", "1h", 3_000)
MINUTES = walk("XNYS", "15m", 2_600, step=0.002)


def found(bars, kind):
    return [one for one in check_bars(bars) if one.kind is kind]


def rows(bars, kind):
    return {row for one in found(bars, kind) for row in one.rows}


@pytest.mark.parametrize("bars", [STOCK, CRYPTO, MINUTES, walk("forex", "4h"), walk("XTKS", "1h"), walk("XBOM", "1d")])
def test_nothing_is_found_where_nothing_is_wrong(bars):
    assert [one for one in check_bars(bars) if one.severity is not Severity.LOOK] == []
    assert len([one for one in check_bars(bars) if one.rows]) <= 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"high": 1.0}, Kind.BAD_ORDER),
        ({"low": 1e6}, Kind.BAD_ORDER),
        ({"close": np.nan}, Kind.NOT_A_NUMBER),
        ({"open": np.inf}, Kind.NOT_A_NUMBER),
        ({"volume": np.nan}, Kind.NOT_A_NUMBER),
        ({"low": 0.0}, Kind.NOT_POSITIVE),
        ({"volume": -5.0}, Kind.NOT_POSITIVE),
        ({"volume": 0.0}, Kind.NO_VOLUME),
    ],
    ids=str,
)
def test_figure_that_cannot_be_is_told_with_its_row(values, kind):
    assert rows(at(STOCK, 400, **values), kind) == {400}


def test_sign_that_slipped_is_an_error_and_a_price_that_fell_below_nought_is_for_a_look():
    slipped = at(STOCK, 400, close=-STOCK.close[400])
    assert [one.severity for one in found(slipped, Kind.NOT_POSITIVE)] == [Severity.ERROR]
    closes = changed(STOCK, open=STOCK.close, high=STOCK.close, low=STOCK.close)
    fallen = scaled(closes, slice(400, 401), -3.0)
    [finding] = found(fallen, Kind.NOT_POSITIVE)
    assert finding.severity is Severity.LOOK
    assert propose_repairs(fallen, check_bars(fallen)) == []


@pytest.mark.parametrize("bars", [STOCK, CRYPTO, MINUTES], ids=["days", "hours", "quarters"])
@pytest.mark.parametrize("factor", [1.5, 0.6, 10.0])
@pytest.mark.parametrize("length", [1, 3])
def test_price_that_jumps_away_and_back_is_a_bad_tick(bars, factor, length):
    spoilt = scaled(bars, slice(700, 700 + length), factor)
    assert rows(spoilt, Kind.BAD_TICK) == set(range(700, 700 + length))
    assert found(spoilt, Kind.SPLIT) == []
    repaired = {one.start for one in propose_repairs(spoilt, check_bars(spoilt))}
    assert repaired == {dt.datetime.fromtimestamp(int(bars.starts[row]), dt.UTC) for row in range(700, 700 + length)}


def test_closes_alone_tell_a_spike_for_a_look():
    closes = changed(STOCK, open=STOCK.close, high=STOCK.close, low=STOCK.close)
    spoilt = scaled(closes, slice(700, 701), 2.0)
    [finding] = [one for one in found(spoilt, Kind.EXTREME) if 700 in one.rows]
    assert finding.severity is Severity.LOOK
    assert found(spoilt, Kind.BAD_TICK) == []
    assert propose_repairs(spoilt, check_bars(spoilt)) == []


def test_crash_that_stays_is_extreme_and_stays_as_it_is():
    """A sixth in a day: what a central bank can do."""
    crashed = scaled(STOCK, slice(700, None), 0.83)
    [finding] = [one for one in found(crashed, Kind.EXTREME) if 700 in one.rows]
    assert finding.severity is Severity.LOOK
    assert "Extreme, look: -" in finding.detail
    assert found(crashed, Kind.BAD_TICK) + found(crashed, Kind.SPLIT) == []
    assert propose_repairs(crashed, check_bars(crashed)) == []


@pytest.mark.parametrize(
    ("factor", "words"), [(1 / 2, "2 for 1, a split"), (2 / 3, "3 for 2, a split"), (10.0, "10 for 1, a reverse split")]
)
def test_jump_by_a_ratio_that_stays_is_a_split(factor, words):
    [finding] = found(scaled(STOCK, slice(700, None), factor), Kind.SPLIT)
    assert finding.rows == (700,)
    assert words in finding.detail


def test_bar_that_is_told_again_is_a_duplicate():
    values = {name: getattr(STOCK, name)[400] for name in ("starts", "open", "high", "low", "close", "volume")}
    [finding] = found(added(STOCK, **values), Kind.DUPLICATE)
    assert (finding.rows, finding.severity) == ((400, 401), Severity.WARNING)
    [finding] = found(added(STOCK, **{**values, "close": values["open"]}), Kind.DUPLICATE)
    assert finding.severity is Severity.ERROR


def test_rows_out_of_order_are_told():
    assert found(only(STOCK, np.r_[0:500, 600:1000, 500:600]), Kind.UNSORTED)
    assert found(only(STOCK, np.r_[0:500, 600:1000, 500:600]), Kind.GAP) == []


def test_missing_days_are_those_on_which_the_market_was_open():
    [finding] = found(only(STOCK, np.r_[0:500, 503:1000]), Kind.GAP)
    assert (finding.start, finding.end) == tuple(
        dt.datetime.fromtimestamp(int(STOCK.starts[row]), dt.UTC) for row in (500, 502)
    )
    assert finding.detail.startswith("3 bars missing")


def test_missing_hours_are_counted_over_a_night():
    gone = np.r_[0:500, 520:2600]
    [finding] = found(only(MINUTES, gone), Kind.GAP)
    assert finding.detail.startswith("20 bars missing")


def test_where_bars_are_missing_by_habit_short_holes_are_one_finding():
    random = np.random.default_rng(5)
    kept = random.random(3_000) > 0.2
    kept[1_500:1_800] = False
    findings = found(only(CRYPTO, kept), Kind.GAP)
    assert [one.severity for one in findings if "by habit" in one.detail] == [Severity.LOOK]
    [long] = [one for one in findings if "by habit" not in one.detail]
    assert long.detail.startswith("30")


def test_bar_on_a_holiday_with_volume_nought_is_a_ghost():
    holiday = dt.datetime(2020, 12, 25, tzinfo=dt.UTC).timestamp()
    ghost = {"starts": int(holiday), "open": 100.0, "high": 100.0, "low": 100.0, "close": 100.0, "volume": 0.0}
    [finding] = found(added(STOCK, **ghost), Kind.OUTSIDE_SESSION)
    assert finding.severity is Severity.ERROR
    assert "a ghost" in finding.detail


def test_sunday_stubs_are_one_finding():
    friday = (STOCK.starts // DAY + 3) % 7 == 4
    bars = STOCK
    for row in np.flatnonzero(friday)[:30]:
        values = {name: getattr(STOCK, name)[row] for name in ("open", "high", "low", "close", "volume")}
        bars = added(bars, starts=STOCK.starts[row] + 2 * DAY, **values)
    [finding] = found(bars, Kind.OUTSIDE_SESSION)
    assert len(finding.rows) == 30
    assert "30 bars on Sundays" in finding.detail


def test_feed_that_rests_on_weekends_hides_them_in_one_finding():
    weekday = (CRYPTO.starts // DAY + 3) % 7 < 5
    bars = only(CRYPTO, weekday)
    assert [one.kind for one in check_bars(bars) if one.kind in {Kind.NO_WEEKENDS, Kind.GAP}] == [Kind.NO_WEEKENDS]


@pytest.mark.parametrize("hours", [-5, -2, 1, 4, 5.5])
def test_whole_series_in_local_time_is_another_time_zone(hours):
    shifted = changed(MINUTES, starts=MINUTES.starts + int(hours * 3600))
    [finding] = found(shifted, Kind.TIME_ZONE)
    assert len(finding.rows) > 0.9 * len(shifted)
    assert f"{abs(hours):g} hours {'earlier' if hours > 0 else 'later'}" in finding.detail


def test_daily_bars_named_by_the_evening_before_are_another_time_zone():
    shifted = changed(STOCK, starts=STOCK.starts - 5 * 3600 - 1800)
    [finding] = found(shifted, Kind.TIME_ZONE)
    assert "put 5.5 hours later" in finding.detail


def test_bars_that_repeat_are_stale():
    once = at(STOCK, 400, **{name: getattr(STOCK, name)[399] for name in ("open", "high", "low", "close", "volume")})
    assert rows(once, Kind.STALE) == {400}
    stands = changed(STOCK, **{name: getattr(STOCK, name).copy() for name in ("open", "high", "low", "close")})
    for name in ("open", "high", "low", "close"):
        getattr(stands, name)[400:412] = STOCK.close[399]
    assert rows(stands, Kind.STALE) >= set(range(401, 412))


def test_prices_that_stand_still_by_habit_are_not_stale():
    random = np.random.default_rng(3)
    quiet = np.flatnonzero(random.random(3_000) < 0.3)
    bars = changed(CRYPTO, **{name: getattr(CRYPTO, name).copy() for name in ("open", "high", "low", "close")})
    for row in quiet[quiet > 0]:
        for name in ("open", "high", "low", "close"):
            getattr(bars, name)[row] = bars.close[row - 1]
    assert found(bars, Kind.STALE) == []


def test_stretch_without_its_last_digits_is_rounded():
    bars = changed(STOCK, **{name: getattr(STOCK, name).copy() for name in ("open", "high", "low", "close")})
    for name in ("open", "high", "low", "close"):
        getattr(bars, name)[400:460] = np.round(getattr(bars, name)[400:460], 0)
    assert len(rows(bars, Kind.ROUNDED) & set(range(400, 460))) == 60


def test_steps_that_hide_the_market_are_rounded():
    coarse = changed(
        CRYPTO, **{name: np.round(getattr(CRYPTO, name) / 40_000, 4) for name in ("open", "high", "low", "close")}
    )
    assert len(rows(coarse, Kind.ROUNDED)) > 2_000


def test_vendors_that_adjust_differently_stand_in_a_constant_ratio():
    other = changed(STOCK, close=STOCK.close / 0.51636)
    [finding] = find_disagreements(STOCK, other)
    assert (finding.kind, len(finding.rows)) == (Kind.VENDOR_RATIO, 1_000)
    assert "0.51636" in finding.detail


def test_vendor_that_says_otherwise_for_a_day_is_told_with_both_values():
    [finding] = find_disagreements(STOCK, at(STOCK, 400, close=1.25))
    assert (finding.kind, finding.rows) == (Kind.VENDOR_DISAGREES, (400,))
    assert f"{STOCK.close[400]:g}, the other 1.25" in finding.detail


def test_vendor_whose_clock_is_shifted_is_told():
    late = changed(CRYPTO, **{name: np.roll(getattr(CRYPTO, name), 3) for name in ("open", "high", "low", "close")})
    assert Kind.TIME_ZONE in {one.kind for one in find_disagreements(CRYPTO, late)}
    assert list(find_disagreements(CRYPTO, CRYPTO)) == []


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_few_bars_are_looked_at_all_the_same(count):
    assert [one for one in check_bars(only(STOCK, slice(0, count))) if one.severity is Severity.ERROR] == []


def test_every_price_may_be_the_same():
    flat = changed(STOCK, **{name: np.full(1_000, 5.0) for name in ("open", "high", "low", "close")})
    assert {one.kind for one in check_bars(flat)} <= {Kind.STALE}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_the_figures_are_the_rules_answer(data):
    figure = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, -1.0, 1e300, 5e-324])
    count = data.draw(st.integers(0, 30))
    columns = [np.array(data.draw(st.lists(figure, min_size=count, max_size=count)), np.float64) for _ in range(5)]
    starts = np.array(
        data.draw(st.lists(st.integers(1_400_000_000, 1_700_000_000), min_size=count, max_size=count)), np.int64
    )
    like = data.draw(st.sampled_from([STOCK, CRYPTO, MINUTES]))
    bars = changed(like, **dict(zip(COLUMNS, (starts, *columns), strict=True)))
    with np.errstate(all="ignore"):
        findings = check_bars(bars)
    scores = day_scores(bars, findings)
    assert all(0 <= score <= 100 for score in scores.values())


SOME = check_bars(scaled(only(STOCK, np.r_[0:500, 503:1000]), slice(700, 701), 3.0))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(SOME), max_size=6), st.sampled_from(SOME))
def test_further_finding_never_raises_a_score(findings: list[Finding], further: Finding):
    before, after = (day_scores(STOCK, one) for one in (findings, [*findings, further]))
    assert all(after[day] <= score for day, score in before.items())
    assert score_of(after) <= score_of(before)
    assert score_of(day_scores(STOCK, [])) == 100


def test_rules_know_no_file_and_no_date():
    for rule in RULES:
        names = [one for one in rule.__code__.co_consts if isinstance(one, str)]
        assert not any(word in " ".join(names) for word in ("20", "19", ".parquet", "XBOM", "AAPL"))
