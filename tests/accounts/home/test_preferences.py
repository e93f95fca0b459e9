"""A person's preferences: kept, applied everywhere, and every mistake named with nothing lost."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from accounts.models import AuditDetail, Person
from accounts.services.workspaces import create_workspace
from kernel.moments import Precision, moment_text
from kernel.tenancy.scope import tenant

pytestmark = pytest.mark.django_db
PAGE = "/account/preferences/"
GOOD = {
    "name": "Alice",
    "theme": "dark",
    "number_format": "lakh",
    "base_currency": "INR",
    "time_zone": "Asia/Kolkata",
    "country": "IN",
    "has_single_keys": "on",
}


@pytest.fixture
def home(client, alice, now):
    client.force_login(alice)
    return create_workspace(owner=alice, name="Alice's", kind="personal", now=now)


def test_preferences_are_kept_and_recorded_without_their_values(client, alice, home):
    assert client.post(PAGE, GOOD).status_code == 302
    alice.refresh_from_db()
    kept = {name: getattr(alice, name) for name in GOOD}
    assert kept == GOOD | {"has_single_keys": True}
    with tenant(home.pk):
        detail = AuditDetail.objects.select_related("entry").filter(entry__action="preferences.changed").get()
        assert detail.person_id == alice.pk
        assert "Kolkata" not in str(detail.entry.facts)


def test_keeping_the_same_again_records_nothing(client, alice, home):
    for _ in range(2):
        client.post(PAGE, GOOD)
    with tenant(home.pk):
        assert AuditDetail.objects.filter(entry__action="preferences.changed").count() == 1


def test_times_and_figures_follow_on_every_page(client, alice, home, team):
    client.post(PAGE, GOOD)
    page = client.get(PAGE).content.decode()
    assert 'data-theme="dark"' in page
    assert "₹18,85,588.10" in page
    assert "12,50,000.00\u00a0USD" in page
    assert " IST</time>" in page
    assert " IST</time>" in client.get(f"/w/{team.slug}/audit/").content.decode()
    client.post(PAGE, GOOD | {"number_format": "thousand", "time_zone": "America/New_York", "has_single_keys": ""})
    page = client.get(PAGE).content.decode()
    assert "₹1,885,588.10" in page
    assert "EST</time>" in page or "EDT</time>" in page
    assert 'data-single-keys="off"' in page


def test_examples_follow_the_choice_before_it_is_kept(client, alice, home):
    lakh = client.get(f"{PAGE}examples/", {"number_format": "lakh", "time_zone": "Asia/Tokyo"}).content.decode()
    assert "12,50,000.00" in lakh
    assert "JST" in lakh
    odd = client.get(f"{PAGE}examples/", {"number_format": "x", "time_zone": "x" * 10_000})
    assert odd.status_code == 200
    alice.refresh_from_db()
    assert alice.time_zone == "UTC"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "n" * 10_000}, "at most 120 characters; this one has 10000"),
        ({"time_zone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone"),
        ({"time_zone": ""}, "This field is required"),
        ({"time_zone": "../../etc/passwd"}, "is no time zone"),
        ({"time_zone": "z" * 10_000}, "at most 64 characters"),
        ({"base_currency": "GOLD"}, "“GOLD” is not among the choices"),
        ({"theme": "pink"}, "“pink” is not among the choices"),
        ({"country": "XX"}, "“XX” is not among the choices"),
        ({"number_format": ""}, "Choose one"),
        ({"name": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_mistake_is_named_and_nothing_typed_is_lost(client, alice, home, changes, words):
    answer = client.post(PAGE, GOOD | {"name": "Kept Name"} | changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert ("Kept Name" in page) == ("name" not in changes)
    if "name" in changes and "\x00" not in changes["name"]:
        assert changes["name"] in page
    if "time_zone" not in changes:
        assert 'value="Asia/Kolkata"' in page
    alice.refresh_from_db()
    assert (alice.name, alice.theme) == ("Alice", "system")


@pytest.mark.parametrize("name", ["שלום עולם", "مرحبا", "A 🌍 B", "<script>alert(1)</script>", ""])
def test_any_name_is_taken_as_it_is(client, alice, home, name):
    assert client.post(PAGE, GOOD | {"name": name}).status_code == 302
    alice.refresh_from_db()
    assert alice.name == name
    page = client.get(PAGE).content.decode()
    assert "<script>alert" not in page


def test_zone_is_found_whatever_its_case(client, alice, home):
    client.post(PAGE, GOOD | {"time_zone": "  america/new york "})
    alice.refresh_from_db()
    assert alice.time_zone == "America/New_York"


def test_person_without_a_workspace_has_the_page_too(client, charlie):
    client.force_login(charlie)
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, GOOD).status_code == 302


def test_notices_are_those_of_the_country_and_of_who_runs_the_instance(client, alice, home, settings):
    client.post(PAGE, GOOD)
    settings.SELF_HOSTED = False
    assert "a hosted instance offers paper trading and alerts" in client.get(PAGE).content.decode()
    settings.SELF_HOSTED = True
    page = client.get(PAGE).content.decode()
    assert "a hosted instance offers" not in page
    assert "registered static address" in page
    client.post(PAGE, GOOD | {"country": "DE"})
    assert "11 October 2027" in client.get(PAGE).content.decode()
    client.post(PAGE, GOOD | {"country": "AQ"})
    assert "No notice for your country" in client.get(PAGE).content.decode()


def test_nobody_changes_anothers_preferences(client, alice, charlie):
    client.force_login(charlie)
    client.post(PAGE, GOOD | {"person": str(alice.pk), "id": str(alice.pk), "email": alice.email})
    assert Person.objects.get(pk=alice.pk).theme == "system"
    assert Person.objects.get(pk=charlie.pk).email == "charlie@example.org"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "20 Nov 2026, 09:30 UTC"),
        ("Asia/Kolkata", "20 Nov 2026, 15:00 IST"),
        ("Asia/Kathmandu", "20 Nov 2026, 15:15 UTC+05:45"),
        ("America/Sao_Paulo", "20 Nov 2026, 06:30 UTC\u221203:00"),
    ],
)
def test_moment_names_its_zone(now, zone, words):
    assert moment_text(now.astimezone(ZoneInfo(zone)), Precision.MINUTE) == words


def test_moment_is_as_precise_as_it_is_asked_to_be():
    at = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert moment_text(at, Precision.DAY) == "2 Jan 2026"
    assert moment_text(at, Precision.SECOND) == "2 Jan 2026, 03:04:05 UTC"
