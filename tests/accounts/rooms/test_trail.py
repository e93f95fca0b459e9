"""The audit page: filtered by what, who, when and on what; older by sequence; as a file that no spreadsheet runs."""

import csv
import datetime as dt
import io
import json

import pytest
from django.test import AsyncClient

from accounts.models import AuditDetail
from accounts.services.audit import record
from accounts.services.tokens import create_token
from accounts.views.audit import BATCH, COLUMNS, PAGE, defused
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import access

pytestmark = pytest.mark.django_db

DAY = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)


@pytest.fixture
def trail(team, alice, bob):
    """Five acts on three days, after the two by which the team was made."""
    with tenant(team.pk):
        for hours, action, person, target in (
            (0, "order.placed", alice, "order:1"),
            (23.99, "order.cancelled", bob, "order:1"),
            (24, "orders.counted", bob, "day:1"),
            (48, "signal.made", None, "=1+2"),
            (49, "signal.made", alice, "-order:2"),
        ):
            record(
                action,
                now=DAY + dt.timedelta(hours=hours),
                person_id=person and person.pk,
                target=target,
                facts={"hours": str(hours)},
                personal={"address": "192.0.2.7"},
            )
    return team


def targets(browser, team, **query):
    answer = browser.get(f"/w/{team.slug}/audit/", query)
    assert answer.status_code == 200
    return [entry.target for entry in answer.context["entries"] if entry.at.year == 2026 and entry.at.month == 3]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["-order:2", "=1+2", "day:1", "order:1", "order:1"]),
        ({"action": "order."}, ["order:1", "order:1"]),
        ({"action": "order"}, ["day:1", "order:1", "order:1"]),
        ({"action": "o_der"}, []),
        ({"since": "2026-03-06", "until": "2026-03-06"}, ["day:1"]),
        ({"until": "2026-03-05"}, ["order:1", "order:1"]),
        ({"since": "2026-03-07"}, ["-order:2", "=1+2"]),
        ({"target": "ORDER"}, ["-order:2", "order:1", "order:1"]),
        ({"target": "%"}, []),
        ({"until": "9999-12-31", "since": "0001-01-01"}, ["-order:2", "=1+2", "day:1", "order:1", "order:1"]),
    ],
)
def test_filters_find_what_they_say(alices, trail, query, found):
    assert targets(alices, trail, **query) == found


def test_filter_by_person_is_a_choice_among_members(alices, trail, bob):
    assert targets(alices, trail, person=str(bob.pk)) == ["day:1", "order:1"]
    assert (
        f'<option value="{bob.pk}" selected>Bob</option>'
        in alices.get(f"/w/{trail.slug}/audit/", {"person": str(bob.pk)}).content.decode()
    )


def test_person_that_is_not_known_any_more_is_not_named(alices, trail, bob):
    with tenant(trail.pk):
        AuditDetail.objects.filter(person_id=bob.pk).delete()
    page = alices.get(f"/w/{trail.slug}/audit/", {"action": "order.cancelled"})
    [entry] = page.context["entries"]
    assert (entry.who, entry.who_mail) == (None, None)


@pytest.mark.parametrize(
    "query",
    [
        {"action": "UPPER"},
        {"action": "x" * 81},
        {"person": "nobody"},
        {"since": "yesterday"},
        {"since": "2026-13-01"},
        {"since": "2026-03-06", "until": "2026-03-05"},
        {"target": "x" * 10_000},
        {"target": "\x00"},
    ],
)
def test_filter_that_cannot_be_read_is_422_on_the_page_and_a_problem_in_the_api(client, alices, trail, alice, query):
    answer = alices.get(f"/w/{trail.slug}/audit/", query)
    assert answer.status_code == 422
    assert alices.get(f"/w/{trail.slug}/audit/trail.csv", query).status_code == 422
    answer = client.get("/api/v1/audit", query, headers=headers(trail, alice))
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert set(answer.json()["fields"]) <= set(query)


