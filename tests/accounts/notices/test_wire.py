"""What leaves for a webhook or a chat, and what the receiver's answer does."""

import json

import pytest
from django.db import connection

from accounts.models import NoticeMessage, Notification
from accounts.notify import notify
from kernel import clock
from kernel.outgoing.signature import HEADER, verify
from kernel.tenancy.scope import tenant
from tests.accounts.notices.telling import FACTS, TOKEN, Kind, messages, reloaded, tell, titles, work
from tests.jobs import run_enqueued
from tests.loopback import status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site", "events")]


def test_webhook_gets_a_signed_message(team, alice, channel, receiver, client, now):
    channel(Kind.WEBHOOK)
    (told,) = tell(team, alice, now)
    work(team, client, now)
    (got,) = receiver.received
    assert got.path == "/hook?token=hidden-in-path"
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["Plumbline-Event"] == "test.filled"
    verify("s3cret", got.headers[HEADER], got.body, now=int(now.timestamp()))
    assert json.loads(got.body) == {
        "id": str(told.pk),
        "event": "test.filled",
        "urgency": "normal",
        "workspace": str(team.pk),
        "title": "INFY filled",
        "body": "All of it.\nSee <timeout> & more.",
        "url": "http://localhost:8000/w/team/orders/1/",
        "at": "2026-11-20T09:30:00+00:00",
        "facts": FACTS,
    }
    assert [message.state for message in messages(team)] == ["SENT"]


TEXT = "INFY filled\nAll of it.\nSee {}.\nhttp://localhost:8000/w/team/orders/1/"


PLAIN = TEXT.format("<timeout> & more")


WIRE = [
    (Kind.SLACK, "/services/T0/B0/slack-secret", {"text": TEXT.format("&lt;timeout&gt; &amp; more")}),
    (Kind.DISCORD, "/api/webhooks/1/discord-secret", {"content": PLAIN, "allowed_mentions": {"parse": []}}),
    (Kind.TELEGRAM, f"/bot{TOKEN}/sendMessage", {"chat_id": "-100123", "text": PLAIN}),
]


@pytest.mark.parametrize(("kind", "path", "body"), WIRE)
def test_chat_gets_what_its_service_documents(team, alice, channel, receiver, client, now, kind, path, body):
    channel(kind)
    tell(team, alice, now)
    work(team, client, now)
    (got,) = receiver.received
    assert (got.path, json.loads(got.body)) == (path, body)
    assert HEADER not in got.headers


def test_addresses_and_keys_at_rest_are_sealed(team, alice, channel, client, now):
    for kind in Kind:
        channel(kind)
    tell(team, alice, now)
    work(team, client, now)
    seen = ""
    with tenant(team.pk), connection.cursor() as cursor:
        for table in (
            "accounts_notificationchannel",
            "accounts_noticemessage",
            "kernel_delivery",
            "accounts_auditentry",
        ):
            cursor.execute(f"SELECT string_agg({table}::text, '') FROM {table}")
            seen += cursor.fetchone()[0]
    for secret in (TOKEN, "slack-secret", "discord-secret", "hidden-in-path", "s3cret"):
        assert secret not in seen


def test_failure_shows_at_once_is_told_once_and_clears(team, alice, channel, receiver, client, now):
    row = channel(Kind.WEBHOOK)
    receiver.replies = [status(503)]
    tell(team, alice, now)
    work(team, client, now)
    failing = reloaded(team, row)
    assert failing.failure == "The receiver answered 503."
    assert failing.failed_at is not None
    assert titles(team, alice) == ["INFY filled"], "not told yet: it may pass"

    receiver.replies = [status(410)]
    for _ in range(2):
        tell(team, alice, now)
    work(team, client, now)
    assert titles(team, alice) == ["INFY filled"] * 3 + ["My channel does not reach you"]
    with tenant(team.pk):
        told = Notification.objects.get(event="channel.failed")
    assert told.body.startswith("The receiver answered 410: there is nothing at this address any more. What could")
    assert reloaded(team, row).failure == "The receiver answered 410: there is nothing at this address any more."

    receiver.replies = [status(200)]
    tell(team, alice, now)
    work(team, client, now)
    working = reloaded(team, row)
    assert (working.failed_at, working.failure, working.failure_told_at) == (None, "", None)


@pytest.mark.django_db(transaction=True)
def test_tasks_carry_the_news_to_the_receiver(team, alice, channel, receiver, now, enqueued, monkeypatch):
    """The whole way by the names that are enqueued; nothing leaves when the service's transaction rolls back."""
    monkeypatch.setattr(clock, "now", lambda: now)
    channel(Kind.WEBHOOK)
    with pytest.raises(RuntimeError), tenant(team.pk):
        notify("test.filled", person_id=alice.pk, facts=FACTS, now=now)
        raise RuntimeError
    assert (enqueued, titles(team, alice)) == ([], [])
    tell(team, alice, now)
    assert run_enqueued(enqueued) == ["accounts.send_notice", "kernel.deliver"]
    assert len(receiver.received) == 1
    assert [message.state for message in messages(team)] == ["SENT"]


def test_every_end_of_a_message_is_final():
    for state in ("SENT", "FAILED", "CANCELLED"):
        for happening in NoticeMessage.Happening:
            with pytest.raises(KeyError):
                NoticeMessage(state=state).after(happening)
