"""People are told in the app always, and over the channels that they chose, when they chose."""

import datetime as dt
import json
import smtplib
import threading

import pytest
from django.core import mail
from django.db import connection, connections

from accounts.models import Membership, NoticeMessage, Notification, NotificationChannel, Urgency
from accounts.models.workspace import Role
from accounts.notices import Event, UnknownEvent, _events, declare
from accounts.notify import NotAMember, notify
from accounts.services.channels import BadChannel, add_channel, remove_channel, try_channel
from accounts.services.notices import LEASE, send_notice, sweep_notices
from accounts.services.workspaces import create_workspace
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.outgoing.deliveries import deliver
from kernel.outgoing.models import Delivery
from kernel.outgoing.signature import HEADER, verify
from kernel.tenancy.access import Access
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import OutsideTenant, tenant
from tests.jobs import run_enqueued
from tests.loopback import NAME, status

pytestmark = pytest.mark.django_db

Kind = NotificationChannel.Kind
TOKEN = "123456:AAbbCCddEEffGGhhIIjjKK"
FACTS = {"symbol": "INFY", "error": "<timeout> & more"}


@pytest.fixture(autouse=True)
def _at_this_address(settings):
    settings.SITE_ADDRESS = "http://localhost:8000"


@pytest.fixture(autouse=True)
def events():
    """Three events of an app that exists only here."""
    declared = [
        declare(Event("test.filled", title="{symbol} filled", body="All of it.\nSee {error}.")),
        declare(Event("test.panic", title="{symbol} stopped", urgency=Urgency.URGENT)),
        declare(Event("test.sign_in", title="New sign-in", is_mailed_by_default=True)),
    ]
    yield
    for event in declared:
        del _events[event.name]


def access_of(workspace, person):
    return Access(workspace_id=workspace.pk, person_id=person.pk, role=Role.OWNER)


@pytest.fixture
def channel(team, alice, outgoing, receiver, now, settings):
    """Adds a channel of Alice's to her team's workspace, leading to the receiver on loopback."""
    settings.TELEGRAM_API = f"https://{NAME}:{receiver.port}"
    made = {
        Kind.MAIL: ("alice@example.org", None),
        Kind.WEBHOOK: (receiver.url, "s3cret"),
        Kind.SLACK: (f"https://{NAME}:{receiver.port}/services/T0/B0/slack-secret", None),
        Kind.DISCORD: (f"https://{NAME}:{receiver.port}/api/webhooks/1/discord-secret", None),
        Kind.TELEGRAM: ("-100123", TOKEN),
    }

    def add(kind, *, workspace=team, person=alice, **more):
        address, secret = made[kind]
        more.setdefault("address", Secret(address))
        with tenant(workspace.pk):
            row, _ = add_channel(
                access=access_of(workspace, person),
                kind=kind,
                label="My channel",
                secret=Secret(secret) if secret else None,
                now=now,
                **more,
            )
        return row

    return add


def tell(workspace, person, now, event="test.filled", **more):
    with tenant(workspace.pk):
        return notify(event, person_id=person.pk, facts=FACTS, path="/w/team/orders/1/", now=now, **more)


def work(workspace, client, now):
    """What the workers would do with everything that is due."""
    with tenant(workspace.pk):
        messages = list(NoticeMessage.objects.values_list("pk", flat=True))
    for message in messages:
        send_notice(workspace.pk, message, now=now)
    with tenant(workspace.pk):
        deliveries = list(Delivery.objects.values_list("pk", flat=True))
    for delivery in deliveries:
        deliver(workspace.pk, delivery, now=now, client=client)


def messages(workspace):
    with tenant(workspace.pk):
        return list(NoticeMessage.objects.order_by("pk"))


def reloaded(workspace, channel):
    with tenant(workspace.pk):
        return NotificationChannel.objects.get(pk=channel.pk)


