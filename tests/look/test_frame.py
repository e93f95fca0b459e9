"""The frame of a page behind the log-in: where you are, its mode, Stop, and nothing that leads nowhere."""

import re

import pytest
from django.urls import Resolver404, resolve

from accounts.kill_switch import Level, State
from accounts.services.kill_switch import set_kill_switch
from kernel.tenancy.scope import tenant
from tests.log_in import log_in_with_factor

pytestmark = pytest.mark.django_db

PAGES = ("", "jobs/", "audit/", "members/", "search/")


@pytest.fixture
def page(client, team, alice):
    client.force_login(alice)
    return lambda path="", **query: client.get(f"/w/{team.slug}/{path}", query).content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_page_has_one_heading_its_landmarks_and_a_skip_link_first(page, path):
    html = page(path)
    assert html.count("<main") == 1
    assert html.count("<h1") == 1
    assert len(set(re.findall(r'<nav [^>]*aria-label="([^"]+)"', html))) >= 2
    assert re.search(r'<body[^>]*>\s*<a class="skip" href="#content">', html)


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_dead_link_and_no_id_twice(page, path):
    html = page(path)
    for href in set(re.findall(r'href="(/[^"?#]*)', html)):
        if href.startswith("/static/"):
            continue
        try:
            assert resolve(href).url_name != "not-open-yet", href
        except Resolver404:
            pytest.fail(f"{href} leads nowhere")
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


def test_page_without_an_account_says_that_nothing_trades(page):
    html = page()
    assert "NO ACCOUNT" in html
    assert 'class="edge none"' in html


def test_current_page_is_marked_for_eyes_and_readers(page):
    current = re.findall(r'<a class="rail-link" href="([^"]+)"[^>]*aria-current="page"', page("jobs/"))
    assert all(href.endswith("/jobs/") for href in current)
    assert current != []


def test_state_of_trading_is_the_strictest_that_binds(page, team, now):
    assert 'data-state="ACTIVE"' in page()
    with tenant(team.pk):
        set_kill_switch(
            level=Level.WORKSPACE, state=State.HALTED, now=now, person_id=None, reason="<b>Monthly close</b>"
        )
    html = page()
    assert 'data-state="HALTED" data-level="workspace"' in html
    assert "&lt;b&gt;Monthly close" in html


def test_name_of_a_workspace_is_escaped_and_may_be_long(client, alice, team):
    with tenant(team.pk):
        type(team).objects.filter(pk=team.pk).update(name="<img src=x>\u202e🪢")
    client.force_login(alice)
    html = client.get(f"/w/{team.slug}/").content.decode()
    assert "<img" not in html
    assert "&lt;img" in html


def test_keys_of_the_entries_are_on_their_links_and_in_the_list(page):
    html = page()
    assert re.search(r'<a class="rail-link"[^>]*data-keys="g d"', html)
    assert "<kbd>g</kbd> <kbd>d</kbd>" in html


def test_theme_is_set_on_the_root_only_when_it_was_chosen(page):
    assert "data-theme" not in page().split("<body")[0]


def test_search_lists_pages_finds_people_and_repeats_the_question_escaped(page):
    assert "Members" in page("search/")
    assert "1 of" not in page("search/", q="jobs")
    found = page("search/", q="bob")
    assert "member, bob@example.org" in found
    nothing = page("search/", q="<script>zz")
    assert "Nothing found for “<bdi>&lt;script&gt;zz</bdi>”" in nothing


def test_one_hit_and_enter_opens_it(client, team, alice):
    client.force_login(alice)
    answer = client.get(f"/w/{team.slug}/search/", {"q": "job", "jump": "1"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/w/{team.slug}/jobs/"
    assert client.get(f"/w/{team.slug}/search/", {"q": "job"}).status_code == 200


def test_search_as_you_type_gets_the_results_alone(client, team, alice):
    client.force_login(alice)
    html = client.get(f"/w/{team.slug}/search/", {"q": "mem"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert "Members" in html


def test_search_shows_a_viewer_no_page_that_is_shut_to_him(client, team, bob):
    client.force_login(bob)
    html = client.get(f"/w/{team.slug}/search/", {"q": "audit"}, headers={"HX-Request": "true"}).content.decode()
    assert "Nothing found" in html


@pytest.mark.parametrize("words", ["x" * 10_000, "\x00", "\u202e", "🪢", "%", "'; --", "  "])
def test_search_takes_any_words(client, team, alice, words):
    client.force_login(alice)
    assert client.get(f"/w/{team.slug}/search/", {"q": words}).status_code == 200


def test_operators_first_page_says_whether_the_instance_is_well(client, alice):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    log_in_with_factor(client, alice)
    html = client.get("/operator/").content.decode()
    assert "Failed in the last day" in html
    assert "nothing queued will be done" in html
    assert "theme.js" not in html
