"""Tells somebody something, and does what the workers would do then."""

import datetime as dt

from accounts.models import NoticeMessage, Notification, NotificationChannel
from accounts.models.workspace import Role
from accounts.notify import notify
from accounts.services.notices import send_notice
from kernel.outgoing.deliveries import deliver
from kernel.outgoing.models import Delivery
from kernel.tenancy.access import Access
from kernel.tenancy.scope import tenant

Kind = NotificationChannel.Kind
TOKEN = "123456:AAbbCCddEEffGGhhIIjjKK"
NIGHT = (dt.time(22), dt.time(7))
FACTS = {"symbol": "INFY", "error": "<timeout> & more"}


def access_of(workspace, person):
    return Access(workspace_id=workspace.pk, person_id=person.pk, role=Role.OWNER)


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
