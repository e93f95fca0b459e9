"""Keeps what was enqueued instead of sending it to the broker."""

from typing import Any

import pytest

from config.celery import app


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The tasks enqueued so far: name and ids, in order."""
    jobs: list[tuple[str, ...]] = []

    def send_task(name: str, args: list[str], **_: Any) -> None:
        jobs.append((name, *args))

    monkeypatch.setattr(app, "send_task", send_task)
    return jobs
