"""Sends notices over their channels, and shows what fails. A message is claimed by a lease, as a delivery is."""

import datetime as dt
import json
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.template.loader import render_to_string

from accounts.domain.notice_words import (
    Notice,
    discord_message,
    one_line,
    slack_message,
    telegram_message,
    webhook_message,
)
from accounts.models import Membership, NoticeMessage, NotificationChannel, Urgency
from accounts.notices import CHANNEL_FAILED
from accounts.notify import note, quiet_end
from accounts.services.mail import MailDelayed, MailRefused, hand_over, written
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.logs.setup import get_logger
from kernel.outgoing import schedule
from kernel.outgoing.deliveries import queue_delivery
from kernel.outgoing.destination import BadDestination
from kernel.outgoing.models import Delivery
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

log = get_logger(__name__)

Kind = NotificationChannel.Kind
Happening = NoticeMessage.Happening
State = NoticeMessage.State

LEASE = dt.timedelta(minutes=2)
SWEPT_AT_ONCE = 500
_OWNER = "notice:"
_SENTENCE = 300


def send_notice(workspace_id: UUID, message_id: UUID, *, now: dt.datetime) -> None:
    """Sends the message if it is due and nobody else is sending it; otherwise does nothing.

    A mail is sent outside any transaction; every other kind is handed to kernel.outgoing, which sends and retries.
    """
    with tenant(workspace_id):
        message = _claim(message_id, now)
        if message is None:
            return
        if not _is_still_wanted(message):
            _finish(message, Happening.NOT_WANTED, now=now)
            return
        quiet = message.channel and quiet_end(message.channel, message.notification.urgency, now)
        if quiet:
            # Waiting is no attempt.
            _mine(message).update(next_attempt_at=quiet, lease_until=None, attempts=message.attempts - 1)
            return
        if message.kind != Kind.MAIL:
            _hand_over(message, now=now)
            return
        if message.attempts > schedule.MOST_ATTEMPTS:
            _mail_failed(message, "Each process that tried to send it died.", now=now, may_pass=False)
            return
        mail = _mail(message)
    try:
        hand_over(mail)
    except (MailRefused, MailDelayed) as error:
        with tenant(workspace_id):
            _mail_failed(message, str(error), now=now, may_pass=isinstance(error, MailDelayed))
        return
    with tenant(workspace_id):
        message.log.append({"at": now.isoformat(), "error": ""})
        _finish(message, Happening.ARRIVED, now=now)
        _channel_works(message.channel_id)


def sweep_notices(*, now: dt.datetime, at_most: int = SWEPT_AT_ONCE) -> int:
    """How many due messages were enqueued: after quiet hours, to be tried again, or lost by the broker."""
    due = locate("locate_due_notices", now, at_most)
    for workspace_id, message_id in due:
        enqueue("accounts.send_notice", workspace_id, message_id)
    return len(due)


def delivery_arrived(delivery: Delivery, *, now: dt.datetime) -> None:
    """The receiver took a delivery; when it was a notice's, its message is sent and its channel works."""
    message = _message_of(delivery)
    if message is not None:
        _finish(message, Happening.ARRIVED, now=now)
        _channel_works(message.channel_id)


def delivery_did_not_arrive(delivery: Delivery, *, now: dt.datetime, is_final: bool) -> None:
    """An attempt at a delivery failed: a notice's channel shows it, and when it is given up its person hears."""
    message = _message_of(delivery)
    if message is None:
        return
    if is_final:
        message.last_error = delivery.last_error
        _finish(message, Happening.FAILED_FOR_GOOD, now=now)
    else:
        _mine(message).update(last_error=delivery.last_error)
    _channel_failed(message.channel_id, delivery.last_error, now=now, is_final=is_final)


def _claim(message_id: UUID, now: dt.datetime) -> NoticeMessage | None:
    claimed = (
        NoticeMessage.objects.filter(pk=message_id, state=State.WAITING, next_attempt_at__lte=now)
        .filter(models.Q(lease_until=None) | models.Q(lease_until__lte=now))
        .update(lease_until=now + LEASE, attempts=models.F("attempts") + 1)
    )
    # Of two workers the second waits for the first's row lock, then finds the lease taken.
    if claimed != 1:
        return None
    found: NoticeMessage = NoticeMessage.objects.select_related("notification__person", "channel").get(pk=message_id)
    return found


def _mine(message: NoticeMessage) -> models.QuerySet[NoticeMessage]:
    """The message's row, as long as no other process took it over."""
    mine: models.QuerySet[NoticeMessage] = NoticeMessage.objects.filter(
        pk=message.pk, state=message.state, attempts=message.attempts
    )
    return mine


