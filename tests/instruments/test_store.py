"""Closed months lie in files, the rest in the database, and a reader notices nothing of it."""

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from instruments.candles import candles, latest_candles
from instruments.domain.bars import BrokenFile, MissingFile
from instruments.domain.candles import Candle
from instruments.models import CandleFile, CandleRow, CandleSeries, Disagreement
from instruments.ring import RING, Ring
from instruments.selectors import candles_of
from instruments.services.candles import CandlesWritten, write_candles
from instruments.services.filing import file_closed_months, file_month, months_due, sweep_files
from kernel.bars import Interval
from kernel.tenancy.scope import operator, tenant
from tests.instruments.telling import bars

pytestmark = pytest.mark.django_db
UTC = dt.UTC
MINUTE, HOUR, DAY = map(Interval, ("1m", "1h", "1d"))
SEPTEMBER, OCTOBER = dt.date(2026, 9, 1), dt.date(2026, 10, 1)
FIRST = dt.datetime(2026, 9, 30, 20, tzinfo=UTC)
FOREVER = (dt.datetime(1990, 1, 1, tzinfo=UTC), dt.datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.CANDLE_STORE = str(tmp_path / "candles")
    return tmp_path / "candles"


@pytest.fixture
def told():
    """Ten hours of minutes over the turn of a month."""
    return bars(FIRST, 600, every=MINUTE.length)


@pytest.fixture
def series(bitcoin, told, now):
    write_candles(bitcoin, MINUTE, told, source="binance", now=now)
    return CandleSeries.objects.get()


def read(listing, interval=MINUTE, since=FOREVER[0], until=FOREVER[1], **options):
    return candles(listing, interval, since, until, **options).candles()


def whole(listing, **options):
    found = candles(listing, MINUTE, *FOREVER, **options)
    return list(zip(found.candles(), found.source.tolist(), found.known_at.tolist(), strict=True))


def test_series_tells_how_far_it_reaches_and_counts_its_changes(series, bitcoin, told, now):
    assert (series.first, series.last, series.count, series.changes) == (FIRST, told[-1].start, 600, 1)
    write_candles(bitcoin, MINUTE, told, source="binance", now=now)
    series.refresh_from_db()
    assert (series.count, series.changes) == (600, 1)
    write_candles(bitcoin, MINUTE, [told[3]._replace(close=1.0)], source="binance", now=now)
    series.refresh_from_db()
    assert (series.count, series.changes, series.sources) == (600, 2, ["binance"])


def test_month_in_a_file_is_read_as_it_was_in_the_database(series, bitcoin, now):
    before = whole(bitcoin), whole(bitcoin, as_known_at=FIRST + dt.timedelta(hours=1))
    file = file_month(series, SEPTEMBER, now=now)
    assert (file.rows, CandleRow.objects.count()) == (240, 360)
    assert (whole(bitcoin), whole(bitcoin, as_known_at=FIRST + dt.timedelta(hours=1))) == before
    file_month(series, OCTOBER, now=now)
    assert CandleRow.objects.count() == 0
    assert (whole(bitcoin), whole(bitcoin, as_known_at=FIRST + dt.timedelta(hours=1))) == before
    assert len(before[0]) == 600


def test_range_over_file_and_database_takes_its_first_moment_and_leaves_its_last(series, bitcoin, told, now):
    file_month(series, SEPTEMBER, now=now)
    assert read(bitcoin, since=told[100].start, until=told[400].start) == told[100:400]
    assert read(bitcoin, since=told[250].start, until=told[260].start) == told[250:260]
    assert read(bitcoin, since=told[10].start, until=told[20].start) == told[10:20]


@pytest.mark.parametrize("minutes", [1, 30, 359])
def test_range_that_ends_on_the_first_day_of_a_filed_month_has_its_bars(series, bitcoin, told, now, minutes):
    file_month(series, OCTOBER, now=now)
    until = dt.datetime(2026, 10, 1, tzinfo=UTC) + minutes * MINUTE.length
    assert read(bitcoin, until=until) == told[: 240 + minutes]
    assert read(bitcoin, since=until, until=until) == []


def test_telling_what_is_in_a_file_again_changes_nothing(series, bitcoin, told, now):
    file_month(series, SEPTEMBER, now=now)
    assert write_candles(bitcoin, MINUTE, told, source="binance", now=now) == CandlesWritten(unchanged=600)
    assert CandleRow.objects.count() == 360


def test_correction_of_a_filed_bar_lies_in_the_database_until_its_month_is_filed_again(series, bitcoin, told, now):
    first = file_month(series, SEPTEMBER, now=now)
    later = now + dt.timedelta(hours=1)
    changed = told[5]._replace(close=77.0)
    assert write_candles(bitcoin, MINUTE, [changed], source="binance", now=later).revised == 1
    assert read(bitcoin)[5] == changed
    assert read(bitcoin, as_known_at=now) == told
    second = file_month(series, SEPTEMBER, now=later)
    assert (second.pk, second.rows) == (first.pk, 241)
    assert second.name != first.name
    assert read(bitcoin)[5] == changed
    assert read(bitcoin, as_known_at=now) == told
    assert candles_of(bitcoin, MINUTE, *FOREVER)[5] == changed


def test_filing_a_month_twice_files_it_once(series, now):
    assert file_month(series, SEPTEMBER, now=now) is not None
    assert file_month(series, SEPTEMBER, now=now) is None


def test_months_that_are_long_over_are_filed_and_recent_ones_stay(bitcoin, now):
    """At the twentieth of November the month before may still be asked for often."""
    for month in (8, 9, 10, 11):
        first = dt.datetime(2026, month, 3, tzinfo=UTC)
        write_candles(bitcoin, MINUTE, bars(first, 10, every=MINUTE.length), source="binance", now=now)
        write_candles(bitcoin, DAY, bars(first, 3, every=DAY.length), source="binance", now=now)
    assert [(one.series.interval, one.month.month) for one in months_due(now=now)] == [("1m", 8), ("1m", 9)]
    assert file_closed_months(now=now) == 2
    assert file_closed_months(now=now) == 0
    assert len(read(bitcoin)) == 40


def test_file_whose_bytes_are_not_those_that_were_written_is_an_error_in_words(series, bitcoin, folder, now):
    file = file_month(series, SEPTEMBER, now=now)
    path = folder / file.name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BrokenFile, match="is not what was written: its checksum is another"):
        read(bitcoin)
    path.write_bytes(content[:-10])
    with pytest.raises(BrokenFile, match="is not what was written"):
        read(bitcoin)


