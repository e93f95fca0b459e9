"""Accounts' tasks."""

from celery import shared_task

from accounts.services.anchors import anchor_heads
from kernel import clock


@shared_task(name="accounts.anchor_audit")
def anchor_audit() -> None:
    anchor_heads(clock.now())
