"""The kernel's tasks: each takes ids and calls one service."""

from celery import shared_task

from kernel import clock
from kernel.jobs.housekeeping import forget_old_slots
from kernel.jobs.runner import run_next_job as run_next
from kernel.jobs.sweep import sweep_jobs as sweep


@shared_task(name="kernel.run_next_job")
def run_next_job(queue: str) -> None:
    run_next(queue)


@shared_task(name="kernel.sweep_jobs")
def sweep_jobs() -> None:
    sweep(clock.now())


@shared_task(name="kernel.keep_house")
def keep_house() -> None:
    forget_old_slots(clock.now())
