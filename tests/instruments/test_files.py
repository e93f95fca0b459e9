"""Files in and out: whole or not at all, and what is wrong with one is said with its row."""

import datetime as dt
import io
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from instruments.candles import candles
from instruments.domain.candles import Candle
from instruments.models import CandleFile, CandleRow
from instruments.selectors import listing_of
from instruments.services.candles import write_candles
from instruments.services.catalogue import refresh_listings
from kernel.bars import Interval
from tests.instruments.telling import spot
from tests.jobs import enqueued as enqueued

pytestmark = pytest.mark.django_db
UTC = dt.UTC
HOUR, MINUTE, DAY = map(Interval, ("1h", "1m", "1d"))
FIRST = dt.datetime(2024, 3, 1, tzinfo=UTC)
FOREVER = (dt.datetime(1990, 1, 1, tzinfo=UTC), dt.datetime(2030, 1, 1, tzinfo=UTC))
HEADER = "start,open,high,low,close,volume"


def bars(first, count, *, every, price=100.0):
    return [
        Candle(first + every * number, price, price + 2, price - 1, price + number % 8 / 8, 10.0 + number)
        for number in range(count)
    ]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.CANDLE_STORE = str(tmp_path / "candles")


@pytest.fixture
def put(tmp_path, bitcoin):
    """Imports a text as a file; gives what was said."""

    def import_text(text, *, interval="1h", name="bars.csv", **options):
        path = tmp_path / name
        path.write_text(text, encoding=options.pop("encoding", "utf-8"))
        return put_file(path, interval=interval, **options)

    return import_text


def put_file(path, *, interval="1h", instrument="BTC/USDT", **options):
    out = io.StringIO()
    call_command(
        "import_candles",
        str(path),
        instrument=instrument,
        interval=interval,
        stdout=out,
        stderr=io.StringIO(),
        **options,
    )
    return out.getvalue()


def text_of(told, *, written=lambda one: one.start.isoformat(), header=HEADER, between=","):
    rows = [between.join([written(one), *(repr(figure) for figure in one[1:])]) for one in told]
    return "\n".join([header, *rows]) + "\n"


def kept(listing, interval=HOUR):
    return candles(listing, interval, *FOREVER).candles()


def test_csv_goes_in_and_is_there_already_the_second_time(put, bitcoin):
    told = bars(FIRST, 50, every=HOUR.length)
    assert "50 rows of BTCUSDT at binance, 1h: 50 new" in put(text_of(told))
    assert "0 new, 0 corrected, 50 there already" in put(text_of(told))
    assert kept(bitcoin) == told
    assert set(candles(bitcoin, HOUR, *FOREVER).source) == {"file"}


def test_what_came_in_is_looked_at_from_the_first_bar_on(put, bitcoin, enqueued, django_capture_on_commit_callbacks):
    told = text_of(bars(FIRST, 50, every=HOUR.length))
    for expected in ([("instruments.check_series", str(bitcoin.pk), "1h", "whole")], []):
        enqueued.clear()
        with django_capture_on_commit_callbacks(execute=True):
            put(told)
        assert [one for one in enqueued if one[0] == "instruments.check_series"] == expected
        assert [one[0] for one in enqueued].count("instruments.reckon_figures_of") == len(expected)


def test_file_with_the_newest_row_first_is_read_too(put, bitcoin):
    told = bars(FIRST, 50, every=HOUR.length)
    put(text_of(told[::-1]))
    assert kept(bitcoin) == told


def test_months_that_are_long_over_lie_in_files_after_an_import(put, bitcoin):
    told = bars(dt.datetime(2024, 1, 31, 12, tzinfo=UTC), 1440, every=MINUTE.length)
    put(text_of(told), interval="1m")
    assert (CandleFile.objects.count(), CandleRow.objects.count()) == (2, 0)
    assert kept(bitcoin, MINUTE) == told