def _is_still_wanted(message: NoticeMessage) -> bool:
    """False when the channel was switched off, or its person left, while the message waited."""
    if message.channel is not None and not message.channel.is_active:
        return False
    person_id = message.notification.person_id
    return Membership.objects.filter(person_id=person_id, person__is_active=True).exists()


def _finish(message: NoticeMessage, happening: NoticeMessage.Happening, *, now: dt.datetime) -> bool:
    state = message.after(happening)
    is_end = state != State.HANDED_OVER
    finished = _mine(message).update(
        state=state,
        next_attempt_at=None,
        lease_until=None,
        last_error=message.last_error[:_SENTENCE] if happening == Happening.FAILED_FOR_GOOD else "",
        log=message.log,
        delivery_id=message.delivery_id,
        finished_at=now if is_end else None,
    )
    log.info("notice.message", message=str(message.pk), kind=message.kind, state=state)
    return finished == 1


def _hand_over(message: NoticeMessage, *, now: dt.datetime) -> None:
    channel, notice = message.channel, _notice(message)
    assert channel is not None, "only a mail goes without a channel"
    url, secret = channel.address.open(), channel.secret.open() if channel.secret else None
    signing = None
    if channel.kind == Kind.WEBHOOK:
        body, signing = webhook_message(notice), secret
    elif channel.kind == Kind.SLACK:
        body = slack_message(notice)
    elif channel.kind == Kind.DISCORD:
        body = discord_message(notice)
    else:
        token = secret.reveal() if secret else ""
        body = telegram_message(notice, chat=url.reveal())
        url = Secret(f"{settings.TELEGRAM_API}/bot{token}/sendMessage")
    try:
        delivery = queue_delivery(
            event=notice.event,
            url=url,
            body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            signing_secret=signing,
            owner=f"{_OWNER}{message.pk}",
            now=now,
        )
    except BadDestination as error:
        message.last_error = str(error)
        _finish(message, Happening.FAILED_FOR_GOOD, now=now)
        _channel_failed(channel.pk, str(error), now=now, is_final=True)
        return
    message.delivery_id = delivery.pk
    _finish(message, Happening.HANDED_TO_DELIVERY, now=now)


def _notice(message: NoticeMessage) -> Notice:
    told = message.notification
    return Notice(
        id=str(told.pk),
        event=told.event,
        urgency=Urgency(told.urgency).label,
        workspace_id=str(told.workspace_id),
        title=told.title,
        body=told.body,
        link=f"{settings.SITE_ADDRESS}{told.path}" if told.path else "",
        at=told.created_at,
        facts=told.facts,
    )


def _mail(message: NoticeMessage) -> EmailMessage:
    notice = _notice(message)
    person = message.notification.person
    address = message.channel.address.open().reveal() if message.channel else person.email
    return written(
        message.pk,
        to=address,
        subject=one_line(notice.title),
        text=render_to_string("emails/notice.txt", {"notice": notice, "site": settings.SITE_ADDRESS}),
    )


def _mail_failed(message: NoticeMessage, error: str, *, now: dt.datetime, may_pass: bool) -> None:
    message.log.append({"at": now.isoformat(), "error": error})
    message.last_error = error
    again = None
    if may_pass:
        chance = schedule.chance_of(message.pk, message.attempts)
        again = schedule.next_attempt(attempts=message.attempts, now=now, chance=chance)
    if again is None:
        _finish(message, Happening.FAILED_FOR_GOOD, now=now)
    else:
        _mine(message).update(
            state=message.after(Happening.FAILED_FOR_NOW),
            next_attempt_at=again,
            lease_until=None,
            last_error=error[:_SENTENCE],
            log=message.log,
        )
    _channel_failed(message.channel_id, error, now=now, is_final=again is None)


def _message_of(delivery: Delivery) -> NoticeMessage | None:
    if not delivery.owner.startswith(_OWNER):
        return None
    found: NoticeMessage | None = NoticeMessage.objects.filter(
        pk=delivery.owner.removeprefix(_OWNER), state=State.HANDED_OVER
    ).first()
    return found


def _channel_works(channel_id: UUID | None) -> None:
    NotificationChannel.objects.filter(pk=channel_id, failed_at__isnull=False).update(
        failed_at=None, failure="", failure_told_at=None
    )


def _channel_failed(channel_id: UUID | None, error: str, *, now: dt.datetime, is_final: bool) -> None:
    """The channel shows its failure from the first failed attempt; its person is told once something was given up."""
    channels = NotificationChannel.objects.filter(pk=channel_id)
    channels.filter(failed_at=None).update(failed_at=now)
    channels.update(failure=error[:_SENTENCE])
    if not is_final or channels.filter(failure_told_at=None).update(failure_told_at=now) != 1:
        return
    channel = channels.get()
    note(CHANNEL_FAILED, person_id=channel.person_id, facts={"label": channel.label, "failure": error}, now=now)
