"""What a person was told: read, and after its time removed."""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db import models

from accounts.models import NoticeMessage, Notification
from kernel.live.news import publish
from kernel.tenancy.access import Access
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

_BATCH = 1_000
_WORKSPACES_AT_ONCE = 500


def mark_read(*, access: Access, notification: Notification, now: dt.datetime) -> bool:
    """True when it was unread. It shows in every page that its person has open."""
    unread = Notification.objects.filter(pk=notification.pk, person_id=access.person_id, read_at=None)
    if unread.update(read_at=now) != 1:
        return False
    publish("notification", notification.pk)
    return True


def mark_all_read(*, access: Access, now: dt.datetime) -> int:
    """How many of the person's were unread in this workspace."""
    return Notification.objects.filter(person_id=access.person_id, read_at=None).update(read_at=now)


def purge_notices(*, now: dt.datetime) -> int:
    """Removes notifications and messages whose time is over, workspace by workspace, in batches; how many."""
    notifications_before = now - dt.timedelta(days=settings.NOTIFICATIONS_KEPT_DAYS)
    messages_before = now - dt.timedelta(days=settings.NOTICE_MESSAGES_KEPT_DAYS)
    purged = 0
    while True:
        found = locate("locate_old_notices", notifications_before, messages_before, _WORKSPACES_AT_ONCE)
        for (workspace_id,) in found:
            purged += _purge(workspace_id, NoticeMessage, models.Q(finished_at__lt=messages_before))
            purged += _purge(workspace_id, Notification, models.Q(created_at__lt=notifications_before))
        if len(found) < _WORKSPACES_AT_ONCE:
            return purged


def _purge(workspace_id: UUID, model: type[models.Model], old: models.Q) -> int:
    purged = 0
    while True:
        with tenant(workspace_id):
            keys = list(model._default_manager.filter(old).order_by("pk").values_list("pk", flat=True)[:_BATCH])
            model._default_manager.filter(pk__in=keys).delete()
        purged += len(keys)
        if len(keys) < _BATCH:
            return purged
