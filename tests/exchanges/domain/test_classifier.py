"""The tables of replies: every row of every venue is met by its own reply, and nothing that no row names is decided."""

import json
import sys

import pytest

from exchanges.domain.classifier import BadTable, Row, Table, Trouble, Verdict, read_table, table_of
from exchanges.domain.outcomes import Reply
from exchanges.domain.venues import VENUES

#: Every status that a row may leave open is tried with these.
ANY_STATUS = (200, 400, 403, 429, 500, 503)
#: Paper has no wire.
TABLES: dict[str, Table] = {}
for _name in VENUES:
    try:
        TABLES[_name] = table_of(_name)
    except FileNotFoundError:
        continue
tables = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def reply(row: Row, status: int, text: str | None = None) -> Reply:
    message = f"Sorry. {row.text.upper()} (no. 7)" if text is None else text
    return Reply(status, "", row.code, message)


@tables
def test_every_row_of_the_table_decides_its_own_reply(table, capsys):
    tested = 0
    for row in table.rows:
        for status in row.statuses or ANY_STATUS:
            met = table.row(reply(row, status))
            if row.statuses or met is row:
                assert met is row, f"{row} is hidden by {met}"
                assert table.verdict(reply(row, status)) is row.verdict
                assert table.trouble(reply(row, status)) is row.trouble
        assert any(table.row(reply(row, status)) is row for status in row.statuses or ANY_STATUS), f"{row} is never met"
        tested += 1
    documented = {(row.code, row.text) if row.code else row.statuses for row in table.rows if row.is_documented}
    with capsys.disabled():
        sys.stdout.write(f"\n{table.venue}: {tested} rows tested / {len(documented)} codes documented")
    assert tested == len(table.rows)


@tables
def test_code_without_its_text_or_its_status_is_not_decided_by_that_row(table):
    for row in table.rows:
        if row.text:
            assert table.row(reply(row, min(row.statuses, default=400), text="other words")) is not row
        if row.statuses:
            assert table.row(reply(row, 599)) is not row
            assert table.verdict(reply(row, 599)) is Verdict.UNKNOWN


@tables
@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 409, 418, 429, 500, 502, 503, 504])
def test_code_that_is_in_no_row_decides_nothing(table, status):
    strange = Reply(status, "", "phase of the moon", "full")
    assert table.row(strange) is None
    assert table.verdict(strange) is Verdict.UNKNOWN
    assert table.trouble(strange) is Trouble.NOT_NOW


@tables
def test_no_whole_answer_is_never_decided(table):
    for row in table.rows:
        assert table.verdict(Reply(None, "", row.code, row.text)) is Verdict.UNKNOWN


@tables
def test_server_that_failed_never_refuses(table):
    refused = [row for row in table.rows if row.verdict is Verdict.REJECTED and any(one >= 500 for one in row.statuses)]
    assert refused == []


@tables
def test_reply_in_no_envelope_never_refuses(table):
    """A proxy or a gateway says such things, and knows nothing of the order."""
    assert [row for row in table.rows if not row.code and row.verdict is Verdict.REJECTED] == []


@tables
def test_table_says_what_it_was_written_from(table):
    assert table.sources
    for source in table.sources:
        assert {"document", "version", "date"} <= set(source)
        assert all(source.values())


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"code": "-1", "verdict": "unknown", "trouble": "not_now"}] * 2, "said twice"),
        ([{"code": "-1", "statuses": [200], "verdict": "accepted"}], "never means accepted"),
        ([{"code": "", "verdict": "accepted"}], "never means accepted"),
        ([{"code": "-1", "verdict": "rejected"}], "what the trouble is"),
        ([{"code": "", "statuses": [200], "verdict": "accepted", "trouble": "refused"}], "what the trouble is"),
    ],
)
def test_table_that_contradicts_itself_is_not_read(rows, said):
    with pytest.raises(BadTable, match=said):
        read_table(json.dumps({"venue": "x", "sources": [], "rows": rows}))


def test_row_that_says_most_of_a_reply_wins():
    rows = [
        {"code": "E", "verdict": "unknown", "trouble": "not_now"},
        {"code": "E", "statuses": [400], "verdict": "rejected", "trouble": "refused"},
        {"code": "E", "text": "Duplicate", "verdict": "duplicate", "trouble": "refused"},
    ]
    table = read_table(json.dumps({"venue": "x", "sources": [], "rows": rows}))
    assert table.verdict(Reply(400, "", "E", "a duplicate order")) is Verdict.DUPLICATE
    assert table.verdict(Reply(400, "", "E", "bad")) is Verdict.REJECTED
    assert table.verdict(Reply(500, "", "E", "bad")) is Verdict.UNKNOWN
