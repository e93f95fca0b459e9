"""The kernel's tasks: each takes ids and calls one service."""

from uuid import UUID

from celery import shared_task

from kernel import clock
from kernel.idempotency.keys import purge_keys
from kernel.jobs.housekeeping import forget_old_slots
from kernel.jobs.runner import run_next_job as run_next
from kernel.jobs.sweep import sweep_jobs as sweep
from kernel.outgoing import deliveries
from kernel.outgoing.client import configured_client


@shared_task(name="kernel.run_next_job")
def run_next_job(queue: str) -> None:
    run_next(queue)


@shared_task(name="kernel.sweep_jobs")
def sweep_jobs() -> None:
    sweep(clock.now())


@shared_task(name="kernel.keep_house")
def keep_house() -> None:
    forget_old_slots(clock.now())


@shared_task(name="kernel.deliver")
def deliver(workspace_id: str, delivery_id: str) -> None:
    deliveries.deliver(UUID(workspace_id), UUID(delivery_id), now=clock.now(), client=configured_client())


@shared_task(name="kernel.sweep_deliveries")
def sweep_deliveries() -> None:
    deliveries.sweep_deliveries(now=clock.now())


@shared_task(name="kernel.purge_deliveries")
def purge_deliveries() -> None:
    deliveries.purge_deliveries(now=clock.now())


@shared_task(name="kernel.purge_idempotency_keys")
def purge_idempotency_keys() -> None:
    purge_keys(now=clock.now())
