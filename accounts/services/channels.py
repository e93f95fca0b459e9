"""Where a person wants to be told: channels are added, switched, tried and removed by himself alone."""

import datetime as dt
import re
import secrets
import zoneinfo
from collections.abc import Sequence
from uuid import UUID

from allauth.account.models import EmailAddress

from accounts.models import NoticeMessage, NotificationChannel, Person, Urgency
from accounts.notices import CHANNEL_TESTED
from accounts.notify import note, send_over
from accounts.services.audit import record
from kernel.encryption.secret import Secret
from kernel.outgoing.client import configured_client
from kernel.outgoing.deliveries import cancel_delivery
from kernel.tenancy.access import Access

Kind = NotificationChannel.Kind
MOST_CHANNELS = 20
MOST_PATTERNS = 50
_PATTERN = re.compile(r"[a-z0-9_.*]{1,80}")
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{5,32}")
_BOT_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,80}")


class BadChannel(ValueError):
    """The channel cannot be used as it was described. The words are for the person."""


def add_channel(
    *,
    access: Access,
    kind: NotificationChannel.Kind,
    label: str,
    address: Secret,
    now: dt.datetime,
    secret: Secret | None = None,
    events: Sequence[str] = (),
    urgency_floor: Urgency = Urgency.LOW,
    quiet: tuple[dt.time, dt.time] | None = None,
    time_zone: str = "UTC",
) -> tuple[NotificationChannel, Secret | None]:
    """The channel, and for a webhook without a key of its own the key made for it: the only time it can be read."""
    if NotificationChannel.objects.filter(person_id=access.person_id).count() >= MOST_CHANNELS:
        raise BadChannel(f"You have {MOST_CHANNELS} channels here; remove one first.")
    _check_rules(label, events, time_zone)
    _check_address(kind, address.reveal(), secret, access.person_id)
    made = None
    if kind == Kind.WEBHOOK and secret is None:
        secret = made = Secret(secrets.token_urlsafe(32))
    channel = NotificationChannel.objects.create(
        person_id=access.person_id,
        kind=kind,
        label=label.strip()[:80],
        address=address,
        secret=secret,
        events=list(events),
        urgency_floor=urgency_floor,
        quiet_from=quiet[0] if quiet else None,
        quiet_until=quiet[1] if quiet else None,
        time_zone=time_zone,
        created_at=now,
    )
    record(
        "channel.added",
        now=now,
        person_id=access.person_id,
        target=f"channel:{channel.pk}",
        facts={"kind": str(kind)},
    )
    return channel, made


def change_rules(
    *,
    access: Access,
    channel: NotificationChannel,
    label: str,
    events: Sequence[str],
    urgency_floor: Urgency,
    quiet: tuple[dt.time, dt.time] | None,
    time_zone: str,
    now: dt.datetime,
) -> None:
    """What the channel takes from now on. Where it leads is changed by adding another."""
    _check_rules(label, events, time_zone)
    NotificationChannel.objects.filter(pk=channel.pk, person_id=access.person_id).update(
        label=label.strip()[:80],
        events=list(events),
        urgency_floor=urgency_floor,
        quiet_from=quiet[0] if quiet else None,
        quiet_until=quiet[1] if quiet else None,
        time_zone=time_zone,
    )
    record("channel.changed", now=now, person_id=access.person_id, target=f"channel:{channel.pk}")


def switch_channel(*, access: Access, channel: NotificationChannel, is_active: bool, now: dt.datetime) -> bool:
    """False when it was so already. What waits for a channel that is off is not sent."""
    other = NotificationChannel.objects.filter(pk=channel.pk, person_id=access.person_id).exclude(is_active=is_active)
    if other.update(is_active=is_active) != 1:
        return False
    record(
        "channel.switched",
        now=now,
        person_id=access.person_id,
        target=f"channel:{channel.pk}",
        facts={"is_active": is_active},
    )
    return True


def send_again(*, message: NoticeMessage, now: dt.datetime) -> NoticeMessage:
    """A new message for the same news over the same channel; what failed stays in the log."""
    if message.state != NoticeMessage.State.FAILED or message.channel is None:
        raise BadChannel("Only what failed is sent again.")
    if not message.channel.is_active:
        raise BadChannel("The channel is off, so nothing was sent. Switch it on first.")
    (again,) = send_over(message.notification, [message.channel], now=now)
    return again


def remove_channel(*, access: Access, channel_id: UUID, now: dt.datetime) -> bool:
    """True when the person's own channel is gone, and nothing that waited for it is sent any more."""
    return _remove(channel_id, person_id=access.person_id, by=access.person_id, now=now)


def remove_channels_of(person_id: UUID, *, by: UUID, now: dt.datetime) -> None:
    """Where a person was told in the scope's workspace is forgotten: he is in it no more."""
    for channel_id in NotificationChannel.objects.filter(person_id=person_id).values_list("pk", flat=True):
        _remove(channel_id, person_id=person_id, by=by, now=now)


def try_channel(*, channel: NotificationChannel, now: dt.datetime) -> None:
    """Sends a message over this channel and no other; what comes of it shows on the channel."""
    told = note(CHANNEL_TESTED, person_id=channel.person_id, facts={"label": channel.label}, now=now)
    send_over(told, [channel], now=now)


def _remove(channel_id: UUID, *, person_id: UUID, by: UUID, now: dt.datetime) -> bool:
    handed_over = NoticeMessage.objects.filter(
        channel_id=channel_id, channel__person_id=person_id, state=NoticeMessage.State.HANDED_OVER
    )
    for delivery_id in handed_over.values_list("delivery_id", flat=True):
        cancel_delivery(delivery_id, now=now)
    _, deleted = NotificationChannel.objects.filter(pk=channel_id, person_id=person_id).delete()
    if not deleted.get(NotificationChannel._meta.label):
        return False
    record("channel.removed", now=now, person_id=by, target=f"channel:{channel_id}")
    return True


def _check_rules(label: str, events: Sequence[str], time_zone: str) -> None:
    if not label.strip():
        raise BadChannel("Give the channel a name that you will know it by.")
    if len(events) > MOST_PATTERNS or not all(_PATTERN.fullmatch(pattern) for pattern in events):
        raise BadChannel("Events are names such as order.filled, or patterns such as order.*.")
    if time_zone not in zoneinfo.available_timezones():
        raise BadChannel(f"{time_zone[:64]} is no time zone. One is Asia/Kolkata.")


def _check_address(kind: NotificationChannel.Kind, address: str, secret: Secret | None, person_id: UUID) -> None:
    if kind == Kind.MAIL:
        if not _is_own_address(address, person_id):
            raise BadChannel("Mail goes to an address of yours that you have confirmed. Add it to your account first.")
    elif kind == Kind.TELEGRAM:
        if not _CHAT.fullmatch(address):
            raise BadChannel("A Telegram chat is a number, or a channel's name that begins with @.")
        if secret is None or not _BOT_TOKEN.fullmatch(secret.reveal()):
            raise BadChannel("Telegram needs the token of your bot, as @BotFather gave it.")
    else:
        # BadDestination is a ValueError with words of its own.
        configured_client().check(address)


def _is_own_address(address: str, person_id: UUID) -> bool:
    """Nobody is mailed who did not ask for it: the log-in's address, or another that its owner confirmed."""
    if Person.objects.filter(pk=person_id, email__iexact=address).exists():
        return True
    return bool(EmailAddress.objects.filter(user_id=person_id, email__iexact=address, verified=True).exists())
