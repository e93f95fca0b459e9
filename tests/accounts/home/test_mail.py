"""Mail survives a dead mail server, leaves once for each attempt, and its words are gone when it has left."""

import datetime as dt
import smtplib
from pathlib import Path

import allauth
import pytest
from django.conf import settings as django_settings
from django.contrib.sites.requests import RequestSite
from django.core import mail
from django.db import connection
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from accounts.domain.mail_schedule import GIVEN_UP_AFTER, next_attempt
from accounts.models import Mail
from accounts.services.mail import LEASE, post_mail, purge_mails, send_mail, sweep_mails
from kernel import clock
from kernel.encryption.keyring import WrongKey
from kernel.encryption.secret import Secret
from tests.log_in import confirm_address
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db
State = Mail.State


def post(now, **changes) -> Mail:
    return post_mail(
        **{"to": "alice@example.org", "subject": "Hello", "text": "https://x/secret-link", "now": now} | changes
    )


@pytest.fixture
def server_is_away(monkeypatch):
    def away(self):
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    return monkeypatch


def test_mail_leaves_after_the_commit_by_a_task_that_takes_its_id(now, enqueued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        posted = post(now)
        assert enqueued == []
    assert enqueued == [("accounts.send_mail", str(posted.pk))]


def test_words_are_sealed_while_they_wait_and_gone_when_they_left(now):
    posted = post(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_mail")
        assert "secret-link" not in cursor.fetchone()[0]
    send_mail(posted.pk, now=now)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (["alice@example.org"], "Hello", "https://x/secret-link")
    posted.refresh_from_db()
    assert (posted.state, posted.body, posted.attempts, posted.finished_at) == (State.SENT, None, 1, now)


def test_running_twice_sends_one_mail(now):
    posted = post(now)
    send_mail(posted.pk, now=now)
    send_mail(posted.pk, now=now + LEASE * 2)
    assert len(mail.outbox) == 1


def test_mail_that_another_process_is_sending_is_left_alone(now):
    posted = post(now)
    Mail.objects.filter(pk=posted.pk).update(lease_until=now + LEASE, attempts=1)
    send_mail(posted.pk, now=now)
    assert mail.outbox == []
    assert sweep_mails(now=now) == 0
    # That process died: its lease runs out.
    assert sweep_mails(now=now + LEASE) == 1
    send_mail(posted.pk, now=now + LEASE)
    assert len(mail.outbox) == 1


def test_dead_server_delays_the_mail_and_loses_nothing(now, server_is_away):
    posted = post(now)
    send_mail(posted.pk, now=now)
    posted.refresh_from_db()
    assert (posted.state, posted.last_error) == (State.WAITING, "The mail server was not reached.")
    assert now < posted.next_attempt_at < now + dt.timedelta(seconds=20)
    send_mail(posted.pk, now=now)  # Not due yet.
    posted.refresh_from_db()
    assert posted.attempts == 1
    server_is_away.undo()
    assert sweep_mails(now=now + dt.timedelta(minutes=1)) == 1
    send_mail(posted.pk, now=now + dt.timedelta(minutes=1))
    assert [one.body for one in mail.outbox] == ["https://x/secret-link"]


def test_mail_is_given_up_after_a_day_and_its_words_are_shredded(now, server_is_away):
    posted, moment = post(now), now
    for _ in range(40):
        send_mail(posted.pk, now=moment)
        posted.refresh_from_db()
        if posted.state != State.WAITING:
            break
        moment = posted.next_attempt_at
    assert (posted.state, posted.body) == (State.FAILED, None)
    assert posted.last_error == "The mail server was not reached. Given up after a day."
    assert now + dt.timedelta(hours=20) < posted.finished_at <= now + GIVEN_UP_AFTER
    assert 12 <= posted.attempts <= 20


def test_address_that_the_server_refuses_is_given_up_at_once(now, monkeypatch):
    def refuse(self):
        raise smtplib.SMTPRecipientsRefused({"alice@example.org": (550, b"no such mailbox")})

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    posted = post(now)
    send_mail(posted.pk, now=now)
    posted.refresh_from_db()
    assert (posted.state, posted.body, posted.attempts) == (State.FAILED, None, 1)


def test_mail_to_who_has_left_forgets_the_address(now):
    posted = post(now, forgets_address=True)
    send_mail(posted.pk, now=now)
    posted.refresh_from_db()
    assert (mail.outbox[0].to, posted.to) == (["alice@example.org"], "")


def test_subject_cannot_add_a_header(now):
    send_mail(post(now, subject="A\r\nBcc: charlie@example.org").pk, now=now)
    assert (mail.outbox[0].subject, mail.outbox[0].recipients()) == (
        "A Bcc: charlie@example.org",
        ["alice@example.org"],
    )


def test_ended_mails_are_removed_after_a_month(now):
    old, waiting = post(now), post(now)
    send_mail(old.pk, now=now)
    assert purge_mails(now=now + dt.timedelta(days=31)) == 1
    assert list(Mail.objects.all()) == [waiting]


@pytest.mark.parametrize("attempts", range(1, 12))
def test_waits_grow_and_end_within_the_day(now, attempts):
    again = next_attempt(attempts=attempts, created_at=now, now=now, chance=0.5)
    assert again is not None
    assert now < again <= now + dt.timedelta(hours=2.4)
    assert next_attempt(attempts=attempts, created_at=now - GIVEN_UP_AFTER, now=now, chance=0.0) is None


def test_page_does_not_wait_for_the_mail_server(client, alice, server_is_away):
    confirm_address(alice)
    answer = client.post("/account/password/reset/", {"email": "alice@example.org"})
    assert answer.status_code == 302
    assert Mail.objects.get().subject == "Set a new password"


def test_reset_mail_says_what_when_and_from_where(client, alice):
    confirm_address(alice)
    client.post(
        "/account/password/reset/",
        {"email": "alice@example.org"},
        headers={"User-Agent": "Firefox/140.0"},
    )
    (sent,) = sent_mails()
    assert sent.subject == "Set a new password"
    assert "/account/password/reset/" in sent.body
    assert f"When: {clock.now():%Y-%m-%d}" in sent.body
    assert "From: 127.0.0.1" in sent.body
    assert "Browser: Firefox" in sent.body
    assert "If this was not you: do nothing." in sent.body


TEMPLATES = Path(allauth.__file__).parent / "templates"
#: Log-in and reset by code are switched off; accounts.services.other_site tells of another site's log-in by itself.
NEVER_SENT = {"login_code", "password_reset_code", "base", "account_connected", "account_disconnected"}
SENT = sorted(
    str(file.relative_to(TEMPLATES)).removesuffix("_subject.txt")
    for file in TEMPLATES.glob("*/email/*_subject.txt")
    if file.name.removesuffix("_subject.txt") not in NEVER_SENT
)


@pytest.mark.parametrize("prefix", SENT)
def test_each_mail_of_allauth_has_our_own_words(prefix, now):
    about = {
        "email": "alice@example.org",
        "site": "https://here.example",
        "now": now,
        "address": "192.0.2.7",
        "browser": "Browser",
        "activate_url": "https://link",
        "password_reset_url": "https://link",
        "signup_url": "https://link",
        "from_email": "a@example.org",
        "to_email": "b@example.org",
        "deleted_email": "c@example.org",
        "provider": "Example",
        "current_site": RequestSite(RequestFactory().get("/")),
    }
    for end in ("subject", "message"):
        template = get_template(f"{prefix}_{end}.txt")
        assert Path(template.origin.name).is_relative_to(django_settings.ROOT / "templates")
    subject = render_to_string(f"{prefix}_subject.txt", about).strip()
    words = render_to_string(f"{prefix}_message.txt", about)
    assert subject
    assert "\n" not in subject
    assert "192.0.2.7" in words
    assert "2026-11-20 09:30 UTC" in words
    assert "If this was not you" in words
    assert "Hello" not in words
    assert "!" not in words
    assert "{" not in words


def test_sealed_words_open_only_for_their_own_row(now):
    first, second = post(now), post(now, text="other")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_mail SET body = (SELECT body FROM accounts_mail WHERE id = %s) WHERE id = %s",
            [first.pk, second.pk],
        )
    with pytest.raises(WrongKey):
        Mail.objects.get(pk=second.pk).body.open()
    assert Mail.objects.get(pk=first.pk).body.open() == Secret("https://x/secret-link")
