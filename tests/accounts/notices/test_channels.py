"""Whose channel carries whose news, how one is added, and how it ends."""

import datetime as dt

import pytest
from django.core import mail

from accounts.models import Membership, NotificationChannel
from accounts.services.channels import add_channel, remove_channel
from accounts.services.workspaces import create_workspace
from kernel.encryption.secret import Secret
from kernel.outgoing.models import Delivery
from kernel.tenancy.scope import tenant
from tests.accounts.notices.telling import NIGHT, TOKEN, Kind, access_of, messages, tell, work
from tests.loopback import status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site", "events")]


def test_person_who_left_gets_nothing_that_waited(team, bob, channel, receiver, client):
    night, morning = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 7, tzinfo=dt.UTC)
    channel(Kind.SLACK, person=bob, quiet=NIGHT)
    tell(team, bob, night)
    with tenant(team.pk):
        Membership.objects.filter(person=bob).delete()
    work(team, client, morning)
    assert receiver.received == []
    assert [message.state for message in messages(team)] == ["CANCELLED"]


def test_channels_of_one_workspace_never_carry_another_s_news(team, alice, channel, receiver, client, now):
    own = create_workspace(owner=alice, name="Alice's own", kind="personal", now=now)
    for kind in Kind:
        channel(kind)
    tell(own, alice, now)
    work(own, client, now)
    work(team, client, now)
    assert (receiver.received, mail.outbox, messages(own), messages(team)) == ([], [], [], [])


def test_colleague_s_channel_does_not_carry_my_news(team, alice, bob, channel, receiver, client, now):
    channel(Kind.SLACK, person=bob)
    tell(team, alice, now)
    work(team, client, now)
    assert receiver.received == []


def test_removed_channel_gets_nothing_that_was_on_its_way(team, alice, bob, channel, receiver, client, now):
    row = channel(Kind.WEBHOOK)
    receiver.replies = [status(503)]
    tell(team, alice, now)
    work(team, client, now)
    assert len(receiver.received) == 1
    with tenant(team.pk):
        assert remove_channel(access=access_of(team, bob), channel_id=row.pk, now=now) is False
        assert remove_channel(access=access_of(team, alice), channel_id=row.pk, now=now) is True
    work(team, client, now + dt.timedelta(hours=1))
    assert len(receiver.received) == 1
    with tenant(team.pk):
        assert [delivery.state for delivery in Delivery.objects.all()] == ["CANCELLED"]


@pytest.mark.parametrize(
    ("kind", "address", "secret", "words"),
    [
        (Kind.MAIL, "charlie@example.org", None, "Mail goes to an address of yours"),
        (Kind.TELEGRAM, "not a chat", TOKEN, "A Telegram chat is a number"),
        (Kind.TELEGRAM, "-100123", None, "Telegram needs the token"),
        (Kind.TELEGRAM, "-100123", "../../evil", "Telegram needs the token"),
        (Kind.WEBHOOK, "http://example.org/", None, "must begin with https"),
        (Kind.SLACK, "https://example.org:22/", None, "a port of another service"),
    ],
)
def test_channel_that_cannot_work_is_refused_in_words(team, alice, outgoing, now, kind, address, secret, words):
    with tenant(team.pk), pytest.raises(ValueError, match=words):
        add_channel(
            access=access_of(team, alice),
            kind=kind,
            label="x",
            address=Secret(address),
            secret=Secret(secret) if secret else None,
            now=now,
        )
    with tenant(team.pk):
        assert NotificationChannel.objects.count() == 0


def test_webhook_without_a_key_is_given_one_that_is_shown_once(team, alice, outgoing, now):
    with tenant(team.pk):
        channel, key = add_channel(
            access=access_of(team, alice), kind=Kind.WEBHOOK, label="x", address=Secret("https://example.org/"), now=now
        )
        assert len(key.reveal()) >= 40
        assert channel.secret.open() == key
