"""A person's workspaces: made once however often the form is sent, switched by a press, named in any script."""

import re

import pytest

from accounts.models import AuditEntry, Membership, Workspace
from accounts.selectors import workspaces_of
from accounts.services.workspaces import create_team
from kernel.ids import new_id
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import at_once, browser_of, standing

pytestmark = pytest.mark.django_db

KEY = re.compile(r'name="key" value="([^"]+)"')


def key_on(browser):
    return KEY.search(browser.get("/account/workspaces/").content.decode())[1]


def test_team_is_created_and_owned(alices, alice, team):
    answer = alices.post("/account/workspaces/", {"name": "Night desk", "key": key_on(alices)})
    [made] = [one for one in workspaces_of(alice.pk) if one.name == "Night desk"]
    assert answer["Location"] == f"/w/{made.slug}/"
    assert (made.kind, standing(made, alice)) == ("team", ("owner", True))


def test_form_sent_twice_makes_one_team_and_another_name_makes_another(alices, alice, team):
    key = key_on(alices)
    addresses = [alices.post("/account/workspaces/", {"name": "Desk", "key": key})["Location"] for _ in range(3)]
    assert len(set(addresses)) == 1
    alices.post("/account/workspaces/", {"name": "Other desk", "key": key})
    assert sorted(one.name for one in workspaces_of(alice.pk)) == ["Alice and team", "Desk", "Other desk"]


@pytest.mark.django_db(transaction=True)
def test_form_sent_twice_at_once_makes_one_team(alice, now):
    key = new_id()
    made = at_once(*[lambda: create_team(owner=alice, name="Desk", key=key, now=now)] * 4)
    assert {one.pk for one in made} == {key}
    assert len(workspaces_of(alice.pk)) == 1


def test_key_of_somebody_else_makes_nothing(alices, bobs, alice, bob):
    answer = bobs.post("/account/workspaces/", {"name": "Mine", "key": key_on(alices)})
    assert answer.status_code == 422
    assert [one.name for one in workspaces_of(bob.pk)] == ["Alice and team"]


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u200d", "\x00", "\u202e", "x" * 121, "x" * 10_000])
def test_name_that_nobody_can_read_is_422(alices, alice, team, name):
    assert alices.post("/account/workspaces/", {"name": name, "key": key_on(alices)}).status_code == 422
    answer = alices.post(f"/w/{team.slug}/settings/", {"name": name})
    assert answer.status_code == 422
    with tenant(team.pk):
        assert Workspace.objects.get().name == "Alice and team"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("שולחן המסחר", "שולחן המסחר"),
        ("  two \t\n words ", "two words"),
        ("\u202edesk\u202c", "desk"),
        ("👩‍👩‍👧 desk 🇮🇳", "👩‍👩‍👧 desk 🇮🇳"),
        ("a\x07b", "ab"),
        ("<b>desk</b>", "<b>desk</b>"),
    ],
)
def test_name_in_any_script_is_kept_without_what_breaks_a_line(alices, team, typed, kept):
    assert alices.post(f"/w/{team.slug}/settings/", {"name": typed}).status_code == 302
    with tenant(team.pk):
        assert Workspace.objects.get().name == kept
        entry = AuditEntry.objects.select_related("detail").get(action="workspace.renamed")
    assert entry.detail.personal == {"from": "Alice and team", "to": kept}
    assert "<b>desk</b>" not in alices.get("/account/workspaces/").content.decode()


def test_saving_the_same_name_is_no_act(alices, team):
    alices.post(f"/w/{team.slug}/settings/", {"name": "Alice and team"})
    with tenant(team.pk):
        assert not AuditEntry.objects.filter(action="workspace.renamed").exists()


def test_opening_makes_it_home_and_reading_does_not(alices, alice, team, now):
    other = create_team(owner=alice, name="Zebra", key=new_id(), now=now)
    assert alices.get("/home/")["Location"] == f"/w/{team.slug}/"
    alices.get(f"/w/{other.slug}/")
    assert alices.get("/home/")["Location"] == f"/w/{team.slug}/"
    assert alices.post("/account/workspaces/switch/", {"to": other.slug})["Location"] == f"/w/{other.slug}/"
    assert alices.get("/home/")["Location"] == f"/w/{other.slug}/"
    with tenant(other.pk):
        Membership.objects.filter(person=alice).delete()
    assert alices.get("/home/")["Location"] == f"/w/{team.slug}/"


@pytest.mark.parametrize("slug", ["", "no-such", "\x00", "x" * 10_000, "שלום"])
def test_workspace_one_is_not_in_is_not_switched_to(alices, alice, strangers, slug):
    for given in (slug, strangers.slug):
        assert alices.post("/account/workspaces/switch/", {"to": given}).status_code == 404
    alice.refresh_from_db()
    assert alice.home_workspace_id is None


def test_person_in_no_workspace_may_create_his_first(charlie):
    browser = browser_of(charlie)
    page = browser.get("/account/workspaces/")
    assert "You are in no workspace" in page.content.decode()
    answer = browser.post("/account/workspaces/", {"name": "First", "key": KEY.search(page.content.decode())[1]})
    assert answer.status_code == 302
    assert [one.name for one in workspaces_of(charlie.pk)] == ["First"]


def test_twenty_teams_a_day_are_enough(alices, alice):
    for number in range(21):
        answer = alices.post("/account/workspaces/", {"name": f"Desk {number}", "key": key_on(alices)})
    assert answer.status_code == 429
    assert len(workspaces_of(alice.pk)) == 21  # twenty, and the one she had


def test_settings_are_the_owners(bobs, team):
    for path in ("settings/", "settings/networks/"):
        assert bobs.get(f"/w/{team.slug}/{path}").status_code == 403
        assert bobs.post(f"/w/{team.slug}/{path}", {"name": "Mine", "networks": "10.0.0.0/8"}).status_code == 403


def test_picker_lists_those_one_is_in_and_marks_the_open_one(alices, alice, team, strangers):
    alices.post("/account/workspaces/", {"name": "Second <b>", "key": key_on(alices)})
    listed = alices.get("/account/workspaces/menu/", {"open": team.slug}).content.decode()
    assert listed.count("<li>") == 2
    assert "Second &lt;b&gt;" in listed
    assert listed.count("aria-current") == 1
    assert f'href="/w/{team.slug}/" aria-current="true"' in listed
    assert strangers.slug not in listed