def titles(workspace, person):
    with tenant(workspace.pk):
        return list(Notification.objects.filter(person=person).order_by("pk").values_list("title", flat=True))


def test_person_without_a_channel_is_told_in_the_app(team, alice, now):
    (notification,) = tell(team, alice, now)
    assert (notification.title, notification.body) == ("INFY filled", "All of it.\nSee <timeout> & more.")
    assert (notification.event, notification.path, notification.urgency) == ("test.filled", "/w/team/orders/1/", 2)
    assert messages(team) == []


def test_event_that_nobody_declared_is_refused(team, alice, now):
    with pytest.raises(UnknownEvent):
        tell(team, alice, now, event="test.unheard_of")
    assert titles(team, alice) == []


def test_missing_fact_is_an_error_and_not_a_gap_in_the_sentence(team, alice, now):
    with tenant(team.pk), pytest.raises(KeyError):
        notify("test.filled", person_id=alice.pk, facts={}, now=now)


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_notice_leads_nowhere_else(team, alice, now, path):
    with tenant(team.pk), pytest.raises(ValueError, match="a path of this site"):
        notify("test.filled", person_id=alice.pk, facts=FACTS, path=path, now=now)


def test_everybody_in_a_role_is_told_and_nobody_else(team, alice, bob, now):
    with tenant(team.pk):
        notify("test.filled", roles=(Role.OWNER, Role.TRADER), facts=FACTS, now=now)
    assert (titles(team, alice), titles(team, bob)) == (["INFY filled"], [])
    with tenant(team.pk):
        notify("test.filled", roles=tuple(Role), facts=FACTS, now=now)
    assert (len(titles(team, alice)), len(titles(team, bob))) == (2, 1)


def test_stranger_is_not_told(team, charlie, now):
    with pytest.raises(NotAMember):
        tell(team, charlie, now)
    with pytest.raises(OutsideTenant):
        notify("test.filled", person_id=charlie.pk, facts=FACTS, now=now)


def test_mail_goes_out_once_however_often_the_task_runs(team, alice, channel, client, now):
    channel(Kind.MAIL)
    tell(team, alice, now)
    for _ in range(3):
        work(team, client, now)
    (sent,) = mail.outbox
    (message,) = messages(team)
    assert (sent.subject, sent.to) == ("INFY filled", ["alice@example.org"])
    assert sent.body == (
        "INFY filled\n\nAll of it.\nSee <timeout> & more.\n\nhttp://localhost:8000/w/team/orders/1/\n\n--\n"
        "You get this mail because a channel of your Plumbline workspace says so. "
        "Change it at http://localhost:8000.\n\n"
    )
    assert sent.extra_headers["Message-ID"] == f"<{message.pk}@localhost>"
    assert (message.state, message.attempts, message.log) == ("SENT", 1, [{"at": now.isoformat(), "error": ""}])


def test_subject_cannot_carry_a_second_header(team, alice, channel, client, now):
    channel(Kind.MAIL)
    with tenant(team.pk):
        notify("test.filled", person_id=alice.pk, facts={**FACTS, "symbol": "A\r\nBcc: charlie@example.org"}, now=now)
    work(team, client, now)
    assert mail.outbox[0].subject == "A Bcc: charlie@example.org filled"
    assert mail.outbox[0].recipients() == ["alice@example.org"]


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


def test_channel_gets_only_what_its_rules_take(team, alice, channel, receiver, client, now):
    channel(Kind.SLACK, events=["order.*"])
    channel(Kind.DISCORD, urgency_floor=Urgency.URGENT)
    tell(team, alice, now)
    work(team, client, now)
    assert receiver.received == []
    tell(team, alice, now, event="test.panic")
    work(team, client, now)
    assert [got.path for got in receiver.received] == ["/api/webhooks/1/discord-secret"]