def test_file_that_was_right_before_is_looked_at_again_when_it_changes(series, bitcoin, folder, now):
    file = file_month(series, SEPTEMBER, now=now)
    assert len(read(bitcoin)) == 600
    path = folder / file.name
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    RING.clear()
    with pytest.raises(BrokenFile):
        read(bitcoin)


def test_file_that_is_gone_is_an_error_and_never_a_shorter_series(series, bitcoin, folder, now):
    file = file_month(series, SEPTEMBER, now=now)
    (folder / file.name).unlink()
    with pytest.raises(MissingFile, match=r"is missing\. Put it back from the backup"):
        read(bitcoin)


def test_broken_month_is_not_overwritten_and_holds_back_no_other(series, bitcoin, told, folder, now):
    file = file_month(series, SEPTEMBER, now=now)
    write_candles(bitcoin, MINUTE, [told[5]._replace(close=77.0)], source="binance", now=now)
    (folder / file.name).write_bytes(b"nothing")
    assert file_closed_months(now=now.replace(year=2027)) == 1
    assert CandleRow.objects.filter(start__lt=dt.datetime(2026, 10, 1, tzinfo=UTC)).count() == 1


def test_transaction_that_fails_leaves_a_file_that_is_nobodys(series, bitcoin, told, folder, now, monkeypatch):
    with pytest.raises(RuntimeError, match="pulled"), operator():
        file_month(series, SEPTEMBER, now=now)
        raise RuntimeError("the plug was pulled")
    [orphan] = folder.glob("*/*/*.parquet")
    assert (CandleFile.objects.count(), CandleRow.objects.count()) == (0, 600)
    assert read(bitcoin) == told
    assert sweep_files(now=dt.datetime.fromtimestamp(orphan.stat().st_mtime, UTC)) == 0
    os.utime(orphan, (0, 0))
    assert sweep_files(now=now) == 1
    assert not orphan.exists()


def test_file_that_counts_is_never_swept(series, bitcoin, folder, now):
    file = file_month(series, SEPTEMBER, now=now)
    os.utime(folder / file.name, (0, 0))
    assert sweep_files(now=now) == 0
    assert len(read(bitcoin)) == 600


def test_reader_whose_file_was_compacted_meanwhile_reads_its_follower(series, bitcoin, told, folder, now, monkeypatch):
    old = file_month(series, SEPTEMBER, now=now)
    write_candles(bitcoin, MINUTE, [told[5]._replace(close=77.0)], source="binance", now=now)
    stale = CandleFile.objects.get(pk=old.pk)
    file_month(series, SEPTEMBER, now=now)
    (folder / stale.name).unlink()
    monkeypatch.setattr("instruments.stored.CandleFile.objects.filter", lambda **_: _Listed([stale]))
    assert len(read(bitcoin)) == 600


class _Listed(list):
    def order_by(self, *_):
        return self


@pytest.mark.parametrize("expected", [239, 241, 0])
def test_database_gives_up_rows_only_for_a_file_that_has_them_all(series, now, expected):
    file = file_month(series, SEPTEMBER, now=now)
    with operator(), pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        run("SELECT instruments_forget_filed_candles(%s, %s)", file.pk, expected or 1)


