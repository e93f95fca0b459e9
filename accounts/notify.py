"""Tells people: always in the app, then over each channel whose rules take the event."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from accounts.domain.notice_rules import is_wanted
from accounts.domain.notice_words import BODY, Fact, one_line, plain_facts, shortened
from accounts.domain.quiet_hours import quiet_until
from accounts.models import Membership, NoticeMessage, Notification, NotificationChannel, Urgency
from accounts.models.workspace import Role
from accounts.notices import Event, event_named
from kernel.jobs.enqueue import enqueue
from kernel.live.news import publish
from kernel.tenancy.scope import current_workspace_id


class NotAMember(LookupError):
    """The person is no active member of this workspace: its news is none of his."""


def notify(
    event: str,
    *,
    facts: Mapping[str, Fact],
    now: dt.datetime,
    person_id: UUID | None = None,
    roles: Collection[Role] = (),
    path: str = "",
) -> list[Notification]:
    """The notifications that one person, or everybody in these roles, now has. Called in the tenant's scope.

    Messages over channels leave after commit, or when the person's quiet hours end; urgent ones do not wait.
    """
    declared = event_named(event)
    if (person_id is None) == (not roles):
        raise ValueError("notify takes a person or roles, one of the two")
    if path and (not path.startswith("/") or path.startswith("//") or "\\" in path):
        raise ValueError(f"a notice leads to a path of this site, got {path!r}")
    members = Membership.objects.filter(person__is_active=True).order_by("pk")
    members = members.filter(role__in=roles) if person_id is None else members.filter(person_id=person_id)
    people = list(members.values_list("person_id", flat=True))
    if person_id is not None and not people:
        raise NotAMember(f"{person_id} is no active member of {current_workspace_id()}")
    return [_tell(declared, person, facts, path, now) for person in people]


def note(event: Event, *, person_id: UUID, facts: Mapping[str, Fact], now: dt.datetime, path: str = "") -> Notification:
    """The notification in the app alone, over no channel."""
    plain = plain_facts(facts)
    notification: Notification = Notification.objects.create(
        person_id=person_id,
        event=event.name,
        urgency=event.urgency,
        title=one_line(event.title.format_map(plain)),
        body=shortened(event.body.format_map(plain), BODY),
        path=path,
        facts=plain,
        created_at=now,
    )
    publish("notification", notification.pk)
    return notification


def send_over(
    notification: Notification, channels: Iterable[NotificationChannel | None], *, now: dt.datetime
) -> list[NoticeMessage]:
    """A message for each channel (None: the log-in's own address), sent after commit or when quiet hours end."""
    sent = []
    for channel in channels:
        not_before = (channel and quiet_end(channel, notification.urgency, now)) or now
        message = NoticeMessage.objects.create(
            notification=notification,
            channel=channel,
            kind=channel.kind if channel else NotificationChannel.Kind.MAIL,
            next_attempt_at=not_before,
            created_at=now,
        )
        if not_before <= now:
            enqueue("accounts.send_notice", message.workspace_id, message.pk)
        sent.append(message)
    return sent


def quiet_end(channel: NotificationChannel, urgency: int, now: dt.datetime) -> dt.datetime | None:
    """When the channel's quiet hours end, if they hold now and the news can wait."""
    if urgency >= Urgency.URGENT or channel.quiet_from is None or channel.quiet_until is None:
        return None
    try:
        zone = ZoneInfo(channel.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        # A zone that the machine forgot must not lose the news.
        zone = ZoneInfo("UTC")
    return quiet_until(now, starts=channel.quiet_from, ends=channel.quiet_until, zone=zone)


def _tell(event: Event, person_id: UUID, facts: Mapping[str, Fact], path: str, now: dt.datetime) -> Notification:
    notification = note(event, person_id=person_id, facts=facts, path=path, now=now)
    channels = list(NotificationChannel.objects.filter(person_id=person_id))
    wanted = [
        channel
        for channel in channels
        if channel.is_active
        and is_wanted(event.name, event.urgency, patterns=channel.events, floor=channel.urgency_floor)
    ]
    if not channels and event.is_mailed_by_default:
        send_over(notification, [None], now=now)
    else:
        send_over(notification, wanted, now=now)
    return notification