WRITTEN = {
    "seconds": lambda one: str(int(one.start.timestamp())),
    "milliseconds": lambda one: str(int(one.start.timestamp() * 1000)),
    "nanoseconds": lambda one: str(int(one.start.timestamp()) * 10**9),
    "with Z": lambda one: one.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "with an offset": lambda one: one.start.astimezone(ZoneInfo("Asia/Kolkata")).isoformat(),
    "with blanks": lambda one: one.start.strftime(" %Y-%m-%d %H:%M:%SZ "),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_times_that_say_all_are_taken_as_they_are(put, bitcoin, written):
    told = bars(FIRST, 5, every=HOUR.length)
    put(text_of(told, written=written))
    assert kept(bitcoin) == told


def test_columns_are_known_by_many_names_and_others_are_left(put, bitcoin):
    told = bars(FIRST, 3, every=HOUR.length)
    rows = [
        f'{int(one.start.timestamp())};x;{one.high};{one.low};"{one.close}";{one.open};{one.volume}' for one in told
    ]
    put("\n".join(["\ufeffTimestamp;Note;HIGH;Low;Close;Open;Volume", *rows]))
    assert kept(bitcoin) == told


def test_local_times_need_their_zone_and_are_then_told_in_utc(put, bitcoin):
    zone = ZoneInfo("Asia/Kolkata")
    told = bars(FIRST, 3, every=HOUR.length)
    # Half an hour off the full one there.
    text = text_of(told, written=lambda one: one.start.astimezone(zone).strftime("%Y-%m-%d %H:%M"))
    with pytest.raises(CommandError, match=r"Row 2: its time 2024-03-01 05:30:00 names no zone\. Say with --timezone"):
        put(text)
    with pytest.raises(CommandError, match="Row 2: no bar of 1h begins at 2024-03-01 05:30:00"):
        put(text, timezone="UTC")
    put(text, timezone="Asia/Kolkata")
    assert kept(bitcoin) == told


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("2024-03-10 01:00", "Row 3: 2024-03-10 02:00:00 is a time that the clock in America/New_York leaves out"),
        ("2023-11-05 00:00", "Row 3: 2023-11-05 01:00:00 is a time that the clock in America/New_York shows twice"),
    ],
)
def test_time_that_a_clock_shows_twice_or_never_is_named(put, bitcoin, first, words):
    start = dt.datetime.fromisoformat(first)
    told = [Candle(start + number * HOUR.length, 1, 2, 1, 2, 3) for number in range(4)]
    with pytest.raises(CommandError, match=words):
        put(text_of(told, written=lambda one: f"{one.start:%Y-%m-%d %H:%M}"), timezone="America/New_York")
    assert kept(bitcoin) == []


def test_days_name_sessions_and_need_no_zone(put, bitcoin):
    told = bars(FIRST, 3, every=DAY.length)
    put(text_of(told, written=lambda one: f"{one.start:%Y-%m-%d}"), interval="1d")
    assert kept(bitcoin, DAY) == told
    assert "3 there already" in put(text_of(told, written=lambda one: f"{one.start:%Y%m%d}"), interval="1d")


GOOD = text_of(bars(FIRST, 400, every=HOUR.length)).splitlines()


def changed(row, text):
    """The file with that row written otherwise; the header is row 1."""
    return "\n".join([*GOOD[: row - 1], text, *GOOD[row:]])


