"""Whoever loses a right loses the socket within five seconds, whatever Redis does."""

import datetime as dt
import time

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from accounts.consumers import WorkspaceDoor
from accounts.models import ApiToken, Membership, Person
from accounts.models.workspace import Role
from accounts.services.tokens import revoke_token
from kernel import clock
from kernel.live import watch
from kernel.live.codes import CloseCode
from kernel.live.door import Handshake
from kernel.tenancy.access import Access
from kernel.tenancy.scope import tenant
from tests.kernel.live.listeners import cookie_of
from tests.kernel.live.test_handshake import token_of


def log_out(bob, team, cookie):
    client = Client()
    client.cookies["sessionid"] = cookie
    client.logout()


def delete_session(bob, team, cookie):
    Session.objects.filter(pk=cookie).delete()


def let_session_expire(bob, team, cookie):
    Session.objects.filter(pk=cookie).update(expire_date=clock.now())


def remove_membership(bob, team, cookie):
    with tenant(team.pk):
        Membership.objects.get(person=bob).delete()


def change_role(bob, team, cookie):
    with tenant(team.pk):
        Membership.objects.filter(person=bob).update(role=Role.TRADER)


def deactivate(bob, team, cookie):
    Person.objects.filter(pk=bob.pk).update(is_active=False)


def change_password(bob, team, cookie):
    bob.set_password("another one entirely")
    bob.save()


@pytest.mark.parametrize(
    "revoke",
    [log_out, delete_session, let_session_expire, remove_membership, change_role, deactivate, change_password],
)
def test_session_that_no_longer_holds_closes_its_socket(listening, team, alice, bob, revoke):
    bystander, cookie = listening.open(team, alice), cookie_of(bob)
    listener = listening.open(team, cookie=cookie)
    started = time.monotonic()
    revoke(bob, team, cookie)
    assert listener.closed_with() == CloseCode.ENTRY_ENDED
    assert time.monotonic() - started < 5
    assert bystander.is_open


def revoke_by_service(bob, team):
    access = Access(workspace_id=team.pk, person_id=bob.pk, role=Role.VIEWER)
    revoke_token(access=access, token=ApiToken.objects.get(), now=clock.now())


def let_token_expire(bob, team):
    ApiToken.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))


@pytest.mark.parametrize("revoke", [revoke_by_service, let_token_expire])
def test_token_that_no_longer_holds_closes_its_socket(listening, team, alice, bob, revoke):
    bystander = listening.open(team, alice)
    listener = listening.open(team, token=token_of(bob, team), origin=None)
    with tenant(team.pk):
        revoke(bob, team)
    assert listener.closed_with() == CloseCode.ENTRY_ENDED
    assert bystander.is_open


def test_nudge_closes_the_socket_well_before_the_next_round(listening, monkeypatch, team, bob):
    monkeypatch.setattr(watch, "CHECK_EVERY_SECONDS", 60.0)
    listener = listening.open(team, bob)
    time.sleep(1.2)  # the first round checks at once
    with tenant(team.pk):
        Membership.objects.get(person=bob).delete()
    assert listener.closed_with(2) == CloseCode.ENTRY_ENDED


def test_revocation_needs_no_redis(settings, listening, team, bob):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    listener = listening.open(team, bob)
    with tenant(team.pk):
        Membership.objects.get(person=bob).delete()
    assert listener.closed_with() == CloseCode.ENTRY_ENDED


def test_sockets_outlive_a_short_absence_of_the_database_and_not_a_long_one(listening, monkeypatch, team, bob):
    def away(self, entries):
        raise OperationalError("the connection is lost")

    listener = listening.open(team, bob)
    monkeypatch.setattr(WorkspaceDoor, "still_open", away)
    assert listener.hears_nothing(3.5)
    monkeypatch.setattr(watch, "UNCHECKED_SECONDS", 3.0)
    assert listener.closed_with(2) == CloseCode.UNCHECKED


def test_all_sockets_are_checked_with_one_query(listening, team, alice, bob, django_assert_num_queries):
    entries = [WorkspaceDoor().admit(handshake) for handshake in _handshakes(team, [alice, bob] * 5)]
    with django_assert_num_queries(1):
        assert WorkspaceDoor().still_open(entries) == {entry.id for entry in entries}
    with tenant(team.pk):
        Membership.objects.get(person=bob).delete()
    assert WorkspaceDoor().still_open(entries) == {entry.id for entry in entries[::2]}
    assert WorkspaceDoor().still_open([]) == set()


def _handshakes(team, people):
    headers = {"origin": "http://localhost", "host": "localhost"}
    return [
        Handshake(team.slug, {**headers, "cookie": f"sessionid={cookie_of(person)}"}, "127.0.0.1") for person in people
    ]