def test_pages_go_by_sequence_and_keep_the_filter(alices, team, alice):
    with tenant(team.pk):
        for number in range(PAGE + 10):
            record("thing.done", now=DAY, person_id=alice.pk, target=f"thing:{number}")
            record("other.done", now=DAY, person_id=alice.pk)
    answer = alices.get(f"/w/{team.slug}/audit/", {"action": "thing."})
    older = answer.context["older"]
    assert "action=thing." in older
    second = alices.get(f"/w/{team.slug}/audit/{older}")
    seen = [entry.target for page in (answer, second) for entry in page.context["entries"]]
    assert seen == [f"thing:{number}" for number in reversed(range(PAGE + 10))]
    assert second.context["older"] == ""


def test_page_and_files_ask_as_many_queries_for_one_entry_as_for_many(
    alices, team, alice, django_assert_max_num_queries
):
    counts = set()
    for more in (1, 30):
        with tenant(team.pk):
            for _ in range(more):
                record("thing.done", now=DAY, person_id=alice.pk)
        for path in ("audit/", "audit/trail.csv", "audit/trail.json"):
            with django_assert_max_num_queries(26) as asked:
                alices.get(f"/w/{team.slug}/{path}").getvalue()
            counts.add((path, len(asked.captured_queries)))
    assert len(counts) == 3


def read_csv(answer):
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_csv_holds_every_entry_and_no_formula(alices, trail, alice):
    answer = alices.get(f"/w/{trail.slug}/audit/trail.csv", {"since": "2026-03-01", "until": "2026-03-31"})
    assert answer.streaming
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == f'attachment; filename="audit-{trail.slug}.csv"'
    rows = read_csv(answer)
    assert tuple(rows[0]) == COLUMNS
    assert [row["target"] for row in rows] == ["'-order:2", "'=1+2", "day:1", "order:1", "order:1"]
    assert rows[0]["who"] == "alice@example.org"
    assert rows[1]["who"] == ""
    assert json.loads(rows[0]["facts"]) == {"hours": "49"}


@pytest.mark.parametrize("cell", ["=1+2", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=x"])
def test_cell_that_a_spreadsheet_would_run_is_defused(cell):
    assert defused(cell) == f"'{cell}"
    assert defused(f"x{cell}") == f"x{cell}"


def test_json_holds_the_same(alices, trail):
    rows = json.loads(alices.get(f"/w/{trail.slug}/audit/trail.json", {"action": "signal."}).getvalue())
    assert [row["target"] for row in rows] == ["-order:2", "=1+2"]
    assert json.loads(alices.get(f"/w/{trail.slug}/audit/trail.json", {"action": "no.such"}).getvalue()) == []


def test_long_trail_is_streamed_in_batches_without_one_twice(alices, team, alice):
    with tenant(team.pk):
        for number in range(BATCH + 5):
            record("thing.done", now=DAY, person_id=alice.pk, target=str(number))
    for form in ("csv", "json"):
        answer = alices.get(f"/w/{team.slug}/audit/trail.{form}", {"action": "thing."})
        rows = read_csv(answer) if form == "csv" else json.loads(answer.getvalue())
        assert [row["target"] for row in rows] == [str(number) for number in reversed(range(BATCH + 5))]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_asynchronous_server_gets_the_same_file_piece_by_piece(alices, trail):
    browser = AsyncClient()
    browser.cookies = alices.cookies
    answer = await browser.get(f"/w/{trail.slug}/audit/trail.csv?action=signal.")
    assert answer.is_async
    text = b"".join([piece async for piece in answer.streaming_content]).decode()
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert len(text.splitlines()) == 3


def headers(team, person):
    door = access(team, person)
    with tenant(team.pk):
        _, secret = create_token(
            access=door, name="t", scopes={Right.MANAGE}, now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    return {"Authorization": f"Bearer {secret.reveal()}"}


def test_api_takes_the_same_filters(client, trail, alice, bob):
    bearer = headers(trail, alice)
    query = {"action": "order", "person": str(bob.pk), "since": "2026-03-05", "until": "2026-03-06", "target": ":1"}
    body = client.get("/api/v1/audit", query, headers=bearer).json()
    assert [row["action"] for row in body["results"]] == ["orders.counted", "order.cancelled"]
    page = client.get("/api/v1/audit", {**query, "limit": 1}, headers=bearer).json()
    assert "action=order" in page["next"]


def test_trail_and_its_files_are_the_owners(bobs, trail):
    for path in ("audit/", "audit/trail.csv", "audit/trail.json"):
        assert bobs.get(f"/w/{trail.slug}/{path}").status_code == 403