START = FIRST.isoformat()
ROW_300 = GOOD[299]
FAULTS = {
    "nan": (changed(300, ROW_300.rsplit(",", 1)[0] + ",nan"), "Row 300: the bar of .* has a figure that is no number"),
    "infinity": (changed(300, ROW_300.rsplit(",", 1)[0] + ",inf"), "Row 300: the bar of .* is no number"),
    "empty cell": (changed(300, ROW_300.rsplit(",", 1)[0] + ","), "Row 300: volume is empty"),
    "word": (changed(300, ROW_300.rsplit(",", 1)[0] + ",abc"), "Row 300: volume is no number: 'abc'"),
    "header again": (changed(300, HEADER), "Row 300: the header stands here a second time"),
    "decimal comma": (
        changed(300, ROW_300.replace(".", ",")),
        "Row 300: it has 11 fields where the header has 6.*decimal comma",
    ),
    "short row": (changed(300, "1,2"), "Row 300: it has 2 fields where the header has 6"),
    "empty row": (changed(300, ""), "Row 300 is empty"),
    "told twice": (
        changed(300, GOOD[298].rsplit(",", 1)[0] + ",7"),
        "Row 300: the bar of .* is told twice, with other figures",
    ),
    "out of order": (changed(300, GOOD[200]), "Row 300: its time .* comes before that of the row above it. Sort"),
    "off the grid": (changed(300, ROW_300.replace(":00:00+", ":07:00+")), "Row 300: no bar of 1h begins at"),
    "no time": (changed(300, "yesterday" + ROW_300[25:]), "Row 300: its time 'yesterday' is not written like"),
    "zone lost": (
        changed(300, ROW_300.replace("+00:00", "")),
        "Row 300: its time .* does not name a zone, as those before it do",
    ),
    "year 9999": (changed(300, "9999" + ROW_300[4:]), "Row 300: its time 9999-.* is not one of any market"),
    "no header": ("\n".join(GOOD[1:]), "Row 1 of bars.csv is no header"),
    "missing column": (text_of([], header="start,open,high,low,volume"), "has no column named close"),
    "two of one name": (text_of([], header="start,open,open,high,low,close"), "two columns named 'open'"),
    "header alone": (HEADER + "\n", "The file has no row of bars"),
    "nothing": ("", "is empty"),
    "swapped": (
        "\n".join([HEADER.replace("high,low", "low,high"), *GOOD[1:]]),
        "Row 2: open .* contradict each other. So it is in 400 of 400 rows: the columns are probably swapped",
    ),
    "volume for open": (
        "\n".join(["start,volume,high,low,close,open", *GOOD[1:]]),
        "Row 2: .* the columns are probably swapped",
    ),
}


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS)
def test_fault_is_said_with_its_row_and_nothing_is_half_written(put, bitcoin, text, words):
    with pytest.raises(CommandError, match=words):
        put(text)
    assert CandleRow.objects.count() == 0


def test_decimal_commas_between_semicolons_are_named(put, bitcoin):
    text = text_of(bars(FIRST, 3, every=HOUR.length), between=";", header=HEADER.replace(",", ";")).replace(
        "101.0", "1.101,5"
    )
    with pytest.raises(CommandError, match=r"Row 2: .* is 1\.101,5, with a decimal comma\. Write a point"):
        put(text.replace("99.0", "1.101,5"))


