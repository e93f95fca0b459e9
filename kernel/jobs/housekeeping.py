"""Forgets what nobody will ask for again."""

import datetime as dt

from kernel.jobs.models import ScheduledSlot

KEEP_SLOTS = dt.timedelta(days=7)


def forget_old_slots(now: dt.datetime) -> int:
    """Deletes schedule slots older than a week; how many."""
    return ScheduledSlot.objects.filter(slot__lt=now - KEEP_SLOTS).delete()[0]
