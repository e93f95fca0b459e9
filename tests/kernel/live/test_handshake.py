"""Who may open a socket is settled before it is accepted."""

import datetime as dt
from contextlib import suppress

import pytest
from django.contrib.sessions.models import Session
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.models import ApiToken, Membership, Person
from accounts.services.tokens import create_token
from kernel import clock
from kernel.live import consumer
from kernel.live.codes import CloseCode
from kernel.live.origins import is_own_origin
from kernel.tenancy.access import Access, Right
from kernel.tenancy.scope import tenant
from tests.kernel.live.listeners import cookie_of


def token_of(person, workspace, *, scopes=frozenset({Right.VIEW}), lifetime=dt.timedelta(days=1), **options) -> str:
    with tenant(workspace.pk):
        role = Membership.objects.get(person=person).role
        access = Access(workspace_id=workspace.pk, person_id=person.pk, role=role)
        _, text = create_token(
            access=access, name="live", scopes=set(scopes), now=clock.now(), lifetime=lifetime, **options
        )
    return text.reveal()


def status_of(listening, *args, **options) -> int:
    """How the handshake is refused; fails when it is not."""
    with pytest.raises(InvalidStatus) as refusal:
        listening.open(*args, **options)
    return refusal.value.response.status_code


def test_anonymous_stranger_and_unknown_workspace_are_refused_alike(listening, team, strangers, alice, charlie):
    assert status_of(listening, team) == 403
    assert status_of(listening, team, charlie) == 403
    assert status_of(listening, "no-such-workspace", charlie) == 403
    assert status_of(listening, strangers, alice) == 403
    assert status_of(listening, team, cookie="x" * 32) == 403


def test_address_that_nothing_lives_at_is_refused(listening, team, alice):
    assert status_of(listening, f"{team.slug}/elsewhere", alice) == 403


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1", "http://localhost:1"])
def test_other_origins_are_refused_a_session(listening, team, alice, origin):
    assert status_of(listening, team, alice, origin=origin) == 403


def test_token_opens_its_own_workspace_without_an_origin_and_not_from_a_foreign_page(
    listening, team, strangers, bob, charlie
):
    token = token_of(bob, team)
    assert listening.open(team, token=token, origin=None).is_open
    assert status_of(listening, team, token=token, origin="https://evil.example") == 403
    assert status_of(listening, strangers, token=token, origin=None) == 403
    assert status_of(listening, team, token=token_of(charlie, strangers), origin=None) == 403


def test_token_that_is_expired_of_another_address_or_without_the_right_to_look_is_refused(listening, team, alice):
    for token in (
        token_of(alice, team, lifetime=dt.timedelta(seconds=-1)),
        token_of(alice, team, addresses=["192.0.2.0/24"]),
        token_of(alice, team, scopes={Right.TRADE}),
        "pl_nonsense",
    ):
        assert status_of(listening, team, token=token, origin=None) == 403


def test_session_that_ended_opens_nothing(listening, team, alice):
    expired, old_password, inactive = cookie_of(alice), cookie_of(alice), cookie_of(alice)
    Session.objects.filter(pk=expired).update(expire_date=clock.now())
    assert status_of(listening, team, cookie=expired) == 403
    Person.objects.filter(pk=alice.pk).update(is_active=False)
    assert status_of(listening, team, cookie=inactive) == 403
    alice.set_password("another one entirely")
    alice.save()
    assert status_of(listening, team, cookie=old_password) == 403


def test_handshake_changes_nothing_but_a_tokens_last_use(listening, team, alice):
    cookie = cookie_of(alice)
    before = list(Session.objects.values())
    listening.open(team, cookie=cookie)
    assert list(Session.objects.values()) == before
    listening.open(team, token=token_of(alice, team), origin=None)
    with tenant(team.pk):
        assert ApiToken.objects.get().last_used_from == "127.0.0.1"


def test_listener_that_talks_is_ignored_and_closed_when_it_talks_much(listening, write, team, alice):
    listener = listening.open(team, alice)
    listener.connection.send('{"subscribe": "everything"}')
    row = write(team, alice)
    assert listener.next_row()[2] == f"notice-{row.pk}"
    with suppress(ConnectionClosed):
        for _ in range(5):
            listener.connection.send("x" * 1000)
    assert listener.closed_with() == CloseCode.TOO_BIG


def test_message_beyond_the_limit_closes_the_socket(listening, team, alice):
    listener = listening.open(team, alice)
    with suppress(ConnectionClosed):
        listener.connection.send("x" * 50_000)
    # The server's own word, before we say ours.
    assert listener.closed_with() == 1009


def test_socket_ends_by_itself_before_its_day_is_over(listening, monkeypatch, team, alice):
    monkeypatch.setattr(consumer, "LIFETIME_SECONDS", 1.0)
    assert listening.open(team, alice).closed_with(2) == CloseCode.WORN_OUT


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("https://trade.example", "inside:8000", True),
        ("https://TRADE.example", "inside:8000", True),
        ("https://other.example", "other.example", True),
        ("https://other.example", "trade.example", False),
        ("http://other.example", "other.example", False),
        ("https://evil.example", "evil.example", False),
        ("https://trade.example.evil.example", "trade.example", False),
        ("https://[", "[", False),
        ("", "trade.example", False),
    ],
)
def test_origin_is_ours_or_the_host_that_was_asked(settings, origin, host, is_own):
    settings.SITE_ADDRESS, settings.ALLOWED_HOSTS = "https://trade.example", ["other.example", "trade.example"]
    settings.SESSION_COOKIE_SECURE = True
    assert is_own_origin({"origin": origin, "host": host}) is is_own
