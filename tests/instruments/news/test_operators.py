"""Operators name feeds on their pages: checked before they are kept, with a trail, and how each stands in words."""

import pytest

from accounts.models import AuditEntry, Person
from instruments.models import NewsItem, NewsSource
from instruments.services.feeds import ask_feed
from kernel.tenancy.scope import operator
from tests.factories.people import PersonFactory
from tests.instruments.news.papers import rss
from tests.jobs import enqueued as enqueued
from tests.log_in import log_in_with_factor
from tests.loopback import status

pytestmark = pytest.mark.django_db
LIST = "/operator/instruments/newssource/"
TOLD = {"name": "Our wire", "address": "https://wire.example/feed", "every_minutes": "30", "licence": "Ours."}


@pytest.fixture
def olga(db, client) -> Person:
    made = PersonFactory(email="ops@example.org", is_staff=True, is_superuser=True)
    log_in_with_factor(client, made)
    return made


def trail():
    with operator():
        return [one.action for one in AuditEntry.objects.order_by("sequence") if one.action.startswith("news_feed")]


def test_operator_adds_a_feed_and_it_is_asked(client, olga, enqueued):
    assert "Add a feed" in client.get(LIST).content.decode()
    answer = client.post(f"{LIST}new/", TOLD, follow=True)
    made = NewsSource.objects.get()
    assert (made.name, made.address, made.every_minutes, made.licence) == tuple(
        int(value) if value.isdecimal() else value for value in TOLD.values()
    )
    html = answer.content.decode()
    assert "Not asked yet; a worker does so within a minute." in html
    assert trail() == ["news_feed.added"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"address": "http://wire.example/feed"}, "must begin with https://"),
        ({"address": "https://wire.example:22/feed"}, "a port of another service"),
        ({"address": "https://me:secret@wire.example/"}, "user name or password"),
        ({"address": "javascript:alert(1)"}, "must begin with https://"),
        ({"address": "https://x/" + "a" * 10_000}, "at most 2000 characters"),
        ({"name": ""}, "required"),
        ({"name": "x" * 10_000}, "at most 80 characters"),
        ({"every_minutes": "0"}, "greater than or equal to 1"),
        ({"every_minutes": "soon"}, "whole number"),
    ],
)
def test_mistake_is_said_and_what_was_typed_stays(client, olga, changed, words):
    answer = client.post(f"{LIST}new/", {**TOLD, **changed})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html.replace("&#x27;", "'")
    assert "Ours." in html
    assert not NewsSource.objects.exists()


def test_name_that_is_taken_is_said(client, olga, enqueued):
    client.post(f"{LIST}new/", TOLD)
    answer = client.post(f"{LIST}new/", TOLD)
    assert answer.status_code == 422
    assert "There is a source by the name Our wire already." in answer.content.decode()
    assert NewsSource.objects.count() == 1


def test_operator_changes_a_feed_and_a_new_address_begins_anew(client, olga, enqueued, now):
    client.post(f"{LIST}new/", TOLD)
    made = NewsSource.objects.get()
    with operator():
        NewsSource.objects.update(etag="x", failures=3, trouble="It fell over.")
    client.post(f"{LIST}{made.pk}/edit/", {**TOLD, "address": "https://wire.example/new", "name": "Its wire 🚀"})
    made.refresh_from_db()
    assert (made.name, made.address, made.etag, made.failures) == ("Its wire 🚀", "https://wire.example/new", "", 0)
    assert trail() == ["news_feed.added", "news_feed.changed"]


@pytest.mark.parametrize("act", ["pause", "resume", "ask"])
def test_act_is_asked_first_and_done_once(client, olga, wire, enqueued, act):
    if act == "resume":
        with operator():
            NewsSource.objects.update(is_enabled=False)
    address = f"{LIST}{wire.pk}/do/{act}/"
    assert "Leave it as it is" in client.get(address).content.decode()
    for _ in range(2):
        assert client.post(address).status_code == 302
    wire.refresh_from_db()
    assert wire.is_enabled == (act != "pause")
    verb = {"pause": "paused", "resume": "resumed", "ask": "asked"}[act]
    assert trail() == [f"news_feed.{verb}"] * (2 if act == "ask" else 1)


def test_paused_feed_is_not_asked(client, olga, wire, receiver, outgoing, now):
    client.post(f"{LIST}{wire.pk}/do/pause/")
    assert ask_feed(wire.pk, now=now) is None
    assert receiver.received == []


def test_unknown_acts_and_feeds_are_not_found(client, olga, wire):
    assert client.get(f"{LIST}{wire.pk}/do/explode/").status_code == 404
    assert client.get(f"{LIST}01a1ffd4-9961-700e-a97b-c65586edb0f7/edit/").status_code == 404


def test_standing_is_told_in_words(client, olga, wire, receiver, outgoing, catalogue, now):
    receiver.replies = [status(500)]
    ask_feed(wire.pk, now=now)
    html = client.get(f"{LIST}{wire.pk}/change/").content.decode()
    assert "Failed once. It answered with status 500. No answer yet." in html


def test_items_and_matches_are_looked_at_and_not_changed(client, olga, wire, receiver, outgoing, catalogue, now):
    receiver.replies = [status(200, rss())]
    ask_feed(wire.pk, now=now)
    item = NewsItem.objects.get()
    for page in ("newsitem", "newsmatch"):
        answer = client.get(f"/operator/instruments/{page}/")
        assert "Bitcoin" in answer.content.decode()
        assert client.post(f"/operator/instruments/{page}/add/", {}).status_code == 403
    shown = client.get(f"/operator/instruments/newsitem/{item.pk}/change/").content.decode()
    assert "Known at" in shown
    assert 'name="_save"' not in shown


@pytest.mark.parametrize("path", ["", "new/", "{feed}/edit/", "{feed}/do/pause/"])
def test_member_finds_no_such_page(client, alice, wire, path):
    log_in_with_factor(client, alice)
    address = LIST + path.format(feed=wire.pk)
    assert client.get(address, follow=True).status_code == 404
    client.post(address, TOLD)
    wire.refresh_from_db()
    assert wire.is_enabled
    assert NewsSource.objects.count() == 1