def test_tenant_takes_no_bar_away(series, team, now):
    file = file_month(series, SEPTEMBER, now=now)
    with tenant(team.pk), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        run("SELECT instruments_forget_filed_candles(%s, 0)", file.pk)


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_ring_gives_the_last_bars_without_reading_them_again(series, bitcoin, told, django_assert_num_queries):
    RING.clear()
    since = told[-100].start
    assert read(bitcoin, since=since) == told[-100:]
    with django_assert_num_queries(1):
        assert read(bitcoin, since=since) == told[-100:]
    with django_assert_num_queries(1):
        assert read(bitcoin, since=told[-50].start, until=told[-40].start) == told[-50:-40]


def test_ring_is_never_stale(series, bitcoin, told, now):
    for number in range(3):
        assert read(bitcoin, since=told[-3].start)[-1].close == told[-1].close + (number if number else 0)
        changed = told[-1]._replace(close=told[-1].close + number + 1)
        write_candles(bitcoin, MINUTE, [changed], source="binance", now=now)
        assert read(bitcoin, since=told[-3].start)[-1] == changed
        told[-1] = told[-1]._replace(close=told[-1].close)
    added = Candle(told[-1].start + MINUTE.length, 1, 2, 1, 2, 3)
    write_candles(bitcoin, MINUTE, [added], source="binance", now=now)
    assert read(bitcoin, since=told[-3].start)[-1] == added


def test_ring_is_bounded_in_series_and_in_bars(series, bitcoin):
    ring = Ring(series=2)
    found = candles(bitcoin, MINUTE, *FOREVER)
    for key in "abc":
        ring.put(key, changes=1, since=np.datetime64("1990-01-01", "us"), bars=found)
    assert len(ring) == 2
    assert ring.get("a", changes=1, since=found.start[-1]) is None
    assert ring.get("c", changes=1, since=np.datetime64("1990-01-01", "us")) is None
    assert len(ring.get("c", changes=1, since=found.start[100])) == 500
    assert ring.get("c", changes=2, since=found.start[100]) is None


def test_latest_bars_are_found_over_the_hole_of_an_outage(bitcoin, now):
    old = bars(dt.datetime(2026, 3, 1, tzinfo=UTC), 40, every=HOUR.length)
    new = bars(dt.datetime(2026, 11, 19, tzinfo=UTC), 10, every=HOUR.length)
    write_candles(bitcoin, HOUR, old + new, source="binance", now=now)
    assert latest_candles(bitcoin, HOUR, 20).candles() == old[-10:] + new
    assert latest_candles(bitcoin, HOUR, 1000).candles() == old + new


def test_longer_bars_are_made_of_whole_shorter_ones_alone(bitcoin, now):
    told = bars(dt.datetime(2026, 11, 19, 10, tzinfo=UTC), 20, every=MINUTE.length)
    missing = told[7]
    write_candles(bitcoin, MINUTE, [one for one in told if one != missing], source="binance", now=now)
    five = Interval("5m")
    made = read(bitcoin, five)
    assert [one.start.minute for one in made] == [0, 10, 15]
    assert made[0] == Candle(
        told[0].start, told[0].open, 102.0, 99.0, told[4].close, sum(one.volume for one in told[:5])
    )
    write_candles(bitcoin, MINUTE, [missing], source="yahoo", now=now)
    whole_again = candles(bitcoin, five, *FOREVER)
    assert whole_again.source.tolist() == ["binance", "mixed", "binance", "binance"]


def test_word_of_the_venue_itself_takes_the_place_of_a_vendors(bitcoin, now):
    told = bars(dt.datetime(2026, 11, 19, tzinfo=UTC), 2, every=HOUR.length)
    write_candles(bitcoin, HOUR, told, source="yahoo", now=now)
    own = [told[0]._replace(close=110.0), told[1]]
    assert write_candles(bitcoin, HOUR, own, source="binance", now=now) == CandlesWritten(revised=1, unchanged=1)
    found = candles(bitcoin, HOUR, *FOREVER)
    assert (found.close[0], found.source.tolist()) == (110.0, ["binance", "yahoo"])
    [row] = Disagreement.objects.all()
    assert (row.kept_source, row.other_source, row.kept[3], row.other[3]) == ("binance", "yahoo", 110.0, 100.0)


def test_disagreement_is_a_row_with_both_values_and_no_average(bitcoin, now):
    told = bars(dt.datetime(2026, 11, 19, tzinfo=UTC), 3, every=HOUR.length)
    write_candles(bitcoin, HOUR, told, source="binance", now=now)
    other = [told[0]._replace(close=100.2), told[1]._replace(high=150.0), told[2]]
    for _ in range(2):
        write_candles(bitcoin, HOUR, other, source="yahoo", now=now)
    [row] = Disagreement.objects.all()
    assert (row.start, row.kept, row.other) == (told[1].start, list(told[1][1:]), list(other[1][1:]))
    assert row.apart == pytest.approx(48 / 102)
    assert read(bitcoin, HOUR) == told


def test_files_wear_listing_interval_and_month(series, bitcoin, folder, now):
    file = file_month(series, SEPTEMBER, now=now)
    assert Path(file.name).parts[:2] == (str(bitcoin.pk), "1m")
    assert Path(file.name).name.startswith("2026-09.")
    assert [path.suffix for path in folder.glob("*/*/*")] == [".parquet"]
