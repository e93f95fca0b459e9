"""The kernel's tasks: each takes ids and calls one service."""

from uuid import UUID

from celery import shared_task

from kernel import clock
from kernel.outgoing import deliveries
from kernel.outgoing.client import configured_client


@shared_task(name="kernel.deliver")  # type: ignore[untyped-decorator]
def deliver(workspace_id: str, delivery_id: str) -> None:
    deliveries.deliver(UUID(workspace_id), UUID(delivery_id), now=clock.now(), client=configured_client())


@shared_task(name="kernel.sweep_deliveries")  # type: ignore[untyped-decorator]
def sweep_deliveries() -> None:
    deliveries.sweep_deliveries(now=clock.now())


@shared_task(name="kernel.purge_deliveries")  # type: ignore[untyped-decorator]
def purge_deliveries() -> None:
    deliveries.purge_deliveries(now=clock.now())
