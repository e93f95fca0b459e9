"""`manage.py check_quality`: a file in, a score and findings out; what cannot be read is named by its row."""

import json
from io import StringIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from tests.instruments.domain.quality.series import scaled, walk

HEADER = "timestamp,open,high,low,close,volume\n"


def check(path, *options):
    out = StringIO()
    call_command(
        "check_quality", str(path), "--interval", "1d", "--calendar", "XNYS", "--no-forest", *options, stdout=out
    )
    return out.getvalue()


@pytest.fixture
def table():
    bars = scaled(walk(count=400), slice(200, 201), 3.0)
    starts = bars.starts.astype("datetime64[s]").astype("datetime64[ms]")
    columns = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close, "volume": bars.volume}
    return pa.table({"timestamp": pa.array(starts).cast(pa.timestamp("ms", tz="UTC")), **columns})


def test_parquet_is_told_as_json(tmp_path, table):
    pq.write_table(table, tmp_path / "bars.parquet")
    told = json.loads(check(tmp_path / "bars.parquet", "--json"))
    assert 99 < told["score"] < 100
    [finding] = told["findings"]
    assert {"kind", "severity", "start", "end", "detail"} <= set(finding)
    assert (finding["kind"], finding["severity"]) == ("bad_tick", "error")
    assert finding["start"].endswith("+00:00")


def test_csv_says_the_same_as_parquet(tmp_path, table):
    rows = zip(*(table[name].to_pylist() for name in table.column_names), strict=True)
    lines = [",".join(str(one) for one in (row[0].date(), *row[1:])) for row in rows]
    (tmp_path / "bars.csv").write_text(HEADER.replace("timestamp", "Date").title() + "\n".join(lines))
    pq.write_table(table, tmp_path / "bars.parquet")
    assert check(tmp_path / "bars.csv", "--json") == check(tmp_path / "bars.parquet", "--json")


def test_without_json_it_is_a_table(tmp_path, table):
    pq.write_table(table, tmp_path / "bars.parquet")
    said = check(tmp_path / "bars.parquet")
    assert "bad_tick" in said
    assert "of 100 over 400 bars: 1 bad_tick." in said


def test_second_vendor_is_held_against_the_first(tmp_path, table):
    pq.write_table(table, tmp_path / "one.parquet")
    halved = {name: np.asarray(table[name]) / 2 for name in ("open", "high", "low", "close")}
    other = pa.table({"timestamp": table["timestamp"], **halved, "volume": table["volume"]})
    pq.write_table(other, tmp_path / "two.parquet")
    told = json.loads(check(tmp_path / "one.parquet", "--json", "--against", str(tmp_path / "two.parquet")))
    assert "vendor_ratio" in {one["kind"] for one in told["findings"]}


GOOD = "2024-01-02,1,2,0.5,1,10\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + GOOD + "2024-01-03;1;2;0.5;1;10\n", "Row 3 has 1 cells, the header has 6"),
        (HEADER + GOOD + HEADER + GOOD, "Row 3 is the header again"),
        (
            HEADER.replace(",", ";") + "2024-01-02;1,5;2;0.5;1;10\n",
            "Row 2: the open '1,5' is no number. It has a decimal comma",
        ),
        (HEADER + "yesterday,1,2,0.5,1,10\n", "Row 2: the time 'yesterday' is not read"),
        (HEADER.replace("close", "last") + GOOD, "has no column 'close'"),
        (HEADER, "has a header and no row"),
        ("", "has no column 'timestamp'"),
    ],
    ids=range(7),
)
def test_what_cannot_be_read_is_an_error_that_names_its_row(tmp_path, text, words):
    (tmp_path / "bars.csv").write_text(text)
    with pytest.raises(CommandError) as raised:
        check(tmp_path / "bars.csv")
    assert words in str(raised.value)


def test_file_that_is_none_is_an_error_in_words(tmp_path):
    (tmp_path / "bars.parquet").write_bytes(b"no parquet")
    for name in ("bars.parquet", "missing.csv"):
        with pytest.raises(CommandError, match="cannot be read"):
            check(tmp_path / name)
    (tmp_path / "bars.csv").write_bytes(b"\xff\xfe\x00timestamp")
    with pytest.raises(CommandError, match="no text in UTF-8"):
        check(tmp_path / "bars.csv")


@pytest.mark.parametrize(
    ("name", "words"), [("--interval=1x", "looks like"), ("--calendar=XPAR", "no calendar 'XPAR'")]
)
def test_unknown_interval_or_calendar_is_an_error_in_words(tmp_path, name, words):
    with pytest.raises(CommandError, match=words):
        call_command(
            "check_quality", str(tmp_path), *({"--interval": "--interval=1d"} | {name.partition("=")[0]: name}).values()
        )
