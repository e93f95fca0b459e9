"""Celery beat's clockwork with the slots in PostgreSQL: two beats send each slot once, one that was away catches up."""

import datetime as dt
from typing import Any

from celery import current_app
from celery.beat import Scheduler
from django.db import DatabaseError, connection
from django.db.models import Q
from kombu.exceptions import OperationalError

from kernel import clock
from kernel.jobs.models import ScheduledSlot
from kernel.jobs.periodic import Periodic, periodics
from kernel.logs.setup import get_logger

LOOK_EVERY_SECONDS = 1.0
SEND_AGAIN_AFTER = dt.timedelta(seconds=30)

log = get_logger(__name__)


def claim_slot(name: str, slot: dt.datetime, *, now: dt.datetime) -> bool:
    """True for exactly one caller per slot; again after a while when that one could not send."""
    _, is_new = ScheduledSlot.objects.get_or_create(name=name, slot=slot, defaults={"claimed_at": now})
    if is_new:
        return True
    unsent = Q(name=name, slot=slot, sent_at=None, claimed_at__lt=now - SEND_AGAIN_AFTER)
    return ScheduledSlot.objects.filter(unsent).update(claimed_at=now) == 1


class SlotScheduler(Scheduler):
    """Looks each second which slots are due."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._sent: dict[str, dt.datetime] = {}
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        self.install_default_entries({})

    def install_default_entries(self, data: Any) -> None:
        """Nothing of Celery's own: results are not kept, so nothing needs cleaning."""

    def should_sync(self) -> bool:
        return False

    def tick(self, *args: Any, **kwargs: Any) -> float:
        now = clock.now()
        try:
            for periodic in periodics():
                self._look_at(periodic, now)
        except DatabaseError:
            log.warning("beat.database_away")
            connection.close()
        return LOOK_EVERY_SECONDS

    def _look_at(self, periodic: Periodic, now: dt.datetime) -> None:
        slot = periodic.slot(now)
        if self._sent.get(periodic.task) == slot:
            return
        if not claim_slot(periodic.task, slot, now=now):
            # Another beat has it. If that one could not send, its claim grows stale and is ours in a while.
            if ScheduledSlot.objects.filter(name=periodic.task, slot=slot, sent_at__isnull=False).exists():
                self._sent[periodic.task] = slot
            return
        try:
            current_app.send_task(periodic.task)
        except (OperationalError, OSError):
            log.warning("beat.broker_away", task=periodic.task)
            return
        ScheduledSlot.objects.filter(name=periodic.task, slot=slot).update(sent_at=now)
        self._sent[periodic.task] = slot
