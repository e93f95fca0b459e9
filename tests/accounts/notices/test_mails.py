"""The mail channel: once, safely, again later, and never by two workers."""

import datetime as dt
import smtplib
import threading

import pytest
from django.core import mail
from django.db import connections

from accounts.notify import notify
from accounts.services.notices import LEASE, send_notice
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant
from tests.accounts.notices.telling import FACTS, Kind, messages, reloaded, tell, titles, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site", "events")]


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


def test_security_news_reach_the_log_in_s_address_when_no_channel_was_set_up(team, alice, channel, client, now):
    tell(team, alice, now, event="test.sign_in")
    work(team, client, now)
    assert [(sent.subject, sent.to) for sent in mail.outbox] == [("New sign-in", ["alice@example.org"])]
    channel(Kind.MAIL, events=["order.*"])
    tell(team, alice, now, event="test.sign_in")
    work(team, client, now)
    assert len(mail.outbox) == 1


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
