"""Exchanges' tasks."""

from uuid import UUID

from celery import shared_task

from exchanges.services import catalogues, checks, clocks, logins, paper, postbacks, snapshots, tokens, watch
from kernel import clock


@shared_task(name="exchanges.check_connection")
def check_connection(workspace_id: str, connection_id: str) -> None:
    checks.check_connection(UUID(workspace_id), UUID(connection_id), now=clock.now())


@shared_task(name="exchanges.refresh_accounts")
def refresh_accounts(workspace_id: str, connection_id: str) -> None:
    snapshots.refresh_accounts(UUID(workspace_id), UUID(connection_id), now=clock.now())


@shared_task(name="exchanges.finish_login")
def finish_login(workspace_id: str, login_id: str) -> None:
    tokens.finish_login(UUID(workspace_id), UUID(login_id), now=clock.now())


@shared_task(name="exchanges.look_after")
def look_after() -> None:
    watch.look_after(now=clock.now())
    logins.sweep_logins(now=clock.now())
    postbacks.sweep_postbacks(now=clock.now())


@shared_task(name="exchanges.advance_papers")
def advance_papers() -> None:
    paper.advance_papers()


@shared_task(name="exchanges.refresh_catalogue")
def refresh_catalogue(venue: str, mode: str) -> None:
    catalogues.refresh_catalogue(venue, mode, now=clock.now())


@shared_task(name="exchanges.look_for_old_catalogues")
def look_for_old_catalogues() -> None:
    catalogues.look_for_old_catalogues(now=clock.now())


@shared_task(name="exchanges.look_at_clocks")
def look_at_clocks() -> None:
    clocks.look_at_clocks()


@shared_task(name="exchanges.look_at_clock")
def look_at_clock(venue: str, mode: str) -> None:
    clocks.look_at_clock(venue, mode)


@shared_task(name="exchanges.look_at_postback")
def look_at_postback(workspace_id: str, postback_id: str) -> None:
    postbacks.look_at_postback(UUID(workspace_id), UUID(postback_id))