def test_channel_that_is_switched_off_gets_nothing(team, alice, channel, receiver, client, now):
    row = channel(Kind.SLACK)
    tell(team, alice, now)
    with tenant(team.pk):
        NotificationChannel.objects.filter(pk=row.pk).update(is_active=False)
    tell(team, alice, now)
    work(team, client, now)
    assert receiver.received == []
    assert [message.state for message in messages(team)] == ["CANCELLED"]


NIGHT = (dt.time(22), dt.time(7))


def test_quiet_hours_make_news_wait_and_none_is_lost(team, alice, channel, receiver, client):
    night, morning = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 7, tzinfo=dt.UTC)
    channel(Kind.SLACK, quiet=NIGHT)
    tell(team, alice, night)
    tell(team, alice, night, event="test.panic")
    assert titles(team, alice) == ["INFY filled", "INFY stopped"]
    work(team, client, night)
    assert [json.loads(got.body)["text"].split("\n")[0] for got in receiver.received] == ["INFY stopped"]
    waiting = next(message for message in messages(team) if message.state == "WAITING")
    assert (waiting.next_attempt_at, waiting.attempts) == (morning, 0)
    assert locate("locate_due_notices", morning - dt.timedelta(seconds=1), 10) == []
    assert locate("locate_due_notices", morning, 10) == [(team.pk, waiting.pk)]
    work(team, client, morning)
    assert json.loads(receiver.received[-1].body)["text"].startswith("INFY filled")
    assert {message.state for message in messages(team)} == {"SENT"}


def test_quiet_hours_are_those_of_the_channel_s_clock(team, alice, channel, receiver, client):
    """22:00 in Kolkata is 16:30 in UTC."""
    channel(Kind.SLACK, quiet=NIGHT, time_zone="Asia/Kolkata")
    tell(team, alice, dt.datetime(2026, 11, 20, 16, 30, tzinfo=dt.UTC))
    assert messages(team)[0].next_attempt_at == dt.datetime(2026, 11, 21, 1, 30, tzinfo=dt.UTC)


def test_quiet_hours_that_grew_meanwhile_are_kept_too(team, alice, channel, receiver, client):
    night, morning = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 7, tzinfo=dt.UTC)
    row = channel(Kind.SLACK, quiet=NIGHT)
    tell(team, alice, night)
    with tenant(team.pk):
        NotificationChannel.objects.filter(pk=row.pk).update(quiet_until=dt.time(9))
    work(team, client, morning)
    assert receiver.received == []
    (message,) = messages(team)
    assert (message.state, message.attempts) == ("WAITING", 0)
    assert message.next_attempt_at == dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)


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


def test_security_news_reach_the_log_in_s_address_when_no_channel_was_set_up(team, alice, channel, client, now):
    tell(team, alice, now, event="test.sign_in")
    work(team, client, now)
    assert [(sent.subject, sent.to) for sent in mail.outbox] == [("New sign-in", ["alice@example.org"])]
    channel(Kind.MAIL, events=["order.*"])
    tell(team, alice, now, event="test.sign_in")
    work(team, client, now)
    assert len(mail.outbox) == 1


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


