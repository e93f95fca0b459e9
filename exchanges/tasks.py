"""Exchanges' tasks."""

from uuid import UUID

from celery import shared_task

from exchanges.services import checks, snapshots, watch
from kernel import clock


@shared_task(name="exchanges.check_connection")
def check_connection(workspace_id: str, connection_id: str) -> None:
    checks.check_connection(UUID(workspace_id), UUID(connection_id), now=clock.now())


@shared_task(name="exchanges.refresh_accounts")
def refresh_accounts(workspace_id: str, connection_id: str) -> None:
    snapshots.refresh_accounts(UUID(workspace_id), UUID(connection_id), now=clock.now())


@shared_task(name="exchanges.look_after")
def look_after() -> None:
    watch.look_after(now=clock.now())
