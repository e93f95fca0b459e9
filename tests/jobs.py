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


def run_enqueued(jobs: list[tuple[str, ...]]) -> list[str]:
    """Runs what was enqueued, by name as a worker would, until nothing is left; the names in order."""
    app.loader.import_default_modules()
    ran = []
    while jobs:
        name, *ids = jobs.pop(0)
        ran.append(name)
        app.tasks[name].apply(args=ids, throw=True)
    return ran