def test_mail_that_is_refused_shows_on_its_channel(team, alice, channel, client, now, monkeypatch):
    row = channel(Kind.MAIL)

    def refuse(self, **_):
        raise smtplib.SMTPRecipientsRefused({"alice@example.org": (550, b"no such mailbox")})

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    tell(team, alice, now)
    work(team, client, now)
    (message,) = messages(team)
    words = "The mail server does not take mail for this address."
    assert (message.state, message.last_error) == ("FAILED", words)
    assert message.log == [{"at": now.isoformat(), "error": words}]
    assert reloaded(team, row).failure == words
    assert titles(team, alice) == ["INFY filled", "My channel does not reach you"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "refused"), "The mail server was not reached."),
        (smtplib.SMTPServerDisconnected("gone"), "The mail server was not reached."),
        (smtplib.SMTPDataError(451, b"try later"), "The mail server answered 451."),
        (
            smtplib.SMTPRecipientsRefused({"alice@example.org": (450, b"busy")}),
            "The mail server does not take mail for this address now.",
        ),
    ],
)
def test_mail_server_that_is_away_is_asked_again_later(team, alice, channel, client, now, monkeypatch, error, words):
    row = channel(Kind.MAIL)

    def fail(self, **_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", fail)
        tell(team, alice, now)
        work(team, client, now)
    (message,) = messages(team)
    assert (message.state, message.last_error, reloaded(team, row).failure) == ("WAITING", words, words)
    assert dt.timedelta(seconds=10) <= message.next_attempt_at - now <= dt.timedelta(seconds=12)
    work(team, client, now + dt.timedelta(seconds=13))
    assert len(mail.outbox) == 1
    assert reloaded(team, row).failed_at is None


def test_mail_killed_in_the_middle_goes_out_again_under_the_same_id(team, alice, channel, now, monkeypatch):
    class Killed(BaseException):
        pass

    channel(Kind.MAIL)
    tell(team, alice, now)
    (message,) = messages(team)

    def die(self, **_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", die)
        with pytest.raises(Killed):
            send_notice(team.pk, message.pk, now=now)
    send_notice(team.pk, message.pk, now=now + dt.timedelta(seconds=30))
    assert mail.outbox == [], "the lease still holds"
    assert locate("locate_due_notices", now + LEASE, 10) == [(team.pk, message.pk)]
    send_notice(team.pk, message.pk, now=now + LEASE)
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{message.pk}@localhost>"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail(team, alice, channel, now, enqueued):
    channel(Kind.MAIL)
    tell(team, alice, now)
    (message,) = messages(team)
    together = threading.Barrier(6)

    def one():
        try:
            together.wait()
            send_notice(team.pk, message.pk, now=now)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.outbox) == 1


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


@pytest.mark.django_db(transaction=True)
def test_sweep_enqueues_what_waited(team, alice, channel, enqueued):
    night, morning = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 7, tzinfo=dt.UTC)
    channel(Kind.SLACK, quiet=NIGHT)
    tell(team, alice, night)
    assert (enqueued, sweep_notices(now=night)) == ([], 0)
    assert sweep_notices(now=morning) == 1
    assert enqueued == [("accounts.send_notice", str(team.pk), str(messages(team)[0].pk))]


def test_trying_a_channel_ignores_rules_and_quiet_hours(team, alice, channel, receiver, client):
    night = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC)
    row = channel(Kind.SLACK, quiet=NIGHT, events=["order.*"])
    channel(Kind.DISCORD)
    with tenant(team.pk):
        try_channel(channel=row, now=night)
    work(team, client, night)
    assert [got.path for got in receiver.received] == ["/services/T0/B0/slack-secret"]


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


@pytest.mark.parametrize(
    "more", [{"events": ["order.[ab]"]}, {"time_zone": "Mars/Olympus"}, {"label": "  "}, {"events": ["x"] * 51}]
)
def test_rules_that_cannot_be_read_are_refused(team, alice, outgoing, now, more):
    with tenant(team.pk), pytest.raises(BadChannel):
        add_channel(
            access=access_of(team, alice),
            kind=Kind.WEBHOOK,
            address=Secret("https://example.org/"),
            now=now,
            **{"label": "x", **more},
        )


def test_webhook_without_a_key_is_given_one_that_is_shown_once(team, alice, outgoing, now):
    with tenant(team.pk):
        channel, key = add_channel(
            access=access_of(team, alice), kind=Kind.WEBHOOK, label="x", address=Secret("https://example.org/"), now=now
        )
        assert len(key.reveal()) >= 40
        assert channel.secret.open() == key


def test_every_end_of_a_message_is_final():
    for state in ("SENT", "FAILED", "CANCELLED"):
        for happening in NoticeMessage.Happening:
            with pytest.raises(KeyError):
                NoticeMessage(state=state).after(happening)
