"""Mail to people: a row first, sent after commit, tried again for a day. Whatever the mail server does, no page waits.

A mail is claimed by a lease, as a delivery is: at most one process makes an attempt.
"""

import datetime as dt
import smtplib
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models

from accounts.domain.mail_schedule import next_attempt
from accounts.domain.notice_words import one_line
from accounts.models import Mail
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.logs.setup import get_logger
from kernel.outgoing.schedule import chance_of

log = get_logger(__name__)

#: Longer than the server's time-out by far: who holds a lease past it is dead.
LEASE = dt.timedelta(minutes=2)
SWEPT_AT_ONCE = 500
KEPT_FOR = dt.timedelta(days=30)
_SENTENCE = 300


class MailRefused(Exception):
    """The mail server will not take it, now or later. The words are safe to show."""


class MailDelayed(Exception):
    """The mail server did not take it this time; try again later. The words are safe to show."""


def post_mail(*, to: str, subject: str, text: str, now: dt.datetime, forgets_address: bool = False) -> Mail:
    """The mail, which leaves after the commit. `forgets_address` for who has no log-in any more."""
    mail = Mail.objects.create(
        to=to,
        subject=one_line(subject),
        body=Secret(text),  # type: ignore[misc] # an EncryptedField takes a Secret
        forgets_address=forgets_address,
        next_attempt_at=now,
        created_at=now,
    )
    enqueue("accounts.send_mail", mail.pk)
    return mail


def send_mail(mail_id: UUID, *, now: dt.datetime) -> None:
    """Makes one attempt if one is due and nobody else is making it; otherwise does nothing."""
    mail = _claim(mail_id, now)
    if mail is None:
        return
    try:
        hand_over(written(mail.pk, to=mail.to, subject=mail.subject, text=mail.body.open().reveal()))
    except MailRefused as error:
        _finish(mail, Mail.Happening.FAILED_FOR_GOOD, error=str(error), now=now)
    except MailDelayed as error:
        _failed_for_now(mail, str(error), now=now)
    else:
        _finish(mail, Mail.Happening.TAKEN, error="", now=now)


def sweep_mails(*, now: dt.datetime, at_most: int = SWEPT_AT_ONCE) -> int:
    """How many due mails were enqueued: to be tried again, or lost by the broker."""
    due = Mail.objects.filter(state=Mail.State.WAITING, next_attempt_at__lte=now)
    free = due.filter(models.Q(lease_until=None) | models.Q(lease_until__lte=now))
    keys = list(free.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:at_most])
    for key in keys:
        enqueue("accounts.send_mail", key)
    return len(keys)


def purge_mails(*, now: dt.datetime) -> int:
    """Removes what ended a month ago; how many."""
    return Mail.objects.filter(finished_at__lt=now - KEPT_FOR).delete()[0]


def written(key: UUID, *, to: str, subject: str, text: str) -> EmailMessage:
    """The mail as the server gets it."""
    host = urlsplit(settings.SITE_ADDRESS).hostname or "localhost"
    return EmailMessage(
        subject=subject,
        body=text,
        to=[to],
        # Stable, so that a mail sent again after a crash is known as the same one.
        headers={"Message-ID": f"<{key}@{host}>", "Auto-Submitted": "auto-generated"},
    )


def hand_over(mail: EmailMessage) -> None:
    """Gives the mail to the server, or says in words why not and whether that may pass."""
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        if any(500 <= code < 600 for code, _ in error.recipients.values()):
            raise MailRefused("The mail server does not take mail for this address.") from error
        raise MailDelayed("The mail server does not take mail for this address now.") from error
    except smtplib.SMTPResponseException as error:
        # Also a wrong password of ours: the operator mends it, and the mail goes out by then.
        raise MailDelayed(f"The mail server answered {error.smtp_code}.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailDelayed("The mail server was not reached.") from error


def _claim(mail_id: UUID, now: dt.datetime) -> Mail | None:
    claimed = (
        Mail.objects.filter(pk=mail_id, state=Mail.State.WAITING, next_attempt_at__lte=now)
        .filter(models.Q(lease_until=None) | models.Q(lease_until__lte=now))
        .update(lease_until=now + LEASE, attempts=models.F("attempts") + 1)
    )
    # Of two workers the second waits for the first's row lock, then finds the lease taken.
    return Mail.objects.get(pk=mail_id) if claimed == 1 else None


def _mine(mail: Mail) -> models.QuerySet[Mail]:
    """The mail's row, as long as no other process took it over."""
    return Mail.objects.filter(pk=mail.pk, state=mail.state, attempts=mail.attempts)


def _finish(mail: Mail, happening: Mail.Happening, *, error: str, now: dt.datetime) -> None:
    state = mail.after(happening)
    forgotten = {"to": ""} if mail.forgets_address else {}
    _mine(mail).update(
        state=state,
        body=None,
        next_attempt_at=None,
        lease_until=None,
        last_error=error[:_SENTENCE],
        finished_at=now,
        **forgotten,
    )
    log.info("mail.finished", mail=str(mail.pk), state=state, attempts=mail.attempts)


def _failed_for_now(mail: Mail, error: str, *, now: dt.datetime) -> None:
    again = next_attempt(
        attempts=mail.attempts, created_at=mail.created_at, now=now, chance=chance_of(mail.pk, mail.attempts)
    )
    if again is None:
        _finish(mail, Mail.Happening.FAILED_FOR_GOOD, error=f"{error} Given up after a day.", now=now)
        return
    _mine(mail).update(
        state=mail.after(Mail.Happening.FAILED_FOR_NOW),
        next_attempt_at=again,
        lease_until=None,
        last_error=error[:_SENTENCE],
    )
    log.warning("mail.delayed", mail=str(mail.pk), attempts=mail.attempts)
