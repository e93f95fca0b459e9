"""The live things that accounts draws: a job's row, and the news that trading was stopped or let go on."""

from typing import Any
from uuid import UUID

from accounts.models import KillSwitch, Notification
from kernel.jobs.models import Job
from kernel.live.registry import register_live


def job(job_id: UUID) -> Job | None:
    return Job.objects.filter(pk=job_id).first()


def kill_switch(switch_id: UUID) -> KillSwitch | None:
    return KillSwitch.objects.filter(pk=switch_id).first()


def kill_switch_facts(switch: KillSwitch) -> dict[str, Any]:
    return {"level": switch.level, "key": switch.key, "state": switch.state, "reason": switch.reason}


def notification(notification_id: UUID) -> Notification | None:
    return Notification.objects.filter(pk=notification_id).first()


def reader_of_notification(notification: Notification) -> UUID:
    return notification.person_id


def register() -> None:
    register_live("job", job, "accounts/partials/_job_row.html")
    register_live("kill_switch", kill_switch, encoder=kill_switch_facts, is_shared=True)
    register_live(
        "notification", notification, "accounts/partials/_notification_row.html", reader=reader_of_notification
    )