def test_text_that_is_no_text_is_refused(put, bitcoin, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe\x00,1,2,3,4,5\n")
    with pytest.raises(CommandError, match=r"cannot be read|no number|time"):
        put_file(path)
    path = tmp_path / "odd.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(CommandError, match="cannot be read"):
        put_file(path)


def test_a_few_odd_rows_are_kept_and_told(put, bitcoin):
    told = bars(FIRST, 100, every=HOUR.length)
    told[7] = told[7]._replace(high=1.0)
    assert "1 rows have a high or low that their other prices contradict" in put(text_of(told))
    assert kept(bitcoin) == told


def test_empty_rows_at_the_end_are_none(put, bitcoin):
    told = bars(FIRST, 3, every=HOUR.length)
    put(text_of(told) + "\n\n")
    assert kept(bitcoin) == told


def test_repeated_row_with_the_same_figures_is_one_bar(put, bitcoin):
    told = bars(FIRST, 3, every=HOUR.length)
    put(text_of([told[0], *told]))
    assert kept(bitcoin) == told


def test_bars_that_are_not_over_are_left(put, bitcoin):
    future = dt.datetime(2100, 1, 1, tzinfo=UTC)
    assert "1 new, 0 corrected, 0 there already, 2 not over yet" in put(
        text_of([*bars(FIRST, 1, every=HOUR.length), *bars(future, 2, every=HOUR.length)])
    )


def test_long_file_is_read_in_pieces_and_names_its_rows_all_the_same(put, bitcoin):
    told = bars(dt.datetime(2020, 1, 1, tzinfo=UTC), 150_000, every=MINUTE.length)
    text = text_of(told)
    lines = text.splitlines()
    lines[140_000] = lines[140_000].rsplit(",", 1)[0] + ",x"
    with pytest.raises(CommandError, match="Row 140001: volume is no number"):
        put("\n".join(lines), interval="1m")
    assert CandleRow.objects.count() == 0
    assert "150,000 new" in put(text, interval="1m")
    found = candles(bitcoin, MINUTE, *FOREVER)
    assert (len(found), found.candles()[-1]) == (150_000, told[-1])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_goes_out_comes_in_again_alike(put, bitcoin, now, tmp_path, suffix):
    told = bars(dt.datetime(2026, 10, 30, tzinfo=UTC), 100, every=HOUR.length, price=0.1 + 0.2)
    write_candles(bitcoin, HOUR, told, source="binance", now=now)
    refresh_listings(venue="kraken", listings=[spot(symbol="XBTUSDT")], now=now)
    path = tmp_path / f"out.{suffix}"
    out = io.StringIO()
    call_command("export_candles", str(path), instrument="BTCUSDT", interval="1h", stdout=out)
    assert "100 bars of BTCUSDT at binance, 1h" in out.getvalue()
    assert "100 new" in put_file(path, instrument="XBTUSDT")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert kept(listing_of("kraken", "XBTUSDT")) == told


def test_range_goes_out_alone(put, bitcoin, now, tmp_path):
    told = bars(dt.datetime(2026, 10, 30, tzinfo=UTC), 100, every=HOUR.length)
    write_candles(bitcoin, HOUR, told, source="binance", now=now)
    path = tmp_path / "out.parquet"
    call_command(
        "export_candles", str(path), instrument="BTCUSDT", interval="1h", since=told[10].start, until=told[60].start
    )
    assert pq.read_table(path)["close"].to_pylist() == [one.close for one in told[10:60]]
    with pytest.raises(CommandError, match="they reach from 2026-10-30 00:00 to"):
        call_command("export_candles", str(path), instrument="BTCUSDT", interval="1h", since=LATER)
    with pytest.raises(CommandError, match="No 5m bars of BTCUSDT at binance are kept"):
        call_command("export_candles", str(path), instrument="BTCUSDT", interval="5m")
    assert pq.read_table(path).num_rows == 50


LATER = dt.datetime(2027, 1, 1, tzinfo=UTC)


def test_parquet_with_local_times_and_with_none(bitcoin, tmp_path):
    path = tmp_path / "bars.parquet"
    figures = {name: [1.0, 2.0] for name in ("open", "high", "low", "close", "volume")}
    naive = [dt.datetime(2024, 3, 1, 5, 30), dt.datetime(2024, 3, 1, 6, 30)]
    pq.write_table(pa.table({"time": pa.array(naive, pa.timestamp("ms")), **figures}), path)
    with pytest.raises(CommandError, match="Row 1: its time 2024-03-01 05:30:00 names no zone"):
        put_file(path)
    put_file(path, timezone="Asia/Kolkata")
    assert [one.start.hour for one in kept(bitcoin)] == [0, 1]
    pq.write_table(pa.table({"time": pa.array([naive[0], None], pa.timestamp("ms", "UTC")), **figures}), path)
    with pytest.raises(CommandError, match="Row 2: its time is empty"):
        put_file(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"instrument": "DOGE/USDT"}, "The catalogue has nothing by the name 'DOGE/USDT'"),
        ({"instrument": "x" * 10_000}, "The catalogue has nothing"),
        ({"venue": "kraken"}, "at kraken"),
        ({"interval": "7 minutes"}, "an interval looks like 1m"),
        ({"timezone": "Mars/Base"}, "There is no time zone 'Mars/Base'"),
        ({"source": "ünïcode"}, "plain letters"),
    ],
    ids=lambda one: str(one)[:40].encode("ascii", "replace").decode(),
)
def test_order_that_cannot_be_followed_is_refused_in_words(put, options, words):
    with pytest.raises(CommandError, match=words):
        put(text_of(bars(FIRST, 1, every=HOUR.length)), **options)


def test_name_that_may_mean_two_listings_asks_for_the_venue(put, bitcoin, now):
    refresh_listings(venue="kraken", listings=[spot()], now=now)
    with pytest.raises(CommandError, match=r"may be any of binance BTCUSDT \(spot\), kraken BTCUSDT \(spot\)"):
        put(text_of(bars(FIRST, 1, every=HOUR.length)))
    assert "at kraken" in put(text_of(bars(FIRST, 1, every=HOUR.length)), venue="kraken")


def test_file_that_is_not_there_is_said(bitcoin, tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        put_file(tmp_path / "none.csv")
